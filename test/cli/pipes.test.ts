// The program in a pipe: how it ends, what it leaves in the log, and what it says where.
import fs from 'node:fs';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { chatDelta, cli } from '../support/cli.ts';
import { ensureBuilt, program } from '../support/dist.ts';
import { beginning, calling, refusing, saying, temporaryFolder, userOf, type User } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

/** Runs the program, `"$@"`, as a part of a script. */
async function inBash(script: string, user: User, args: readonly string[]) {
  const words = ['--norc', '-c', `exec </dev/null; ${script}`, 'bash', process.execPath, program, ...args];
  const { stdout, stderr } = await promisify(execFile)('bash', words, { env: { PATH: process.env.PATH, ...user.env } });
  return { stdout, stderr };
}

describe('an error', () => {
  test.each([
    ['a model that is not there', ['-m', 'nope/x', 'Hi']],
    ['an option that is none of the model', ['-m', 'demo', '-o', 'top_p', '1', 'Hi']],
    ['a template that is not there', ['-t', 'nope', 'Hi']],
    ['a fragment that is not there', ['-f', 'nope', 'Hi']],
    ['a tool that is not there', ['-T', 'nope', 'Hi']],
    ['a key that is not there', ['keys', 'get', 'nope']],
    ['a tape that is not there', ['replay', 'nope.tape']],
    ['a name that is none', ['aliases', 'set', '../x', 'demo']],
  ])('of %s is exit code 1, and a line on stderr', async (_, args) => {
    const { stdout, stderr, code } = await cli(args, { env: { RXLLM_USER_PATH: temporaryFolder() } });
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^Error: [^\n]+\n$/);
  });

  test.each([
    [['--nope']],
    [['race', '-m', 'demo', 'Hi']],
    [['replay']],
    [['logs', '--json', '-s']],
    [['openai', 'endpoint', 'http://127.0.0.1']],
    [['keys', 'set', 'openai', 'sk-1234']],
    [['chat', 'Hi']],
  ])('of the command line %j is exit code 2, and the usage on stderr', async (args) => {
    const { stdout, stderr, code } = await cli(args, { env: { RXLLM_USER_PATH: temporaryFolder() } });
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/^Usage: [^]*\nError: [^\n]+\n$/);
  });
});

describe('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s closes the request, and what had come is in the log before exit code %i', async (signal, code) => {
    const user = await userOf(beginning('Hel'));
    const { child, prints, ended } = user.start(['Hi']);
    await prints('Hel');
    child.kill(signal);
    expect(await user.server.requests[0]?.closed).toBe('aborted');
    expect(await ended).toMatchObject({ stdout: 'Hel', stderr: '', code });
    expect(await user.logged()).toMatchObject([{ prompt: 'Hi', response: 'Hel' }]);
    expect(await user.kept()).toMatchObject([{ status: 'aborted' }]);
  });

  test('before the first word leaves the prompt in the log', async () => {
    const user = await userOf(beginning());
    const { child, ended } = user.start(['Hi']);
    const request = await user.server.request(0);
    child.kill('SIGINT');
    expect(await request.closed).toBe('aborted');
    expect(await ended).toMatchObject({ stdout: '', stderr: '', code: 130 });
    expect(await user.logged()).toMatchObject([{ prompt: 'Hi', response: '' }]);
  });

  test('while a chain goes on keeps what its tools have said', async () => {
    const user = await userOf(calling('calculator', { expression: '6 * 7' }), beginning('It is '));
    const { child, prints, ended } = user.start(['-T', 'calculator', 'What is 6 * 7?']);
    await prints('It is ');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ stdout: 'It is ', code: 130 });
    expect(await user.logged()).toMatchObject([{ response: 'It is ', tool_results: [{ output: '42' }] }]);
  });

  test('while standard input is read ends it', async () => {
    const user = await userOf(saying('ok'));
    const { child, ended } = user.start(['-m', 'demo'], { stdin: null });
    // It is reading when it takes more than a pipe holds.
    await new Promise((resolve) => child.stdin.write('x'.repeat(1 << 20), resolve));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ stdout: '', stderr: '', code: 130 });
  });

  test('that comes again leaves at once, though the log is still being written', async () => {
    const user = await userOf(beginning('Hel'));
    // A disk that takes for ever.
    const slow = user.write(
      'slow.mjs',
      `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.promises.rename = fs.promises.link = () => {
        process.stderr.write('writing');
        setInterval(() => {}, 1000);
        return new Promise(() => {});
      };
      syncBuiltinESMExports();`,
    );
    const { child, prints, ended } = user.start(['Hi'], { env: { NODE_OPTIONS: `--import=${slow}` } });
    await prints('Hel');
    child.kill('SIGINT');
    await new Promise((resolve) => child.stderr.once('data', resolve));
    expect(child.exitCode).toBe(null);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ stderr: expect.stringMatching(/^(?:writing)+$/), signal: 'SIGINT' });
  });
});

describe('a reader that leaves', () => {
  test('as head -1 does ends it with 0 and nothing on stderr; the request is aborted, what had come is logged', async () => {
    const line = chatDelta({ content: 'again and again\n' }).repeat(500);
    const user = await userOf({ pieces: Array.from({ length: 500 }, () => line) });
    const { stdout, stderr } = await inBash('"$@" | head -1; echo "codes ${PIPESTATUS[*]}"', user, ['Hi']);
    expect({ stdout, stderr }).toEqual({ stdout: 'again and again\ncodes 0 0\n', stderr: '' });
    expect(await user.server.requests[0]?.closed).toBe('aborted');
    const response = (await user.logged())[0]?.response ?? '';
    expect(response).toMatch(/^(again and again\n)+/);
    expect(response.length).toBeLessThan(500 * 500 * 'again and again\n'.length);
  });

  test('of a listing ends that, too', async () => {
    const user = await userOf(saying('ok'));
    const { stdout, stderr } = await inBash('"$@" --help | head -1; echo "codes ${PIPESTATUS[*]}"', user, []);
    expect(stdout).toMatch(/^Usage: .*\ncodes 0 0\n$/);
    expect(stderr).toBe('');
  });
});

describe('what is written', () => {
  test('cannot be is an error: a full disk', async () => {
    const user = await userOf(saying('Hello'));
    const { stdout, stderr } = await inBash('"$@" >/dev/full; echo "code $?"', user, ['Hi']);
    expect(stdout).toBe('code 1\n');
    expect(stderr).toMatch(/^Error: .*ENOSPC.*\n$/);
  });

  test('is for the owner alone: the folder 0700, the keys and the log 0600', async () => {
    const user = await userOf(saying('ok'));
    const folder = path.join(user.folder, 'new');
    const env = { RXLLM_USER_PATH: folder };
    await user.prints(['keys', 'set', 'openai'], { env, stdin: 'sk-1' });
    await user.prints(['keys', 'set', 'other'], { env, stdin: 'sk-2' });
    await user.prints(['Hi'], { env });
    const modes = ['.', ...fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })].map((name) => {
      const found = fs.statSync(path.join(folder, name));
      return `${found.isDirectory() ? 'folder' : 'file'} ${(found.mode & 0o777).toString(8)}`;
    });
    expect(new Set(modes)).toEqual(new Set(['folder 700', 'file 600']));
  });

  test('of reasoning and usage never reaches stdout', async () => {
    const user = await userOf({
      pieces: [chatDelta({ reasoning_content: 'Hm' }), ...(saying('Hello').pieces ?? [])],
    });
    const { stdout, stderr, code } = await user.run(['-u', 'Hi']);
    expect({ stdout, code }).toEqual({ stdout: 'Hello\n', code: 0 });
    expect(stderr).toMatch(/^Hm\nToken usage: 3 input, 5 output.*\n$/);
  });

  test('has the cost where somebody has said what the model costs', async () => {
    const user = await userOf(saying('Hello'));
    user.write('prices.json', '{"openai/m": {"input": 1000, "output": 2000}}');
    expect((await user.run(['-u', 'Hi'])).stderr).toMatch(/^Token usage: .*, \$0\.013\n$/);
  });
});

test('a request that is refused is exit code 1, and its words are on stderr', async () => {
  const user = await userOf(refusing(404, 'no such model'));
  const { stdout, stderr, code } = await user.run(['Hi']);
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  expect(stderr).toMatch(/^Error: .*no such model\n$/);
});
