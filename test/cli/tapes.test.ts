// `rxllm record` and `rxllm replay`: an answer, written down as it came, and shown again.
import fs from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { chatDelta, chatStream } from '../support/cli.ts';
import { ensureBuilt } from '../support/dist.ts';
import { refusing, saying, temporaryFolder, userOf } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

const tapeFile = () => path.join(temporaryFolder(), 'answer.tape');

test('what is replayed is what was recorded: stdout byte for byte, and the reasoning on stderr', async () => {
  const user = await userOf({
    pieces: chatStream({ reasoning_content: 'Hm' }, { content: 'Héllo ' }, { content: '\u001b[31m😀' }),
  });
  const file = tapeFile();
  const recorded = await user.run(['record', file, '-s', 'Be brief', 'My secret prompt']);
  expect(recorded).toMatchObject({ stderr: `Hm\n${file} has one answer\n`, code: 0 });
  expect(recorded.bytes).toEqual(Buffer.from('Héllo \u001b[31m😀\n'));
  const replayed = await user.run(['replay', file, '--speed', 'all']);
  expect(replayed).toMatchObject({ stderr: 'Hm\n', code: 0, bytes: recorded.bytes });
  expect(await user.prints(['replay', file, '--speed', 'all', '-R'])).toBe(recorded.stdout);
  expect(user.server.requests).toHaveLength(1);
  expect(await user.logged()).toEqual([]);
});

test('a tape has neither the prompt nor a key, and is for the owner alone', async () => {
  const user = await userOf(saying('Hello'));
  const file = tapeFile();
  await user.run(['record', file, '-s', 'Be brief', 'My secret prompt'], { env: { OPENAI_API_KEY: 'sk-very-secret' } });
  expect(user.server.requests[0]).toMatchObject({
    headers: { authorization: 'Bearer sk-very-secret' },
    json: { messages: [{ content: 'Be brief' }, { content: 'My secret prompt' }] },
  });
  const tape = fs.readFileSync(file, 'utf8');
  expect(tape).toContain('Hello');
  expect(tape).not.toMatch(/secret|brief/);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
});

test('a key that the server repeats is not on the tape', async () => {
  const user = await userOf(refusing(401, 'the key sk-very-secret is none'));
  const file = tapeFile();
  const { stderr, code } = await user.run(['record', file, 'Hi'], { env: { OPENAI_API_KEY: 'sk-very-secret' } });
  expect(code).toBe(1);
  expect(stderr).toContain('the key *** is none');
  expect(fs.readFileSync(file, 'utf8')).toContain('the key *** is none');
});

test('a file that is there is left as it is, and nothing is asked', async () => {
  const user = await userOf(saying('Hello'));
  const file = user.write('mine.txt', 'mine');
  const { stdout, stderr, code } = await user.run(['record', file, 'Hi']);
  expect({ stdout, code, asked: user.server.requests }).toEqual({ stdout: '', code: 1, asked: [] });
  expect(stderr).toMatch(/^Error: the tape ".*mine\.txt" cannot be written: it is there already\n$/);
  expect(fs.readFileSync(file, 'utf8')).toBe('mine');
});

test('an answer that broke off is replayed as it was, with its error', async () => {
  const user = await userOf({ pieces: [chatDelta({ content: 'Hel' })] });
  const file = tapeFile();
  expect(await user.run(['record', file, 'Hi'])).toMatchObject({ stdout: 'Hel', code: 1 });
  const { stdout, stderr, code } = await user.run(['replay', file, '--speed', 'all']);
  expect({ stdout, code }).toEqual({ stdout: 'Hel', code: 1 });
  expect(stderr).toMatch(/^Error: .+\n$/);
});

test('a recording that is stopped keeps what had come', async () => {
  const user = await userOf({ pieces: [chatDelta({ content: 'Hel' })], atEnd: 'stay' });
  const file = tapeFile();
  const { child, prints, ended } = user.start(['record', file, 'Hi']);
  await prints('Hel');
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ stdout: 'Hel', code: 130 });
  expect(fs.readFileSync(file, 'utf8')).toMatch(/Hel[^]* aborted\n$/);
});

test('a model that sends nothing makes no tape', async () => {
  const user = await userOf(saying('Hello'));
  const file = tapeFile();
  const { stderr, code } = await user.run(['record', file, '-m', 'demo', 'Hi'], { env: { RXLLM_DEMO_MS: '0' } });
  expect(code).toBe(1);
  expect(stderr).toMatch(/Error: the model has asked no server, so there is nothing to record; .*\n$/);
  expect(fs.existsSync(file)).toBe(false);
});

test.each([
  ['no tape', 'This\nis\nnone.\n', /^Error: line 1 of the tape: .*\n$/],
  [
    'a tape of something else',
    'rxllm tape 1\nGET http://127.0.0.1/models\n1 200 text/plain\n2 end\n',
    /^Error: the tape is of http:\/\/127\.0\.0\.1\/models, which no provider of rxllm asks\n$/,
  ],
])('%s cannot be replayed', async (_, text, message) => {
  const user = await userOf(saying('Hello'));
  const { stdout, stderr, code } = await user.run(['replay', user.write('a.tape', text)]);
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  expect(stderr).toMatch(message);
});

test('--speed that is none is an error', async () => {
  const user = await userOf(saying('Hello'));
  const file = tapeFile();
  await user.run(['record', file, 'Hi']);
  const { stdout, stderr, code } = await user.run(['replay', file, '--speed', 'fast']);
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  expect(stderr).toMatch(/^Error: speed is a number above 0/);
});
