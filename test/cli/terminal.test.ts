// `rxllm` in a real terminal: what is on the screen, and that a model cannot steer it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { chatDelta, chatStream } from '../support/cli.ts';
import { ensureBuilt, program } from '../support/dist.ts';
import { needs, programPath } from '../support/needs.ts';
import { startServer, type Answer, type TestServer } from '../support/servers.ts';

const run = promisify(execFile);
const { describe: describeInTmux } = needs('tmux');

beforeAll(() => ensureBuilt(), 180_000);

describeInTmux('in a terminal', () => {
  const socket = `rxllm-test-${process.pid}`;
  const inTmux = `'${programPath('tmux')}' -u -L ${socket} -f /dev/null`;
  let server: TestServer | undefined;
  // Each test has a session of its own, named so.
  let session = 0;

  async function tmux(...args: readonly string[]): Promise<string> {
    return (await run(programPath('tmux'), ['-u', '-L', socket, '-f', '/dev/null', ...args])).stdout;
  }

  beforeAll(() => tmux('new-session', '-d', 'cat'));
  afterEach(() => server?.close());
  afterAll(() => tmux('kill-server'));

  /** Starts the program in a new terminal; `prints` is what it shall have printed before this goes on. */
  async function start(answer: Answer, env: Readonly<Record<string, string>> = {}, prints = ''): Promise<void> {
    server = await startServer(answer);
    session += 1;
    const variables = { OPENAI_BASE_URL: server.url, RXLLM_MODEL: 'openai/m', TERM: 'screen-256color', ...env };
    const words = ['env', '-i', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
    const script = [
      `trap : INT; ${inTmux} wait-for go${session}`,
      [...words, `'${process.execPath}'`, `'${program}'`, 'Hi'].join(' '),
      `${inTmux} set-option -g @code${session} $?`,
      // The terminal answers where its cursor is: then it has read all that came before the question.
      String.raw`IFS= read -rs -d R -p $'\e[6n'; ${inTmux} wait-for -S ended${session}; cat`,
    ];
    await tmux('new-session', '-d', '-s', `s${session}`, '-x', '80', '-y', '24', 'bash', '-c', script.join('; '));
    await tmux(
      'pipe-pane',
      '-t',
      `s${session}`,
      `head -c ${Buffer.byteLength(prints)} >/dev/null; ${inTmux} wait-for -S printed${session}`,
    );
    await tmux('wait-for', '-S', `go${session}`);
    await tmux('wait-for', `printed${session}`);
  }

  /** The screen when the program has ended, with the escape sequences that colour it. */
  async function screen(): Promise<string> {
    await tmux('wait-for', `ended${session}`);
    return (await tmux('capture-pane', '-t', `s${session}`, '-p', '-e')).trimEnd();
  }

  const exitCode = async () => Number(await tmux('show-options', '-gqv', `@code${session}`));

  test('reasoning is dim and stands above the text', async () => {
    await start({ pieces: chatStream({ reasoning_content: 'Let me think' }, { content: 'Hello' }) });
    const shown = (await screen()).replaceAll('\u001b', 'ESC');
    expect(shown).toMatch(/^ESC\[2mLet me think\n(?:ESC\[\d*m)*Hello$/);
  });

  test('nothing is coloured when NO_COLOR asks for that', async () => {
    await start({ pieces: chatStream({ reasoning_content: 'Let me think' }, { content: 'Hello' }) }, { NO_COLOR: '1' });
    expect(await screen()).toBe('Let me think\nHello');
  });

  test('what could steer the terminal is spelled out, wherever it was cut', async () => {
    const chunks = ['a\u001b', '[31mred', '\u009b2J', '\r\u0007\u007f', '\u202etxt', '\tb\n', '\ud83d', '\ude00'];
    const deltas = [{ reasoning_content: '\u001b]0;title\u0007' }, ...chunks.map((content) => ({ content }))];
    await start({ pieces: chatStream(...deltas) }, { NO_COLOR: '1', LC_ALL: 'C.UTF-8' });
    expect((await screen()).replace(/\s+b\n/, '\tb\n')).toBe(
      String.raw`\x1b]0;title\x07` + '\n' + String.raw`a\x1b[31mred\x9b2J\x0d\x07\x7f\u202etxt` + '\tb\n😀',
    );
  });

  test('an answer cut short ends its line before the error', async () => {
    await start({ pieces: [chatDelta({ content: 'Hel' })] }, { NO_COLOR: '1' });
    expect(await screen()).toMatch(/^Hel\nError: /);
    expect(await exitCode()).toBe(1);
  });

  test('Ctrl-C closes the request and ends the line', async () => {
    await start({ pieces: [chatDelta({ content: 'Hel' })], atEnd: 'stay' }, {}, 'Hel');
    await tmux('send-keys', '-t', `s${session}`, 'C-c');
    expect(await server?.requests[0]?.closed).toBe('aborted');
    expect(await screen()).toMatch(/^Hel(?:\^C)?$/);
    expect(await exitCode()).toBe(130);
  });
});
