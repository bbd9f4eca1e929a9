// Attachments, by what they are named by.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { loadAttachment } from '../../../src/cli/content/loadAttachment.ts';
import { closedPort, startServer, type TestServer } from '../../support/servers.ts';
import { withFolders } from './userFolder.ts';

const { here, write } = withFolders();
const { version } = createRequire(import.meta.url)('rxllm/package.json') as { readonly version: string };

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
const stdinOf = (bytes: Uint8Array) => () => Promise.resolve(bytes);

describe('a path', () => {
  test('stays one, in full; its type is what its bytes say, else what its ending says', async () => {
    write(here('picture.txt'), png);
    write(here('notes.txt'), 'Hello');
    write(here('x.PDF'), 'no pdf');
    expect(await loadAttachment('picture.txt')).toEqual({ type: 'image/png', path: here('picture.txt') });
    expect(await loadAttachment('./notes.txt')).toEqual({ type: 'text/plain', path: here('notes.txt') });
    expect(await loadAttachment('x.PDF')).toEqual({ type: 'application/pdf', path: here('x.PDF') });
  });

  test('has the type that is given', async () => {
    write(here('data'), 'x');
    expect(await loadAttachment('data', { type: 'audio/wav' })).toEqual({ type: 'audio/wav', path: here('data') });
    await expect(loadAttachment('data', { type: 'wav' })).rejects.toThrow('"wav" is no media type; one is image/png');
  });

  test.each([
    [
      'whose type cannot be told',
      'data',
      /the attachment "data" cannot be used: its type cannot be told; give it: --at data image\/png/,
    ],
    ['of an empty file', 'empty.png', /it is empty/],
    ['of a folder', 'sub', /it is no file/],
    ['of a pipe', 'pipe', /it is no file/],
    ['that leads nowhere', 'none.png', /the attachment "none.png" cannot be used: there is no such file/],
  ])('%s is an error', async (_, name, message) => {
    write(here('data'), 'x');
    write(here('empty.png'), '');
    write(here('sub/a'), '');
    execFileSync('mkfifo', [here('pipe')]);
    await expect(loadAttachment(name)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message),
    });
  });
});

describe('standard input', () => {
  test('is taken by its bytes', async () => {
    const content = Buffer.from(png).toString('base64');
    expect(await loadAttachment('-', { stdin: stdinOf(png) })).toEqual({ type: 'image/png', content });
    const text = new TextEncoder().encode('Hello');
    expect(await loadAttachment('-', { stdin: stdinOf(text), type: 'text/plain' })).toEqual({
      type: 'text/plain',
      content: 'SGVsbG8=',
    });
  });

  test('is an error where it is empty, has no type that can be told, or is not there', async () => {
    await expect(loadAttachment('-', { stdin: stdinOf(new Uint8Array()) })).rejects.toThrow('standard input is empty');
    await expect(loadAttachment('-', { stdin: stdinOf(new Uint8Array([1])) })).rejects.toThrow('--at - image/png');
    await expect(loadAttachment('-')).rejects.toThrow('there is no standard input for it here');
  });
});

describe('a URL', () => {
  let server: TestServer;
  let type = 'image/webp';
  beforeAll(async () => {
    server = await startServer((path) => ({
      contentType: path.startsWith('/other') ? 'audio/wav; x=y' : type,
      ...(path.startsWith('/moved') && { status: 302, headers: { location: '/other' } }),
      ...(path.startsWith('/gone') && { status: 404 }),
    }));
  });
  afterAll(() => server.close());

  test('stays one; its type is what the server says to HEAD, redirects followed', async () => {
    type = 'image/webp';
    expect(await loadAttachment(`${server.url}/a.png?k=v`)).toEqual({
      type: 'image/webp',
      url: `${server.url}/a.png?k=v`,
    });
    expect(await loadAttachment(`${server.url}/moved`)).toEqual({ type: 'audio/wav', url: `${server.url}/moved` });
    expect(server.requests[0]?.headers['user-agent']).toBe(`rxllm/${version}`);
    expect(server.requests.every(({ body }) => body === '')).toBe(true);
  });

  test('has the type that is given, and then nobody is asked', async () => {
    const before = server.requests.length;
    const url = `${server.url}/a`;
    expect(await loadAttachment(url, { type: 'image/png' })).toEqual({ type: 'image/png', url });
    expect(server.requests).toHaveLength(before);
  });

  test('has the type of its ending where the server does not tell, or cannot be reached', async () => {
    type = 'application/octet-stream';
    expect((await loadAttachment(`${server.url}/a.pdf`)).type).toBe('application/pdf');
    expect((await loadAttachment(`${server.url}/gone.jpg`)).type).toBe('image/jpeg');
    expect((await loadAttachment(`http://127.0.0.1:${await closedPort()}/a.gif`)).type).toBe('image/gif');
  });

  test('whose type cannot be told is an error that names the way out, and not its query', async () => {
    type = 'application/octet-stream';
    const { host } = new URL(server.url);
    await expect(loadAttachment(`${server.url}/a?key=secret`)).rejects.toMatchObject({
      code: 'invalid_input',
      message: `the attachment "${host}/a" cannot be used: its type cannot be told; give it: --at URL image/png`,
    });
    await expect(loadAttachment('https://')).rejects.toMatchObject({ code: 'invalid_input' });
  });
});
