// `rxllm PROMPT` and the log: what is kept, what is not, and how a conversation goes on.
import fs from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { chatDelta } from '../support/cli.ts';
import { ensureBuilt } from '../support/dist.ts';
import { calling, refusing, saying, temporaryFolder, userOf, type User } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

const logs = ({ folder }: User) => path.join(folder, 'logs');
const alpha = { role: 'user', content: 'Alpha' };
const one = { role: 'assistant', content: 'One' };

describe('a turn is kept', () => {
  test('with what was asked and answered, the name of the model and a thread', async () => {
    const user = await userOf(saying('Hel', 'lo'));
    await user.prints(['-s', 'Be brief', '-o', 'max_tokens', '5', 'Hi']);
    const [row, ...others] = await user.logged();
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      prompt: 'Hi',
      system: 'Be brief',
      response: 'Hello',
      model: 'm',
      conversation_id: expect.stringMatching(/^[0-9a-z]{26}$/),
      options_json: { max_tokens: 5 },
      input_tokens: 3,
      output_tokens: 5,
    });
    expect(await user.kept()).toMatchObject([{ rxllm: { thread: row?.conversation_id, model_name: 'openai/m' } }]);
  });

  test('under the alias that it was asked by', async () => {
    const user = await userOf(saying('ok'));
    await user.prints(['aliases', 'set', 'fast', 'openai/m']);
    await user.prints(['-m', 'fast', 'Hi']);
    expect((await user.kept()).map(({ rxllm }) => rxllm.model_name)).toEqual(['fast']);
  });

  test('unless -n or --no-log is given, or logging is off; --log keeps it all the same', async () => {
    const user = await userOf(saying('ok'));
    for (const flag of ['-n', '--no-log']) await user.prints([flag, 'not kept']);
    expect(await user.logged()).toEqual([]);
    await user.run(['logs', 'off']);
    await user.prints(['while off']);
    expect(await user.logged()).toEqual([]);
    await user.prints(['--log', 'kept']);
    expect((await user.logged()).map(({ prompt }) => prompt)).toEqual(['kept']);
    await user.run(['logs', 'on']);
    await user.prints(['on again']);
    expect((await user.logged()).map(({ prompt }) => prompt)).toEqual(['kept', 'on again']);
  });

  test('in another folder with -d, where -c finds it', async () => {
    const user = await userOf(saying('One'));
    const folder = path.join(temporaryFolder(), 'elsewhere');
    await user.prints(['-d', folder, 'Alpha']);
    expect(fs.existsSync(logs(user))).toBe(false);
    await user.prints(['-d', folder, '-c', 'Beta']);
    expect(user.messages()).toEqual([alpha, one, { role: 'user', content: 'Beta' }]);
    await user.prints(['-d', folder, '-n', '-c', 'Gamma']);
    expect(user.messages()).toHaveLength(5);
    expect((await user.logged('-d', folder)).map(({ prompt }) => prompt)).toEqual(['Alpha', 'Beta']);
  });

  test('also where it fails, and where it is cut short', async () => {
    const user = await userOf(refusing(400, 'nope'), { pieces: [chatDelta({ content: 'Hel' })] });
    expect(await user.run(['first'])).toMatchObject({ stdout: '', code: 1 });
    expect(await user.run(['second'])).toMatchObject({ stdout: 'Hel', code: 1 });
    expect(await user.logged()).toMatchObject([
      { prompt: 'first', response: '' },
      { prompt: 'second', response: 'Hel' },
    ]);
    expect((await user.kept()).map(({ status }) => status)).toEqual(['failed', 'truncated']);
  });
});

describe('--json', () => {
  test('prints the row that is kept', async () => {
    const user = await userOf(saying('Hello'));
    const printed: unknown = JSON.parse(await user.prints(['--json', 'Hi']));
    expect(printed).toMatchObject([{ prompt: 'Hi', response: 'Hello', model: 'm' }]);
    expect(printed).toEqual(await user.logged());
  });

  test('prints it also where nothing is kept', async () => {
    const user = await userOf(saying('Hello'));
    expect(JSON.parse(await user.prints(['--json', '-n', 'Hi']))).toMatchObject([{ prompt: 'Hi', response: 'Hello' }]);
    expect(fs.existsSync(logs(user))).toBe(false);
  });
});

describe('a conversation', () => {
  test('goes on with -c: its messages, its thread and its model', async () => {
    const user = await userOf(saying('One'));
    await user.prints(['-m', 'openai/large', 'Alpha']);
    await user.prints(['-c', 'Beta']);
    expect(user.server.requests.at(-1)?.json).toMatchObject({
      model: 'large',
      messages: [alpha, one, { role: 'user', content: 'Beta' }],
    });
    await user.prints(['-c', '-m', 'openai/small', 'Gamma']);
    expect(user.server.requests.at(-1)?.json.model).toBe('small');
    const rows = await user.logged();
    expect(rows.map(({ prompt, model }) => [prompt, model])).toEqual([
      ['Alpha', 'large'],
      ['Beta', 'large'],
      ['Gamma', 'small'],
    ]);
    expect(new Set(rows.map(({ conversation_id }) => conversation_id)).size).toBe(1);
  });

  test('goes on from what there was of an answer that was cut', async () => {
    const user = await userOf({ pieces: [chatDelta({ content: 'One' })] }, saying('Two'));
    expect(await user.run(['Alpha'])).toMatchObject({ code: 1 });
    await user.prints(['-c', 'Beta']);
    expect(user.messages()).toEqual([alpha, one, { role: 'user', content: 'Beta' }]);
  });

  test('goes on with --cid, of which the beginning will do, though another one is newer', async () => {
    const user = await userOf(saying('One'));
    await user.prints(['Alpha']);
    await user.prints(['Other']);
    const [id = '', other = ''] = (await user.logged()).map(({ conversation_id }) => conversation_id);
    const same = id.split('').findIndex((char, at) => char !== other[at]);
    for (const cid of [id, id.slice(0, same + 1)]) {
      await user.prints(['--cid', cid, 'Beta']);
      expect(user.messages()).toEqual(expect.arrayContaining([alpha, one, { role: 'user', content: 'Beta' }]));
    }
    const threads = (await user.logged()).map(({ conversation_id }) => conversation_id);
    expect(threads).toEqual([id, other, id, id]);
    const { stdout, stderr, code } = await user.run(['--cid', id.slice(0, same), 'Beta']);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^Error: 2 threads begin with .*\n$/);
  });

  test('goes on with its tools', async () => {
    const user = await userOf(saying('One'));
    await user.prints(['-T', 'calculator', 'Alpha']);
    await user.prints(['-c', 'Beta']);
    expect(user.server.requests.at(-1)?.json.tools).toMatchObject([{ function: { name: 'calculator' } }]);
    await user.prints(['-c', '-T', 'time', 'Gamma']);
    expect(user.server.requests.at(-1)?.json.tools).toMatchObject([{ function: { name: 'time' } }]);
  });

  test('goes on from calls of tools, each with its result', async () => {
    const user = await userOf(calling('calculator', { expression: '6 * 7' }), saying('42'), saying('Yes.'));
    await user.prints(['-T', 'calculator', 'What is 6 * 7?']);
    await user.prints(['-c', 'Sure?']);
    expect(user.messages()).toMatchObject([
      { role: 'user' },
      { role: 'assistant', tool_calls: [{ function: { name: 'calculator' } }] },
      { role: 'tool', content: '42' },
      { role: 'assistant', content: '42' },
      { role: 'user', content: 'Sure?' },
    ]);
  });

  test.each([
    [['-c', 'Hi'], /^Error: there is no conversation to go on with; .*\n$/],
    [['--cid', 'nope', 'Hi'], /^Error: the log has no thread "nope"; .*\n$/],
  ])('%j is an error where there is none', async (args, message) => {
    const user = await userOf(saying('ok'));
    const { stdout, stderr, code } = await user.run(args);
    expect({ stdout, code, asked: user.server.requests }).toEqual({ stdout: '', code: 1, asked: [] });
    expect(stderr).toMatch(message);
  });
});
