// `rxllm PROMPT` with tools: what runs, what the model is told of it, and what is said about it.
import { jest } from '@jest/globals';
import { ensureBuilt } from '../support/dist.ts';
import { needs } from '../support/needs.ts';
import { Terminals } from './tmux.ts';
import { calling, saying, userOf } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

const call = calling('calculator', { expression: '6 * 7' });
const withTool = ['-T', 'calculator', 'What is 6 * 7?'];

test('a tool runs, and its result goes with the next request', async () => {
  const user = await userOf(call, saying('It is 42.'));
  expect(await user.prints(withTool)).toBe('It is 42.\n');
  expect(user.server.requests).toHaveLength(2);
  expect(user.messages()).toMatchObject([
    { role: 'user', content: 'What is 6 * 7?' },
    { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'calculator' } }] },
    { role: 'tool', tool_call_id: 'call_1', content: '42' },
  ]);
  const rows = await user.logged();
  expect(rows.flatMap(({ tools }) => tools)).toEqual([{ name: 'calculator' }]);
  expect(rows.flatMap(({ tool_results }) => tool_results)).toMatchObject([{ name: 'calculator', output: '42' }]);
});

test('--td says on stderr what is called and what comes of it, and so does RXLLM_TOOLS_DEBUG', async () => {
  const expected = 'Tool call: calculator\n  {\n    "expression": "6 * 7"\n  }\nTool result: calculator\n  42\n';
  for (const [args, env] of [
    [['--td'], {}],
    [[], { RXLLM_TOOLS_DEBUG: '1' }],
  ] as const) {
    const user = await userOf(call, saying('It is 42.'));
    const { stdout, stderr, code } = await user.run([...args, ...withTool], { env });
    expect({ stdout, stderr, code }).toEqual({ stdout: 'It is 42.\n', stderr: expected, code: 0 });
  }
});

test('what a tool throws is told to the model, which goes on', async () => {
  const user = await userOf(calling('calculator', { expression: '6 *' }), saying('Sorry.'));
  expect(await user.prints(withTool)).toBe('Sorry.\n');
  expect(user.messages()).toMatchObject([{}, {}, { role: 'tool', content: expect.stringMatching(/^Error: /) }]);
});

test('--functions gives the functions of a file, of JavaScript and of TypeScript', async () => {
  const user = await userOf(calling('twice', { text: 'ab' }), saying('done'));
  const file = user.write(
    'mine.ts',
    'interface Given { readonly text: string }\nexport function twice({ text }: Given): string { return text + text; }\n',
  );
  expect(await user.prints(['--functions', file, 'Hi'])).toBe('done\n');
  expect(user.messages()).toMatchObject([{}, {}, { role: 'tool', content: 'abab' }]);
});

test('--cl ends a chain that calls and calls', async () => {
  const user = await userOf(call);
  const { stdout, stderr, code } = await user.run(['--cl', '2', ...withTool]);
  expect({ stdout, code, requests: user.server.requests.length }).toEqual({ stdout: '', code: 1, requests: 2 });
  expect(stderr).toMatch(/^Error: .*\b2\b.*\n$/);
});

test.each([
  [['-T', 'calculater', 'Hi'], 1, /^Error: there is no tool "calculater"; did you mean calculator\? .*\n$/],
  [['--functions', 'nope.js', 'Hi'], 1, /^Error: --functions: nope\.js cannot be read: .*\n$/],
  [['--cl', 'many', 'Hi'], 2, /Error: .*--cl.*'many'.*whole number.*\n$/],
])('%j is refused before anything is sent', async (args, code, message) => {
  const user = await userOf(saying('ok'));
  const result = await user.run(args);
  expect(result).toMatchObject({ stdout: '', stderr: expect.stringMatching(message), code });
  expect(user.server.requests).toEqual([]);
});

test('a template may name tools, and -T adds to them', async () => {
  const user = await userOf(saying('ok'));
  user.write('templates/sums.yaml', 'system: Calculate.\ntools: [calculator]\n');
  await user.prints(['-t', 'sums', '-T', 'time', 'Hi']);
  expect(user.server.requests[0]?.json.tools).toMatchObject([
    { function: { name: 'calculator' } },
    { function: { name: 'time' } },
  ]);
});

needs('tmux').describe('in a terminal', () => {
  const terminals = new Terminals('tools');

  test('--ta asks, also where standard input is a pipe; y runs the tool, and the answer follows', async () => {
    const user = await userOf(call, saying('It is 42.'));
    await terminals.start(['--ta', ...withTool], { env: user.env, before: `printf 'n\\n' |` });
    await terminals.shows('[y/N] ');
    expect(user.server.requests).toHaveLength(1);
    await terminals.type('y', 'Enter');
    const { screen, code } = await terminals.end();
    expect(screen).toContain('Tool call: calculator\n{\n  "expression": "6 * 7"\n}\nApprove tool call? [y/N] y\n');
    expect(screen).toMatch(/\nIt is 42\.$/);
    expect(code).toBe(0);
    expect(user.messages()).toMatchObject([{}, {}, { role: 'tool', content: '42' }]);
  });

  test('what is not approved does not run, and the model is told', async () => {
    const user = await userOf(call, saying('Then not.'));
    await terminals.start(['--ta', ...withTool], { env: user.env });
    await terminals.shows('[y/N] ');
    await terminals.type('Enter');
    expect(await terminals.end()).toMatchObject({ screen: expect.stringMatching(/\nThen not\.$/), code: 0 });
    expect(user.messages()).toMatchObject([{}, {}, { role: 'tool', content: 'Denied: the user has said no' }]);
  });

  test('Ctrl-C at the question stops, and what there was is in the log', async () => {
    const user = await userOf(call);
    await terminals.start(['--ta', ...withTool], { env: user.env });
    await terminals.shows('[y/N] ');
    await terminals.type('C-c');
    expect(await terminals.end()).toMatchObject({ code: 130 });
    expect(await user.logged()).toMatchObject([{ tool_calls: [{ name: 'calculator' }], tool_results: [] }]);
  });
});
