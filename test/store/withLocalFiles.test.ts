// Attachments by path, read from real files in a temp folder.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { of } from 'rxjs';
import { attachment, defineModel, toolMessage, user, type LlmError, type Message } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { withLocalFiles, type LocalFilesOptions } from 'rxllm/store';

const png = Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1');
let folder: string;
let asked: readonly Message[][];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-files-'));
  fs.writeFileSync(path.join(folder, 'cat.png'), png);
  asked = [];
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function model(options?: LocalFilesOptions) {
  const seen = defineModel({
    id: 'm',
    stream({ messages }) {
      asked = [...asked, [...messages]];
      return of('ok');
    },
  });
  return withLocalFiles(seen, options);
}

const read = { type: 'image/png', content: png.toString('base64') };

test('reads what has a path, also in tool results, and keeps the path in the JSON', async () => {
  const file = path.join(folder, 'cat.png');
  const result = { type: 'tool_result' as const, name: 't', output: 'o', attachments: [{ path: file }] };
  const history = [user('Look', attachment({ path: file })), toolMessage(result)];
  const response = model().prompt(history);
  expect(await response.text()).toBe('ok');
  expect(asked[0]).toEqual([user('Look', attachment(read)), toolMessage({ ...result, attachments: [read] })]);
  expect(response.toJSON().prompt.messages).toEqual(history);
});

test('reads the file anew for each subscription, not before one', async () => {
  const response = model().prompt('Look', { attachments: [{ path: path.join(folder, 'late.png') }] });
  fs.writeFileSync(path.join(folder, 'late.png'), png);
  expect(await response.text()).toBe('ok');
});

test('leaves what has a url or content, and stays synchronous then', () => {
  const texts: unknown[] = [];
  const given = [
    attachment({ url: 'https://example.com/a.png', path: 'x' }),
    attachment({ content: 'QQ==', path: 'x' }),
  ];
  model()
    .prompt([user(given)])
    .subscribe((event) => texts.push(event.type));
  expect(asked[0]).toEqual([user(given)]);
  expect(texts).toContain('finish');
});

test('a type that was given stays; the ending tells one otherwise', async () => {
  fs.writeFileSync(path.join(folder, 'notes.txt'), 'hello');
  fs.writeFileSync(path.join(folder, 'thing.bin'), 'hello');
  const given = [{ path: 'notes.txt' }, { path: 'notes.txt', type: 'text/x-log' }, { path: 'thing.bin' }];
  await model({ root: folder })
    .prompt(given.map((each) => user(attachment(each))))
    .text();
  const content = Buffer.from('hello').toString('base64');
  expect(asked[0]).toEqual([
    user(attachment({ type: 'text/plain', content })),
    user(attachment({ type: 'text/x-log', content })),
    user(attachment({ content })),
  ]);
});

async function errorOf(options: LocalFilesOptions, file: string): Promise<LlmError> {
  const thrown: unknown = await model(options)
    .prompt('Look', { attachments: [{ path: file }] })
    .text()
    .catch((error: unknown) => error);
  expect(asked).toEqual([]);
  return thrown as LlmError;
}

test.each<[string, (root: string) => string, LocalFilesOptions, RegExp]>([
  ['a missing file', () => 'dog.png', {}, /"dog.png" cannot be read: ENOENT/],
  ['a folder', () => '.', {}, /it is no file|it is not in/],
  ['a file outside the root', () => '/etc/hostname', {}, /it is not in/],
  ['a way out of the root', (root) => path.join(root, '..', path.basename(root), '..', 'x'), {}, /it is not in/],
  ['a large file', () => 'cat.png', { maxBytes: 5 }, /it has 12 bytes, more than 5/],
])('%s errors before anything is sent', async (_, file, options, message) => {
  const error = await errorOf({ root: folder, ...options }, file(folder));
  expect(error).toMatchObject({ name: 'LlmError', code: 'invalid_input', partial: { messages: [] } });
  expect(error.message).toMatch(message);
});

test('a link that leads out of the root, an empty file and a pipe are refused', async () => {
  fs.symlinkSync('/etc/hostname', path.join(folder, 'link.txt'));
  fs.writeFileSync(path.join(folder, 'empty.png'), '');
  execFileSync('mkfifo', [path.join(folder, 'pipe')]);
  expect((await errorOf({ root: folder }, 'link.txt')).message).toMatch(/it is not in/);
  expect((await errorOf({ root: folder }, 'empty.png')).message).toMatch(/it is empty/);
  expect((await errorOf({ root: folder }, 'pipe')).message).toMatch(/it is no file/);
});

test('a file whose name begins with two dots is within the root', async () => {
  fs.writeFileSync(path.join(folder, '..cat.png'), png);
  await model({ root: folder })
    .prompt('Look', { attachments: [{ path: '..cat.png' }] })
    .text();
  expect(asked).toHaveLength(1);
});

test('without it the error names it', async () => {
  const response = openaiChat({ model: 'm', baseUrl: 'http://127.0.0.1:9' }).prompt('Look', {
    attachments: [{ path: 'cat.png' }],
  });
  await expect(response.text()).rejects.toThrow(/withLocalFiles\(\) of rxllm\/store/);
});
