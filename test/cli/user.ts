// Somebody who uses the program: a folder of their own, a server that speaks OpenAI's protocol, and the program with both.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  chatDelta,
  chatStream,
  cli,
  startCli,
  type CliOptions,
  type CliResult,
  type RunningCli,
} from '../support/cli.ts';
import { startServer, type Answer, type TestServer } from '../support/servers.ts';

/** A row of `logs --json`. */
export interface Row {
  readonly id: string;
  readonly model: string;
  readonly conversation_id: string;
  readonly prompt: string;
  readonly response: string;
  readonly [name: string]: unknown;
}

/** A line of `logs --lines`. */
export interface KeptTurn {
  readonly status?: string;
  readonly rxllm: { readonly thread: string; readonly model_name: string };
}

const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const leave of leftovers.splice(0)) await leave();
});

export class User {
  readonly folder = temporaryFolder();
  readonly server: TestServer;
  readonly env: Readonly<Record<string, string>>;

  constructor(server: TestServer, env: Readonly<Record<string, string>> = {}) {
    this.server = server;
    this.env = {
      RXLLM_USER_PATH: this.folder,
      OPENAI_BASE_URL: `${server.url}/v1`,
      OPENAI_API_KEY: 'sk-test',
      RXLLM_MODEL: 'openai/m',
      ...env,
    };
  }

  start(args: readonly string[], { env, ...options }: CliOptions = {}): RunningCli {
    return startCli(args, { ...options, env: { ...this.env, ...env } });
  }

  run(args: readonly string[], { env, ...options }: CliOptions = {}): Promise<CliResult> {
    return cli(args, { ...options, env: { ...this.env, ...env } });
  }

  /** What the program prints when it ends well and has nothing to complain about. */
  async prints(args: readonly string[], options?: CliOptions): Promise<string> {
    const { stdout, stderr, code } = await this.run(args, options);
    expect({ args, stderr, code }).toEqual({ args, stderr: '', code: 0 });
    return stdout;
  }

  /** What is in the log, the oldest first. */
  async logged(...args: readonly string[]): Promise<readonly Row[]> {
    const { stdout } = await this.run(['logs', '--json', '-n', '0', ...args]);
    return JSON.parse(stdout) as readonly Row[];
  }

  /** The same, with all that is known of each. */
  async kept(): Promise<readonly KeptTurn[]> {
    const lines = (await this.prints(['logs', '--lines', '-n', '0'])).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as KeptTurn);
  }

  /** The messages that the model was sent with this request. */
  messages(request = -1): unknown {
    return this.server.requests.at(request)?.json.messages;
  }

  /** Writes a file into the folder; gives its path. */
  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  }
}

/** A user whose server gives these answers one after the other, and the last one from then on. */
export async function userOf(...answers: readonly Answer[]): Promise<User> {
  return new User(await serverOf(...answers));
}

export async function serverOf(...answers: readonly Answer[]): Promise<TestServer> {
  let next = 0;
  const server = await startServer(() => answers[Math.min(next++, answers.length - 1)] ?? {});
  leftovers.push(() => server.close());
  return server;
}

/** Taken away after the test. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-user-'));
  leftovers.push(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An answer that says this. */
export function saying(...chunks: readonly string[]): Answer {
  return { pieces: chatStream(...chunks.map((content) => ({ content }))) };
}

/** An answer that says this, and then nothing more for good. */
export function beginning(...chunks: readonly string[]): Answer {
  return { pieces: chunks.map((content) => chatDelta({ content })), atEnd: 'stay' };
}

/** An answer that is refused. */
export function refusing(status: number, message: string): Answer {
  return { status, contentType: 'application/json', pieces: [JSON.stringify({ error: { message } })] };
}

/** An answer that calls a tool. */
export function calling(name: string, args: object, id = 'call_1'): Answer {
  const call = { index: 0, id, type: 'function', function: { name, arguments: JSON.stringify(args) } };
  const chunk = (delta: object, finish_reason: string | null) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  return { pieces: [chunk({ tool_calls: [call] }, null), chunk({}, 'tool_calls'), 'data: [DONE]\n\n'] };
}

/** All files below a folder, by their path in it. */
export function filesBelow(folder: string): Readonly<Record<string, string>> {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  return Object.fromEntries(
    names
      .filter((name) => fs.statSync(path.join(folder, name)).isFile())
      .map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')]),
  );
}
