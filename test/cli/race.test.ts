// `rxllm race`: answers one after the other in a pipe, side by side on a terminal.
import { jest } from '@jest/globals';
import { ensureBuilt } from '../support/dist.ts';
import { needs } from '../support/needs.ts';
import { type Answer } from '../support/servers.ts';
import { Terminals } from './tmux.ts';
import { beginning, refusing, saying, serverOf, User } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

/** Somebody with two models: `openai/m` and `ollama/m`, of servers of their own. */
async function rivals(first: Answer, second: Answer) {
  const [one, two] = [await serverOf(first), await serverOf(second)];
  return { user: new User(one, { OLLAMA_HOST: two.url }), one, two };
}

/** What an Ollama server says. */
function ollama(...chunks: readonly string[]): Answer {
  const line = (content: string, done: boolean) =>
    `${JSON.stringify({ model: 'm', message: { role: 'assistant', content }, done, ...(done && { done_reason: 'stop', prompt_eval_count: 3, eval_count: 5 }) })}\n`;
  return {
    contentType: 'application/x-ndjson',
    pieces: [...chunks.map((chunk) => line(chunk, false)), line('', true)],
  };
}

const both = ['race', '-m', 'openai/m', '-m', 'ollama/m'];

describe('in a pipe', () => {
  test('each answer comes whole below its name, and what it took on stderr; nothing is logged', async () => {
    const { user } = await rivals(saying('One'), ollama('Two'));
    const { stdout, stderr, code } = await user.run([...both, 'Hi']);
    expect(code).toBe(0);
    expect(stdout.split(/(?=^# )/m).toSorted()).toEqual(['# ollama/m\nTwo\n\n', '# openai/m\nOne\n\n']);
    expect(stderr.split('\n').toSorted()).toEqual([
      '',
      expect.stringMatching(/^ollama\/m: \d+\.\d s$/),
      expect.stringMatching(/^openai\/m: \d+\.\d s$/),
    ]);
    expect(await user.logged()).toEqual([]);
  });

  test('all are asked the same, with the same instructions and options', async () => {
    const { user, one, two } = await rivals(saying('One'), ollama('Two'));
    await user.run([...both, '-s', 'Be brief', '-o', 'seed', '7', 'Hi'], { stdin: 'a file' });
    const messages = [
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'a file Hi' },
    ];
    expect(one.requests[0]?.json).toMatchObject({ messages, seed: 7 });
    expect(two.requests[0]?.json).toMatchObject({ messages, options: { seed: 7 } });
  });

  test('each has the options besides that are stored for it', async () => {
    const { user, one, two } = await rivals(saying('One'), ollama('Two'));
    user.write('model_options.json', '{"openai/m": {"max_tokens": 5, "seed": 1}}');
    await user.run([...both, '-o', 'seed', '7', 'Hi']);
    expect(one.requests[0]?.json).toMatchObject({ max_tokens: 5, seed: 7 });
    expect(two.requests[0]?.json.options).toEqual({ seed: 7 });
  });

  test('one that fails does not stop the other', async () => {
    const { user } = await rivals(refusing(400, 'nope'), ollama('Two'));
    const { stdout, stderr, code } = await user.run([...both, 'Hi']);
    expect(code).toBe(0);
    expect(stdout.split(/(?=^# )/m).toSorted()).toEqual(['# ollama/m\nTwo\n\n', '# openai/m\n\n']);
    expect(stderr).toMatch(/^openai\/m: Error: .*nope$/m);
  });

  test('is exit code 1 where all fail', async () => {
    const { user } = await rivals(refusing(400, 'nope'), refusing(400, 'neither'));
    expect(await user.run([...both, 'Hi'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nope[^]*neither|neither[^]*nope/),
    });
  });

  test('nobody is asked where one of the models is none', async () => {
    const { user, one } = await rivals(saying('One'), ollama('Two'));
    const result = await user.run(['race', '-m', 'openai/m', '-m', 'nope', 'Hi']);
    expect(result).toMatchObject({ stdout: '', stderr: expect.stringMatching(/^Error: no model "nope"/), code: 1 });
    expect(one.requests).toEqual([]);
  });

  test('-u says what each has used', async () => {
    const { user } = await rivals(saying('One'), ollama('Two'));
    const { stderr } = await user.run([...both, '-u', 'Hi']);
    expect(stderr.match(/Token usage: 3 input, 5 output/g)).toHaveLength(2);
  });

  test('a signal stops all of them', async () => {
    const { user, one, two } = await rivals(beginning('One'), { pieces: [], atEnd: 'stay' });
    const { child, ended } = user.start([...both, 'Hi']);
    const requests = [await one.request(0), await two.request(0)];
    child.kill('SIGINT');
    expect(await Promise.all(requests.map(({ closed }) => closed))).toEqual(['aborted', 'aborted']);
    expect(await ended).toMatchObject({ code: 130 });
  });
});

needs('tmux').describe('on a terminal', () => {
  const terminals = new Terminals('race');

  test('the answers stand side by side, control characters spelled out', async () => {
    const { user } = await rivals(
      saying('One is\na list\n'),
      ollama('Two\u001b[2J is long enough for a second line and a third'),
    );
    await terminals.start([...both, 'Hi'], { env: user.env, columns: 43 });
    const { screen, code } = await terminals.end();
    const lines = screen.replaceAll(/\d\.\d s/g, 'N.N s').split('\n');
    expect(lines).toEqual([
      '# openai/m           │ # ollama/m',
      '                     │',
      String.raw`One is               │ Two\x1b[2J is long`,
      'a list               │ enough for a second',
      '                     │ line and a third',
      '(N.N s)              │',
      '                     │ (N.N s)',
    ]);
    expect(code).toBe(0);
  });

  test('they are seen while they come', async () => {
    const { user } = await rivals(beginning('One'), { ...ollama('Two'), atEnd: 'stay' });
    await terminals.start([...both, 'Hi'], { env: user.env, columns: 43 });
    await terminals.shows('One');
    await terminals.type('C-c');
    const { screen, code } = await terminals.end();
    expect(screen).toContain('One');
    expect(code).toBe(130);
  });

  test('a failure stands in the column of the model', async () => {
    const { user } = await rivals(refusing(400, 'nope'), ollama('Two'));
    await terminals.start([...both, 'Hi'], { env: user.env, columns: 120 });
    const { screen } = await terminals.end();
    expect(screen).toMatch(
      /^# openai\/m +│ # ollama\/m\n +│\n +│ Two\n\(Error: .* answered 400 +│\nBad Request: nope\)/,
    );
  });
});
