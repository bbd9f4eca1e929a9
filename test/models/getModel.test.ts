// The models of the user of this machine: what stands in the user's folder and in the environment.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { getModel, userFolder, userRegistry } from 'rxllm/models';
import { chatStream } from '../support/cli.ts';
import { startServer, type TestServer } from '../support/servers.ts';

let folder: string;
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ pieces: chatStream({ content: 'Hello' }) });
});
afterAll(() => server.close());
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-user-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(file: string, content: unknown): void {
  fs.writeFileSync(path.join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
}

/** An environment with the folder and a server that speaks as OpenAI does. */
function env(more: Record<string, string> = {}) {
  return { RXLLM_USER_PATH: folder, OPENAI_BASE_URL: `${server.url}/v1`, ...more };
}

/** The key and the model that the server was sent. */
async function sent(name: string | undefined, more: Record<string, string> = {}, key?: string) {
  const before = server.requests.length;
  await (await getModel(name, { env: env(more), key })).prompt('Hi').text();
  const { headers, json } = server.requests[before]!;
  return [headers.authorization, json.model];
}

test('a key is the one given, else the stored one, else that of the environment', async () => {
  expect(await sent('openai/org/m')).toEqual([undefined, 'org/m']);
  expect(await sent('openai/m', { OPENAI_API_KEY: 'sk-env' })).toEqual(['Bearer sk-env', 'm']);
  write('keys.json', { '// Note': 'This file stores secret API credentials.', openai: 'sk-stored', work: 'sk-work' });
  expect(await sent('openai/m', { OPENAI_API_KEY: 'sk-env' })).toEqual(['Bearer sk-stored', 'm']);
  expect(await sent('openai/m', {}, 'sk-given')).toEqual(['Bearer sk-given', 'm']);
  expect(await sent('openai/m', {}, 'work')).toEqual(['Bearer sk-work', 'm']);
});

test('servers of the user are named as their own programs name them', async () => {
  const asked = async (name: string, more: Record<string, string>) => {
    const before = server.requests.length;
    await (
      await getModel(name, { env: env(more) })
    )
      .prompt('Hi')
      .text()
      .catch(() => undefined);
    return server.requests[before]?.path;
  };
  const { host, port } = new URL(server.url);
  expect(await asked('anthropic/m', { ANTHROPIC_BASE_URL: `${server.url}/` })).toBe('/v1/messages');
  for (const OLLAMA_HOST of [server.url, host, `:${port}`]) {
    expect(await asked('ollama/m', { OLLAMA_HOST })).toBe('/api/chat');
  }
});

test('aliases and the default model are those of the folder, and $RXLLM_MODEL comes before the latter', async () => {
  write('aliases.json', '\uFEFF{"mini": "openai/gpt-mini"}');
  write('default_model.txt', 'mini\n');
  expect(await sent('mini')).toEqual([undefined, 'gpt-mini']);
  expect(await sent(undefined)).toEqual([undefined, 'gpt-mini']);
  expect(await sent(undefined, { RXLLM_MODEL: 'openai/other' })).toEqual([undefined, 'other']);
});

test('options of models are those of the folder', async () => {
  write('model_options.json', { 'openai/m': { temperature: 0.5 } });
  const registry = await userRegistry({ env: env() });
  expect(registry.defaultOptions('openai/m')).toEqual({ temperature: 0.5 });
});

test('nothing stored and nothing set means the demo', async () => {
  const nowhere = { RXLLM_USER_PATH: path.join(folder, 'none') };
  expect((await getModel(undefined, { env: nowhere })).id).toBe('demo');
  expect((await userRegistry({ env: nowhere })).defaultModel).toBeUndefined();
});

test('the error for a missing key names the file in which one can be stored', async () => {
  await expect(getModel('anthropic/claude', { env: { RXLLM_USER_PATH: folder } })).rejects.toMatchObject({
    code: 'missing_key',
    message: expect.stringContaining(`set ANTHROPIC_API_KEY, store one as "anthropic" in ${folder}/keys.json, or`),
  });
});

test.each([
  ['keys.json', '{"openai": "sk-secret', /keys.json is not JSON/],
  ['keys.json', { openai: 7 }, /keys.json must be an object whose values are strings/],
  ['aliases.json', '["a"]', /aliases.json must be an object whose values are strings/],
  ['model_options.json', { m: ['secret'] }, /model_options.json must be an object whose values are objects/],
])('%s that holds %j is an error that names it and shows nothing of it', async (file, content, message) => {
  write(file, content);
  const failure = getModel('demo', { env: env() });
  await expect(failure).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(message) });
  await expect(failure).rejects.toThrow(expect.not.objectContaining({ message: expect.stringContaining('secret') }));
  const error: unknown = await failure.catch((thrown: unknown) => thrown);
  expect(error).not.toHaveProperty('cause');
});

test('a file that cannot be read is an error that names it', async () => {
  fs.mkdirSync(path.join(folder, 'keys.json'));
  await expect(getModel('demo', { env: env() })).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(/keys.json" cannot be read: EISDIR/),
  });
});

test('the folder is where the platform keeps settings, unless $RXLLM_USER_PATH names another', () => {
  expect(userFolder({ RXLLM_USER_PATH: '/a/b' })).toBe('/a/b');
  expect(userFolder({ XDG_CONFIG_HOME: '/x' })).toBe(process.platform === 'linux' ? '/x/rxllm' : userFolder({}));
  expect(userFolder({})).toMatch(/rxllm$/);
});
