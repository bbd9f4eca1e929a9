// `--ta`: who is asked what, what each answer does, and what is said where nobody can be asked.
import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { defineModel, tool, type Message, type StreamEvent } from 'rxllm';
import { from, of, Subject, type Observable } from 'rxjs';
import type { TerminalQuestion } from '../../../src/cli/tools/controllingTerminal.ts';
import { terminalApprovals, withApproval } from '../../../src/cli/tools/terminalApprovals.ts';
import { root } from '../../support/dist.ts';
import { needs, programPath } from '../../support/needs.ts';
import { runScript, scriptCommand } from './runSource.ts';

// Processes, on a machine that may be busy.
jest.setTimeout(60_000);

const run = promisify(execFile);
const { describe: describeInTmux } = needs('tmux');

const call = (id: string, args: string): StreamEvent[] => [
  { type: 'tool_call_name', chunk: 'write', tool_call_id: id },
  { type: 'tool_call_args', chunk: args, tool_call_id: id },
];

const calling = (...events: readonly StreamEvent[]) =>
  defineModel({ id: 'm', stream: ({ messages }) => (messages.length > 1 ? of('Done.') : from(events)) });

function outputs(messages: readonly Message[]): string[] {
  return messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool_result' ? [part.output] : [])));
}

const write = tool({ name: 'write', run: ({ to }) => `written to ${JSON.stringify(to)}` });

/** What the calls come to when the questions are answered so. */
async function decided(ask: (question: TerminalQuestion) => Observable<string>, ...calls: readonly string[]) {
  const { approvals$, watch } = terminalApprovals(ask);
  const events = calls.flatMap((args, at) => call(`c${at}`, args));
  const chain = calling(...events)
    .chain('Hi', { tools: withApproval([write]), approvals$ })
    .share();
  chain.pipe(watch).subscribe();
  return outputs(await chain.messages());
}

test.each(['y', 'Y', ' yes '])('%j approves', async (line) => {
  expect(await decided(() => of(line), '{"to":"a"}')).toEqual(['written to "a"']);
});

test.each(['', 'n', 'no', 'yy', 'y n', 'ok', 'ｙ', '\u001b[Ay'])('%j denies', async (line) => {
  expect(await decided(() => of(line), '{"to":"a"}')).toEqual(['Denied: the user has said no']);
});

test('the question shows the tool and all of its arguments, with what cannot be seen escaped', async () => {
  const questions: TerminalQuestion[] = [];
  const long = 'x'.repeat(5000);
  const ask = (question: TerminalQuestion) => {
    questions.push(question);
    return of('y');
  };
  await decided(ask, JSON.stringify({ to: '\u202e\u001b[2Ka\u200b', long }));
  expect(questions).toEqual([
    {
      title: 'Tool call: write',
      text: `{\n  "to": "\\u202e\\u001b[2Ka\\u200b",\n  "long": "${long}"\n}`,
      question: 'Approve tool call? [y/N]',
    },
  ]);
});

test('calls side by side are asked about one after the other, and each has its own answer', async () => {
  const answers: Subject<string>[] = [];
  const ask = () => {
    const answer = new Subject<string>();
    answers.push(answer);
    return answer;
  };
  const results = decided(ask, '{"to":"a"}', '{"to":"b"}', '{"to":"c"}');
  for (const [at, line] of ['n', 'y', 'n'].entries()) {
    expect(answers).toHaveLength(at + 1);
    answers[at]!.next(line);
    answers[at]!.complete();
  }
  expect(await results).toEqual(['Denied: the user has said no', 'written to "b"', 'Denied: the user has said no']);
});

test('a chain that is left takes its question back', () => {
  let isOpen = false;
  const question$ = new Subject<string>();
  const ask = () => {
    isOpen = true;
    return from(question$);
  };
  const { approvals$, watch } = terminalApprovals(ask);
  const chain = calling(...call('c', '{}')).chain('Hi', { tools: withApproval([write]), approvals$ });
  const subscription = chain.pipe(watch).subscribe();
  expect([isOpen, question$.observed]).toEqual([true, true]);
  subscription.unsubscribe();
  expect(question$.observed).toBe(false);
});

test('one that approves serves a chain after the other', async () => {
  const { approvals$, watch } = terminalApprovals(() => of('y'));
  for (const to of ['a', 'b']) {
    const events = call('c', JSON.stringify({ to }));
    const chain = calling(...events)
      .chain('Hi', { tools: withApproval([write]), approvals$ })
      .share();
    chain.pipe(watch).subscribe();
    expect(outputs(await chain.messages())).toEqual([`written to "${to}"`]);
  }
});

// Calls twice at once, when the file that it is given can be read; prints what comes of it, and what was piped in.
const script = `
  import { readFile } from 'node:fs/promises';
  import { from, of, tap } from 'rxjs';
  import { defineModel, tool } from 'rxllm';
  import { runToEnd } from 'src/cli/run.ts';
  import { stdout } from 'src/cli/output.ts';
  import { terminalApprovals, withApproval } from 'src/cli/tools/terminalApprovals.ts';
  const calls = ['a', 'b'].flatMap((id) => [
    { type: 'tool_call_name', chunk: 'write', tool_call_id: id },
    { type: 'tool_call_args', chunk: JSON.stringify({ to: id + '\\u202e' }), tool_call_id: id },
  ]);
  const model = defineModel({ id: 'm', stream: ({ messages }) => messages.length > 1 ? of('Done.') : from(calls) });
  const tools = withApproval([tool({ name: 'write', run: () => 'written' })]);
  const { approvals$, watch } = terminalApprovals();
  const piped = [];
  if (!process.stdin.isTTY) for await (const chunk of process.stdin) piped.push(chunk);
  if (process.argv[1]) await readFile(process.argv[1]);
  const results = [];
  const keep = (event) => { if (event.type === 'tool_output') results.push(event.result.output); };
  stdout.write('so far');
  await runToEnd(model.chain('Hi', { tools, approvals$ }).pipe(tap(keep), watch));
  stdout.line(' results: ' + results.join(', ') + ' piped: ' + piped.join('').trim());
`;

test('without a terminal every call is denied, and the reason says so', async () => {
  const reason = 'nobody can be asked, because there is no terminal';
  const advice = `write is denied: ${reason}. Run it in a terminal, or without --ta.\n`;
  expect(await runScript(script)).toEqual({
    stdout: `so far results: Denied: ${reason}, Denied: ${reason} piped: \n`,
    stderr: advice.repeat(2),
    code: 0,
  });
});

describeInTmux('in a terminal', () => {
  const socket = `rxllm-approvals-${process.pid}`;
  const inTmux = ['-u', '-L', socket, '-f', '/dev/null'];
  let folder = '';
  let session = 0;
  let shown = '';
  let look = () => {};

  async function tmux(...args: readonly string[]): Promise<string> {
    return (await run(programPath('tmux'), [...inTmux, ...args])).stdout;
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rxllm-approvals-'));
    await tmux('new-session', '-d', 'cat');
  });
  // Which ends what reads its pipe: threads that wait for files are few.
  afterEach(() => tmux('kill-session', '-t', `s${session}`));
  afterAll(async () => {
    await tmux('kill-server');
    await rm(folder, { recursive: true });
  });

  const pipePath = (name: string) => path.join(folder, `${name}${session}`);

  /** Starts the script in a new terminal, `before` its words. */
  async function start(before = '', gate?: string): Promise<void> {
    session += 1;
    shown = '';
    await run('mkfifo', [pipePath('shown'), pipePath('go'), pipePath('gate')]);
    const program = `read _ <'${pipePath('go')}'; trap : INT; ${before} "$@"; echo "code $? ended"; cat`;
    const words = [
      'env',
      '-i',
      `PATH=${process.env.PATH}`,
      'TERM=screen-256color',
      'NO_COLOR=1',
      ...scriptCommand(script),
    ];
    const inBash = ['bash', '-c', program, 'bash', ...words, ...(gate ? [gate] : [])];
    await tmux('new-session', '-d', '-s', `s${session}`, '-x', '80', '-y', '40', '-c', root, ...inBash);
    createReadStream(pipePath('shown'), 'utf8').on('data', (chunk) => {
      shown += String(chunk);
      look();
    });
    await tmux('pipe-pane', '-t', `s${session}`, `cat >'${pipePath('shown')}'`);
    await writeFile(pipePath('go'), '\n');
  }

  /** When the terminal has been sent this so many times. */
  function shows(text: string, times = 1): Promise<void> {
    return new Promise((resolve) => {
      look = () => {
        if (shown.split(text).length > times) resolve();
      };
      look();
    });
  }

  const type = (...keys: readonly string[]) => tmux('send-keys', '-t', `s${session}`, ...keys);

  async function screen(): Promise<string> {
    await shows(' ended');
    return (await tmux('capture-pane', '-t', `s${session}`, '-p', '-J')).trimEnd().replaceAll(/ +$/gm, '');
  }

  const question = 'Approve tool call? [y/N]';

  test('asks on the terminal though standard input is a pipe', async () => {
    await start(`printf 'y\\ny\\n' |`);
    await shows(question);
    await type('y', 'Enter');
    await shows(question, 2);
    await type('n', 'Enter');
    expect(await screen()).toBe(
      [
        'so far',
        'Tool call: write',
        '{',
        '  "to": "a\\u202e"',
        '}',
        `${question} y`,
        'Tool call: write',
        '{',
        '  "to": "b\\u202e"',
        '}',
        `${question} n`,
        ' results: written, Denied: the user has said no piped: y',
        'y',
        'code 0 ended',
      ].join('\n'),
    );
  });

  test('what was typed before the question does not answer it', async () => {
    session += 1;
    const gate = pipePath('gate');
    session -= 1;
    await start('', gate);
    await type('y', 'Enter', 'y');
    await shows('y\r\ny');
    await writeFile(gate, '');
    await shows(question);
    await type('Enter');
    await shows(question, 2);
    await type('y', 'Enter');
    expect(await screen()).toContain(' results: Denied: the user has said no, written piped:');
  });

  test('the end of input denies', async () => {
    await start();
    await shows(question);
    await type('C-d');
    await shows(question, 2);
    await type('C-d');
    const shownThen = await screen();
    expect(shownThen).toContain(`${question}\nTool call: write\n`);
    expect(shownThen).toContain(' results: Denied: the user has said no, Denied: the user has said no piped:');
  });

  test('Ctrl-C stops the program, and the shell goes on in a line of its own', async () => {
    await start(`printf '' |`);
    await shows(question);
    await type('C-c');
    expect(await screen()).toMatch(/\[y\/N\] \^C\n results: +piped:\ncode 130 ended$/);
  });
});
