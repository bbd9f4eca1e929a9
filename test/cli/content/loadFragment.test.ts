// Fragments, by what they are named by.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { attachment, LlmError } from 'rxllm';
import { loadFragment } from '../../../src/cli/content/loadFragment.ts';
import type { FragmentLoaders, LoadedFragment } from '../../../src/cli/content/plugged.ts';
import { closedPort, startServer, type Answer, type TestServer } from '../../support/servers.ts';
import { withFolders } from './userFolder.ts';

const { user, here, write } = withFolders();
const { version } = createRequire(import.meta.url)('rxllm/package.json') as { readonly version: string };

const one = (text: string, source: string) => ({ fragments: [{ text, source }], attachments: [] });

function loaderOf(loaded: LoadedFragment): FragmentLoaders {
  return new Map([['docs', { load: () => loaded }]]);
}

describe('a path', () => {
  test('gives the text of the file, without a byte order mark', async () => {
    write(here('a b.txt'), '\uFEFFHello ✓\n');
    expect(await loadFragment('a b.txt')).toEqual(one('Hello ✓\n', 'a b.txt'));
    expect(await loadFragment(here('a b.txt'))).toEqual(one('Hello ✓\n', here('a b.txt')));
  });

  test.each([
    ['a folder', 'sub', /fragment "sub" cannot be read: it is a folder/],
    ['bytes that are no text', 'x.bin', /it is no text, its bytes are not utf-8; give it as an attachment \(-a\)/],
    ['null characters', 'y.bin', /it is no text, it has null characters/],
    ['too large a file', 'large', /it has 10485761 bytes, more than 10485760/],
  ])('to %s is an error', async (_, name, message) => {
    write(here('sub/a'), '');
    write(here('x.bin'), new Uint8Array([0xff, 0xd8]));
    write(here('y.bin'), 'a\0b');
    write(here('large'), new Uint8Array(10 * 1024 * 1024 + 1));
    await expect(loadFragment(name)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message),
    });
  });

  test('that leads nowhere is told every way there is', async () => {
    await expect(loadFragment('nope')).rejects.toThrow(
      'fragment "nope" not found; it may be a path, an http(s) URL, - for standard input, an alias (none is set; rxllm fragments set ALIAS SOURCE), PREFIX:ARGUMENT of a plugin (none is installed)',
    );
    write(user('fragments/mine'), 'x');
    await expect(loadFragment('nope:x/y', { loaders: loaderOf('') })).rejects.toThrow(
      'an alias (mine), PREFIX:ARGUMENT of a plugin (docs)',
    );
  });

  test('to a pipe of the shell is read to its end', async () => {
    execFileSync('mkfifo', [here('pipe')]);
    const [loaded] = await Promise.all([loadFragment('./pipe'), writeFile(here('pipe'), 'through')]);
    expect(loaded).toEqual(one('through', './pipe'));
  });
});

describe('an alias', () => {
  test('comes before a file of the working directory', async () => {
    write(user('fragments/notes.md'), 'stored');
    write(here('notes.md'), 'here');
    expect(await loadFragment('notes.md')).toEqual(one('stored', 'notes.md'));
    expect(await loadFragment('./notes.md')).toEqual(one('here', './notes.md'));
  });

  test('that is a link out of its folder is refused', async () => {
    write(here('secret'), 'secret');
    write(user('fragments/a'), '');
    fs.symlinkSync(here('secret'), user('fragments/out'));
    await expect(loadFragment('out')).rejects.toThrow(/fragments\/out is a link out of its folder/);
  });
});

test('- is standard input, where there is one', async () => {
  expect(await loadFragment('-', { stdin: () => Promise.resolve('piped') })).toEqual(one('piped', '-'));
  await expect(loadFragment('-')).rejects.toThrow('there is no standard input for the fragment "-" here');
});

describe('a prefix', () => {
  test('gives what its loader gives: a text, texts with their source, files', async () => {
    expect(await loadFragment('docs:a', { loaders: loaderOf('text') })).toEqual(one('text', 'docs:a'));
    const file = attachment({ url: 'https://example.com/a.png' });
    const loaders = loaderOf(['first', { text: 'second', source: 'there' }, { text: 'third' }, file]);
    expect(await loadFragment('docs:a:b', { loaders })).toEqual({
      fragments: [
        { text: 'first', source: 'docs:a:b' },
        { text: 'second', source: 'there' },
        { text: 'third', source: 'docs:a:b' },
      ],
      attachments: [file],
    });
  });

  test('is passed the rest', async () => {
    const load = (argument: string) => argument;
    expect(await loadFragment('docs:a:b/c', { loaders: new Map([['docs', { load }]]) })).toEqual(
      one('a:b/c', 'docs:a:b/c'),
    );
  });

  test('of a file that is there is no prefix', async () => {
    write(here('docs:a'), 'here');
    expect(await loadFragment('docs:a', { loaders: loaderOf('loaded') })).toEqual(one('here', 'docs:a'));
  });

  test('whose loader fails names the fragment, and keeps the code', async () => {
    const failing = (thrown: Error) => new Map([['docs', { load: () => Promise.reject(thrown) }]]);
    await expect(loadFragment('docs:a', { loaders: failing(new Error('gone')) })).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'fragment "docs:a": gone',
    });
    const error = new LlmError('connection', 'no network');
    await expect(loadFragment('docs:a', { loaders: failing(error) })).rejects.toMatchObject({ code: 'connection' });
  });
});

describe('a URL', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  async function fetchFrom(answer: Answer) {
    server = await startServer(answer);
    return loadFragment(`${server.url}/a.txt?key=secret`);
  }

  test('is fetched in the name of the program', async () => {
    const loaded = await fetchFrom({ contentType: 'text/plain', pieces: ['Hel', 'lo ✓'] });
    expect(loaded).toEqual(one('Hello ✓', `${server?.url}/a.txt?key=secret`));
    expect(server?.requests[0]?.headers['user-agent']).toBe(`rxllm/${version}`);
  });

  test('is decoded by its charset', async () => {
    const latin = { contentType: 'text/html; charset=ISO-8859-1', pieces: [new Uint8Array([0xe9])] };
    expect((await fetchFrom(latin)).fragments[0]?.text).toBe('é');
  });

  test.each([
    'application/json',
    'application/ld+json',
    'image/svg+xml',
    'application/xhtml+xml',
    'application/x-yaml',
  ])('of type %s is text', async (contentType) => {
    expect((await fetchFrom({ contentType, pieces: ['{}'] })).fragments[0]?.text).toBe('{}');
  });

  test.each<[string, Answer, string, RegExp]>([
    ['of a picture', { contentType: 'image/png', pieces: ['x'] }, 'unsupported', /a.txt is no text: its type is image/],
    ['of bytes', { contentType: 'text/plain', pieces: [new Uint8Array([0xff])] }, 'unsupported', /not utf-8/],
    [
      'that is not there',
      { status: 404, contentType: 'text/plain' },
      'not_found',
      /a.txt could not be had: status 404/,
    ],
    ['too large', { contentType: 'text/plain', headers: { 'content-length': '10485761' } }, 'unsupported', /more than/],
    [
      'that breaks off',
      { contentType: 'text/plain', pieces: ['x'], atEnd: 'destroy' },
      'connection',
      /could not be had/,
    ],
  ])('%s is an error that does not show its query', async (_, answer, code, message) => {
    const failure = fetchFrom(answer);
    await expect(failure).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
  });

  test('more than the limit in pieces is an error', async () => {
    const mebibyte = new Uint8Array(1024 * 1024).fill(32);
    const pieces = [...Array.from({ length: 10 }, () => mebibyte), 'x'];
    await expect(fetchFrom({ contentType: 'text/plain', pieces })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/a.txt has more than 10485760 bytes/),
    });
  });

  test('of nobody is an error', async () => {
    await expect(loadFragment(`http://127.0.0.1:${await closedPort()}/`)).rejects.toMatchObject({ code: 'connection' });
    await expect(loadFragment('http://')).rejects.toThrow('a URL with http or https in front is none; correct it');
  });

  test('is no longer fetched once the user has stopped', async () => {
    server = await startServer({ contentType: 'text/plain', pieces: ['x'], atEnd: 'stay' });
    const controller = new AbortController();
    const loading = loadFragment(server.url, { signal: controller.signal });
    const stopped = expect(loading).rejects.toMatchObject({ code: 'aborted' });
    const request = await server.request(0);
    await request.played;
    controller.abort();
    await stopped;
    expect(await request.closed).toBe('aborted');
    await expect(loadFragment(server.url, { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
  });
});
