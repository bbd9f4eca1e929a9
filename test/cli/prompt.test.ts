// `rxllm PROMPT`, as a program: what it sends, what it prints, how it ends.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { jest } from '@jest/globals';
import { chatDelta, chatStream, cli, startCli, type CliOptions } from '../support/cli.ts';
import { ensureBuilt } from '../support/dist.ts';
import { startServer, type Answer, type TestServer } from '../support/servers.ts';

jest.setTimeout(20_000);
beforeAll(() => ensureBuilt(), 180_000);

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** The environment of somebody whose OpenAI-like server answers so. */
async function serving(answer: Answer): Promise<{ server: TestServer; env: Record<string, string> }> {
  server = await startServer(answer);
  return { server, env: { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'sk-test', RXLLM_MODEL: 'openai/m' } };
}

/** What the model is sent for these arguments. */
async function sent(args: readonly string[], options: CliOptions = {}) {
  const { server: at, env } = await serving({ pieces: chatStream({ content: 'ok' }) });
  const { code, stderr } = await cli(args, { ...options, env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return at.requests[0]!;
}

describe('output', () => {
  test('is the text and one newline on stdout, the reasoning and one newline on stderr', async () => {
    const deltas = [
      { reasoning_content: 'Let me ' },
      { reasoning_content: 'think' },
      { content: 'Hel' },
      { content: 'lo' },
    ];
    const { env } = await serving({ pieces: chatStream(...deltas) });
    expect(await cli(['Hi'], { env })).toMatchObject({ stdout: 'Hello\n', stderr: 'Let me think\n', code: 0 });
  });

  test('comes while the model still speaks', async () => {
    const { server: at, env } = await serving({ pieces: [chatDelta({ content: 'Hel' })], atEnd: 'stay' });
    const { child, prints, ended } = startCli(['Hi'], { env });
    await prints('Hel');
    expect(at.requests).toHaveLength(1);
    child.kill('SIGTERM');
    await ended;
  });

  test('adds a newline also to text that ends in one, as llm does', async () => {
    const { env } = await serving({ pieces: chatStream({ content: 'line\n' }) });
    expect((await cli(['Hi'], { env })).stdout).toBe('line\n\n');
  });

  test('is byte-exact in a pipe: control characters, and a character cut in two by its chunks', async () => {
    const deltas = ['a\u001b[31', 'm\r\u009b\u0000', '\ud83d', '\ude00', '\u202e', 'é', '\ud83d'].map((content) => ({
      content,
    }));
    const { env } = await serving({ pieces: chatStream(...deltas) });
    const { bytes } = await cli(['Hi'], { env });
    // The last half stands alone for good; UTF-8 has no bytes for it but those of the replacement character.
    expect(bytes).toEqual(Buffer.from('a\u001b[31m\r\u009b\u0000😀\u202eé\ufffd\n'));
  });

  test('loses nothing of a long answer when the reader is slow', async () => {
    const line = `${'x'.repeat(999)}\n`;
    const { server: at, env } = await serving({
      pieces: chatStream(...Array.from({ length: 3000 }, () => ({ content: line }))),
    });
    const { child, ended, prints } = startCli(['Hi'], { env });
    await prints('x');
    child.stdout.pause();
    await at.requests[0]?.played;
    child.stdout.resume();
    expect((await ended).stdout).toBe(`${line.repeat(3000)}\n`);
  });

  test('has no reasoning with -R, --no-reasoning, --hide-reasoning or --no-stream', async () => {
    for (const flag of ['-R', '--no-reasoning', '--hide-reasoning', '--no-stream']) {
      const result = await cli(['-m', 'demo', flag, 'xyzzy']);
      expect({ flag, ...result }).toMatchObject({
        flag,
        stderr: '',
        stdout: expect.stringMatching(/^Your message/),
        code: 0,
      });
    }
  });

  test('ends with the usage on stderr with -u', async () => {
    const { env } = await serving({ pieces: chatStream({ content: 'Hi' }) });
    const { stdout, stderr } = await cli(['-u', 'Hi'], { env });
    expect(stdout).toBe('Hi\n');
    expect(stderr).toMatch(/^Token usage: 3 input, 5 output.*\n$/);
  });
});

describe('the request', () => {
  test('has the prompt, the system message, options and the key', async () => {
    const args = ['-s', 'Be brief', '-o', 'max_tokens', '5', '-o', 'user=ada', '--key', 'sk-mine', 'Hi'];
    const { json, headers, path: asked } = await sent(args);
    expect(asked).toBe('/v1/chat/completions');
    expect(headers.authorization).toBe('Bearer sk-mine');
    expect(json).toMatchObject({ model: 'm', max_tokens: 5, user: 'ada', stream: true });
    expect(json.messages).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Hi' },
    ]);
  });

  test.each([
    ['standard input, a space, the prompt', 'from\na file\n', ['Hi'], 'from\na file\n Hi'],
    ['the prompt alone when standard input is empty', '', ['Hi'], 'Hi'],
    ['standard input alone when there is no prompt', ' as it is\n', [], ' as it is\n'],
    ['a prompt after the name of the command', '', ['prompt', 'Hi'], 'Hi'],
    ['a prompt that looks like an option, after --', '', ['--', '-o'], '-o'],
  ])('has %s', async (_, stdin, args, content) => {
    expect((await sent(args, { stdin })).json.messages).toEqual([{ role: 'user', content }]);
  });

  test('keeps a character whole whose bytes standard input brings one by one', async () => {
    const { server: at, env } = await serving({ pieces: chatStream({ content: 'ok' }) });
    const { child, ended } = startCli([], { env, stdin: null });
    for (const byte of Buffer.from('é😀')) {
      await new Promise((resolve) => {
        child.stdin.write(Uint8Array.of(byte), resolve);
      });
    }
    child.stdin.end();
    await ended;
    expect(at.requests[0]?.json.messages).toEqual([{ role: 'user', content: 'é😀' }]);
  });

  test('asks for the answer in one piece with --no-stream', async () => {
    const body = {
      id: 'c',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
    };
    const { server: at, env } = await serving({ contentType: 'application/json', pieces: [JSON.stringify(body)] });
    expect((await cli(['--no-stream', 'Hi'], { env })).stdout).toBe('Hello\n');
    expect(at.requests[0]?.json.stream ?? false).toBe(false);
  });
});

describe('the model', () => {
  test('is the demo, with a hint on stderr, when none is chosen', async () => {
    const { stdout, stderr, code } = await cli(['-R', 'Hello']);
    expect(stdout).toContain('a script, not an AI');
    expect(stderr).toMatch(/^No model is chosen, .*-m PROVIDER\/NAME.*RXLLM_MODEL.*\n$/);
    expect(code).toBe(0);
  });

  test('is that of $RXLLM_MODEL unless -m names one', async () => {
    expect(await cli(['-R', 'Hello'], { env: { RXLLM_MODEL: 'demo' } })).toMatchObject({ stderr: '', code: 0 });
    expect((await cli(['-m', 'nope', 'Hello'], { env: { RXLLM_MODEL: 'demo' } })).stderr).toMatch(
      /^Error: no model "nope"/,
    );
  });

  test('is by default that of the user, whose aliases and keys it has', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-user-'));
    fs.writeFileSync(path.join(folder, 'default_model.txt'), 'mine\n');
    fs.writeFileSync(path.join(folder, 'aliases.json'), '{"mine": "openai/large"}');
    fs.writeFileSync(path.join(folder, 'keys.json'), '{"openai": "sk-stored", "work": "sk-work"}');
    const { server: at } = await serving({ pieces: chatStream({ content: 'ok' }) });
    const env = { OPENAI_BASE_URL: `${at.url}/v1`, RXLLM_USER_PATH: folder };
    expect(await cli(['Hi'], { env })).toMatchObject({ stdout: 'ok\n', stderr: '', code: 0 });
    expect(await cli(['--key', 'work', 'Hi'], { env })).toMatchObject({ code: 0 });
    fs.rmSync(folder, { recursive: true });
    expect(at.requests.map(({ headers, json }) => [headers.authorization, json.model])).toEqual([
      ['Bearer sk-stored', 'large'],
      ['Bearer sk-work', 'large'],
    ]);
  });
});

describe('errors', () => {
  test.each([
    [
      ['-m', 'openai/m', 'Hi'],
      'Error: model "openai/m" needs an API key: set OPENAI_API_KEY, store one as "openai" in FOLDER/keys.json, or give one (--key on the command line); model "demo" needs none\n',
    ],
    [
      ['-m', 'dmeo', 'Hi'],
      'Error: no model "dmeo"; did you mean "demo"? Known are demo, openai/NAME, anthropic/NAME, gemini/NAME, ollama/NAME, deepseek/NAME, groq/NAME, huggingface/NAME, mistral/NAME, openrouter/NAME, perplexity/NAME, together/NAME, xai/NAME, zai/NAME\n',
    ],
    [
      ['-m', 'demo', '-o', 'top_p', '1', 'Hi'],
      'Error: options of model "demo": top_p: unknown; the only option is max_tokens\n',
    ],
  ])('of %j are on stderr, with exit code 1', async (args, stderr) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-user-'));
    const result = await cli(args, { env: { RXLLM_USER_PATH: folder } });
    fs.rmSync(folder, { recursive: true });
    expect(result).toMatchObject({ stdout: '', stderr: stderr.replace('FOLDER', folder), code: 1 });
  });

  test('of the server are told as the server tells them', async () => {
    const pieces = [JSON.stringify({ error: { message: 'Incorrect API key provided' } })];
    const { env } = await serving({ status: 401, contentType: 'application/json', pieces });
    const { stdout, stderr, code } = await cli(['Hi'], { env });
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^Error: .*Incorrect API key provided.*\n$/);
  });

  test('in the middle leave the text that had come, and begin on a line of their own', async () => {
    const { env } = await serving({ pieces: [chatDelta({ content: 'Hel' })] });
    const cut = await cli(['Hi'], { env });
    expect(cut).toMatchObject({ stdout: 'Hel', code: 1 });
    expect(cut.stderr).toMatch(/^Error: .+\n$/);
    await server?.close();
    const thinking = await serving({ pieces: [chatDelta({ reasoning_content: 'Hm' })] });
    expect((await cli(['Hi'], { env: thinking.env })).stderr).toMatch(/^Hm\nError: .+\n$/);
  });

  test.each([
    [['--nope', 'Hi'], "unknown option '--nope'"],
    [['Hi', 'there'], 'the prompt is one argument; put it in quotes'],
    [['-m'], "option '-m, --model <name>' argument missing"],
    [[], 'there is no prompt; give one in quotes, or on standard input'],
  ])('of the command line %j come with the usage and exit code 2', async (args, message) => {
    const stderr = `Usage: rxllm [options] 'PROMPT'\nTry 'rxllm --help' for help.\n\nError: ${message}\n`;
    expect(await cli(args)).toMatchObject({ stdout: '', stderr, code: 2 });
  });
});

describe('stopping', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s closes the request and exits with %i', async (signal, code) => {
    const { server: at, env } = await serving({ pieces: [chatDelta({ content: 'Hel' })], atEnd: 'stay' });
    const { child, prints, ended } = startCli(['Hi'], { env });
    await prints('Hel');
    child.kill(signal);
    expect(await at.requests[0]?.closed).toBe('aborted');
    expect(await ended).toMatchObject({ stdout: 'Hel', stderr: '', code });
  });

  test('a reader that leaves ends it quietly and closes the request', async () => {
    // More than any buffer between the two takes, so that the server still writes when the reader has gone.
    const piece = chatDelta({ content: 'again and again\n' }).repeat(500);
    const pieces = Array.from({ length: 500 }, () => piece);
    const { server: at, env } = await serving({ pieces });
    const { child, prints, ended } = startCli(['Hi'], { env });
    await prints('again');
    child.stdout.destroy();
    expect(await at.requests[0]?.closed).toBe('aborted');
    expect(await ended).toMatchObject({ stderr: '', code: 0 });
  });
});

test('--version says the version, --help how to use it', async () => {
  expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const { stdout, code } = await cli(['--help']);
  expect(stdout).toMatch(/^Usage: rxllm \[options\] 'PROMPT'\n[^]*--model[^]*Examples:/);
  expect(code).toBe(0);
});
