// `rxllm openai`: a server asked by its address, and the list of models.
import { jest } from '@jest/globals';
import { ensureBuilt } from '../support/dist.ts';
import type { Answer } from '../support/servers.ts';
import { refusing, saying, serverOf, userOf, type User } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

const models = {
  contentType: 'application/json',
  pieces: [JSON.stringify({ object: 'list', data: [{ id: 'b', owned_by: 'x' }, { id: 'a' }] })],
};

/** Somebody who has keys, in the folder and in the environment. */
async function withKeys(...answers: readonly Answer[]): Promise<User> {
  const user = await userOf(...answers);
  user.write('keys.json', '{"openai": "sk-stored", "work": "sk-work"}');
  return user;
}

describe('endpoint', () => {
  test('asks the server by Chat Completions; no key is sent, and nothing is logged', async () => {
    const user = await withKeys(saying('Hello'));
    const url = `${user.server.url}/other/v1`;
    const args = ['openai', 'endpoint', url, '-m', 'mine', '-s', 'Be brief', '-o', 'max_tokens', '5', 'Hi'];
    expect(await user.prints(args, { stdin: 'a file' })).toBe('Hello\n');
    const [request] = user.server.requests;
    expect(request?.path).toBe('/other/v1/chat/completions');
    expect(request?.json).toMatchObject({
      model: 'mine',
      max_tokens: 5,
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'a file Hi' },
      ],
    });
    expect(JSON.stringify(request?.headers)).not.toContain('sk-');
    expect(await user.logged()).toEqual([]);
  });

  test('sends the key and the headers that are given; the name of a stored key is none', async () => {
    const user = await withKeys(saying('Hello'));
    const args = ['openai', 'endpoint', user.server.url, '-m', 'mine', '--key', 'work', '-H', 'X-Team: blue', 'Hi'];
    await user.prints(args);
    expect(user.server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer work', 'x-team': 'blue' });
  });

  test('speaks the Responses API with --responses', async () => {
    const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
    const response = { id: 'resp_1', object: 'response', model: 'mine', status: 'completed', output: [], usage: null };
    const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] };
    const user = await withKeys({
      pieces: [
        event('response.created', { response: { ...response, status: 'in_progress' } }),
        event('response.output_item.added', { output_index: 0, item }),
        event('response.output_text.delta', { item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'Hello' }),
        event('response.completed', { response }),
      ],
    });
    const args = ['openai', 'endpoint', user.server.url, '-m', 'mine', '--responses', 'Hi'];
    expect(await user.prints(args)).toBe('Hello\n');
    expect(user.server.requests[0]?.path).toBe('/responses');
    expect(JSON.stringify(user.server.requests[0]?.headers)).not.toContain('sk-');
  });

  test('--models lists the models of the server, without a key', async () => {
    const user = await withKeys(models);
    expect(await user.prints(['openai', 'endpoint', user.server.url, '--models'])).toBe('a\nb\n');
    expect(user.server.requests[0]?.path).toBe('/models');
    expect(JSON.stringify(user.server.requests[0]?.headers)).not.toContain('sk-');
  });

  test.each([
    [['-m', 'x', '--chat', '--responses', 'Hi'], 2, /Error: --responses and --chat are two protocols; give one\n$/],
    [['Hi'], 2, /Error: a server has no default model; give -m, or --models for a list\n$/],
    [['-m', 'x'], 1, /^Error: there is no prompt;/],
    [['-m', 'x', '-H', 'no header', 'Hi'], 1, /^Error: a header is 'name: value', not "no header"\n$/],
  ])('%j is refused before anything is sent', async (args, code, message) => {
    const user = await withKeys(saying('Hello'));
    const result = await user.run(['openai', 'endpoint', user.server.url, ...args]);
    expect(result).toMatchObject({ stdout: '', stderr: expect.stringMatching(message), code });
    expect(user.server.requests).toEqual([]);
  });
});

describe('models', () => {
  test('lists the models that the key may use: the stored one, or that of --key', async () => {
    const user = await withKeys(models);
    expect(await user.prints(['openai', 'models'])).toBe('a\nb\n');
    await user.prints(['openai', 'models', '--key', 'work']);
    await user.prints(['openai', 'models', '--key', 'sk-given']);
    expect(user.server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/v1/models', 'Bearer sk-stored'],
      ['/v1/models', 'Bearer sk-work'],
      ['/v1/models', 'Bearer sk-given'],
    ]);
  });

  test('--json prints what the server says', async () => {
    const user = await withKeys(models);
    expect(JSON.parse(await user.prints(['openai', 'models', '--json']))).toEqual([
      { id: 'b', owned_by: 'x' },
      { id: 'a' },
    ]);
  });

  test('without a key is an error, and so is a server that refuses or says something else', async () => {
    const user = await userOf(refusing(401, 'wrong key'), { contentType: 'text/html', pieces: ['<html>'] });
    const none = await user.run(['openai', 'models'], { env: { OPENAI_API_KEY: '' } });
    expect(none).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^Error: .*API key: set OPENAI_API_KEY/),
      code: 1,
    });
    expect(user.server.requests).toEqual([]);
    const refused = await user.run(['openai', 'models']);
    expect(refused).toMatchObject({ stdout: '', stderr: expect.stringMatching(/^Error: .*401.*wrong key/), code: 1 });
    const odd = await user.run(['openai', 'models']);
    expect(odd).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^Error: .*\/models gave no list of models\n$/),
      code: 1,
    });
  });

  test('a redirect is not followed: the key stays where it belongs', async () => {
    const elsewhere = await serverOf(models);
    const user = await withKeys({ status: 302, headers: { location: `${elsewhere.url}/models` } });
    expect(await user.run(['openai', 'models'])).toMatchObject({ stdout: '', code: 1 });
    expect(elsewhere.requests).toEqual([]);
  });
});
