// A key that is stored stays in `keys.json`: whatever is done with it, and however a server repeats it, it stands in no
// other file and in nothing that is printed.
import fs from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { cli } from '../support/cli.ts';
import { ensureBuilt } from '../support/dist.ts';
import { closedPort, startServer, type Answer, type TestServer } from '../support/servers.ts';
import { calling, filesBelow, saying, temporaryFolder } from './user.ts';

jest.setTimeout(20_000);
beforeAll(() => ensureBuilt(), 180_000);

const key = 'sk-canary-4f9a1c7be02d5836';

interface Way {
  readonly name: string;
  readonly id: string;
  readonly header: string;
  readonly env: (url: string) => Readonly<Record<string, string>>;
}

const openai: Way = {
  name: 'openai/m',
  id: 'openai',
  header: 'authorization',
  env: (url) => ({ OPENAI_BASE_URL: `${url}/v1` }),
};

/** The providers whose server may be one of the user's own. */
const ways: readonly Way[] = [
  openai,
  { name: 'anthropic/m', id: 'anthropic', header: 'x-api-key', env: (url) => ({ ANTHROPIC_BASE_URL: url }) },
  { name: 'ollama/m', id: 'ollama', header: 'authorization', env: (url) => ({ OLLAMA_HOST: url }) },
];

/** How a server may repeat what it was sent. */
const repeats: Readonly<Record<string, Answer>> = {
  'a refusal': {
    status: 401,
    contentType: 'application/json',
    pieces: [JSON.stringify({ error: { message: `no: ${key}`, type: key } })],
  },
  'a refusal in plain text': { status: 400, contentType: 'text/plain', pieces: [`Bearer ${key}`] },
  'a page': { contentType: 'text/html', pieces: [`<p>${key}</p>`] },
  'an error in the stream': { pieces: [`data: ${JSON.stringify({ error: { message: `no: ${key}` } })}\n\n`] },
  'a line that is no JSON': { pieces: [`data: {${key}\n\n`] },
  'a header': { status: 400, headers: { 'x-request-id': key, 'www-authenticate': `Bearer ${key}` }, pieces: ['no'] },
};

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serverOf(answer: Answer | (() => Answer)): Promise<TestServer> {
  const server = await startServer(typeof answer === 'function' ? answer : () => answer);
  servers.push(server);
  return server;
}

/** Somebody with the key stored, and all that the program ever said to them. */
class Holder {
  readonly folder = temporaryFolder();
  readonly #way: Way;
  readonly #said: string[] = [];

  constructor(way: Way) {
    this.#way = way;
  }

  /** Runs the program with this server; gives its exit code. */
  async run(args: readonly string[], server?: { readonly url: string }, stdin = ''): Promise<number | null> {
    const { name, env } = this.#way;
    const variables = { RXLLM_USER_PATH: this.folder, RXLLM_MODEL: name, ...(server && env(server.url)) };
    const { stdout, stderr, code } = await cli(args, { env: variables, stdin });
    this.#said.push(stdout, stderr);
    return code;
  }

  /** Where the key stands. */
  leaks(): readonly string[] {
    const files = Object.entries(filesBelow(this.folder));
    return [
      ...files.flatMap(([name, text]) => (text.includes(key) ? name : [])),
      ...this.#said.filter((text) => text.includes(key)),
    ];
  }
}

async function holderOf(way: Way): Promise<Holder> {
  const holder = new Holder(way);
  expect(await holder.run(['keys', 'set', way.id], undefined, key)).toBe(0);
  return holder;
}

/** Servers that repeat the key, each in its way. */
const repeating = () => Promise.all(Object.values(repeats).map(serverOf));

test.each(ways)('in whatever a server of $id answers', async (way) => {
  const holder = await holderOf(way);
  const all = await repeating();
  const codes = await Promise.all(all.map((server) => holder.run(['--td', '-u', '-T', 'time', 'Hi'], server)));
  expect(new Set(codes)).toEqual(new Set([1]));
  for (const { requests } of all) expect(requests[0]?.headers[way.header]).toContain(key);
  await Promise.all([['--json'], ['--lines'], []].map((form) => holder.run(['logs', '-n', '0', ...form])));
  expect(holder.leaks()).toEqual(['keys.json']);
});

test.each(ways)('where the server of $id sends elsewhere, or is not there', async (way) => {
  const holder = await holderOf(way);
  const elsewhere = await serverOf(saying('Hello'));
  const server = await serverOf({ status: 307, headers: { location: `${elsewhere.url}/?key=${key}` } });
  const nobody = { url: `http://127.0.0.1:${await closedPort()}` };
  await Promise.all([holder.run(['Hi'], server), holder.run(['Hi'], nobody)]);
  for (const { headers } of elsewhere.requests) expect(JSON.stringify(headers)).not.toContain(key);
  await holder.run(['logs', '--json', '-n', '0']);
  expect(holder.leaks()).toEqual(['keys.json']);
});

test.each(ways)('on a tape of $id', async (way) => {
  const holder = await holderOf(way);
  const folder = temporaryFolder();
  const all = await repeating();
  await Promise.all(all.map((server, at) => holder.run(['record', path.join(folder, `${at}.tape`), 'Hi'], server)));
  const tapes = Object.values(filesBelow(folder));
  expect(tapes).toHaveLength(all.length);
  for (const tape of tapes) expect(tape).toMatch(/^rxllm tape /);
  expect(tapes.filter((tape) => tape.includes(key))).toEqual([]);
  expect(holder.leaks()).toEqual(['keys.json']);
});

test('in what the commands say of the settings, of a race and of a chat', async () => {
  const holder = await holderOf(openai);
  const server = await serverOf({ status: 401, pieces: [`no: ${key}`] });
  const commands = [
    ['keys'],
    ['keys', 'path'],
    ['models', 'list'],
    ['models', 'list', '--json'],
    ['models', 'options', 'list'],
    ['--options'],
    ['plugins'],
    ['logs', 'status'],
    ['openai', 'models'],
    ['race', '-m', 'openai/m', '-m', 'openai/n', 'Hi'],
    ['--save', 'mine', '--key', 'openai', 'Hi'],
    ['keys', 'set', 'openai', key],
    ['keys', 'set', 'openai', '--value', key],
    ['chat'],
  ];
  await Promise.all(commands.map((command) => holder.run(command, server, 'Hi\n')));
  const answers = [calling('time', {}), saying('Late.')];
  const kind = await serverOf(() => answers.shift() ?? {});
  expect(await holder.run(['--td', '-T', 'time', '--key', 'openai', 'Hi'], kind)).toBe(0);
  expect(holder.leaks()).toEqual(['keys.json']);
});

test('with a file of keys that is damaged', async () => {
  const holder = await holderOf(openai);
  fs.writeFileSync(path.join(holder.folder, 'keys.json'), `{"openai": "${key}",`);
  const commands = [['Hi'], ['keys'], ['keys', 'get', 'openai'], ['models'], ['openai', 'models']];
  expect(await Promise.all(commands.map((command) => holder.run(command)))).toEqual(commands.map(() => 1));
  expect(holder.leaks()).toEqual(['keys.json']);
});

test('with a server that is asked by its address', async () => {
  const holder = await holderOf(openai);
  for (const { url } of await repeating()) {
    const endpoint = ['openai', 'endpoint', url];
    await Promise.all([
      holder.run([...endpoint, '-m', 'm', '--key', key, 'Hi']),
      holder.run([...endpoint, '-m', 'm', '--responses', '-H', `X-Key: ${key}`, 'Hi']),
      holder.run([...endpoint, '--models', '--key', key]),
    ]);
  }
  expect(holder.leaks()).toEqual(['keys.json']);
});
