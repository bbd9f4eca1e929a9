// A user's folder for a test, turns to keep in it, and the command as a process.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { assistant, system, user, type Part, type ResponseJSON } from 'rxllm';
import { openLog, type Log } from 'rxllm/store';

export interface UserFolder {
  readonly folder: string;
  readonly logs: string;
  readonly log: Log;
}

const folders: string[] = [];

/** With an empty log. */
export function userFolder(): UserFolder {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-logs-'));
  folders.push(folder);
  const logs = path.join(folder, 'logs');
  return { folder, logs, log: openLog(logs, { onDamage: () => undefined }) };
}

afterAll(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

const digits = '0123456789abcdefghjkmnpqrstvwxyz';

/** The id of the turn that began this second of a minute in 2026. */
export function turnId(second: number): string {
  let time = Date.parse('2026-03-04T05:06:00Z') + second * 1000;
  let id = '';
  for (let at = 0; at < 10; at += 1) {
    id = digits[time % 32]! + id;
    time = Math.floor(time / 32);
  }
  return `${id}${'0'.repeat(16)}`;
}

/** The turn of that second. */
export function turn(second: number, asked: string, answer: string | readonly Part[], more = {}): ResponseJSON {
  const parts = typeof answer === 'string' ? [{ type: 'text', text: answer } as const] : answer;
  return {
    id: turnId(second),
    model: 'm',
    prompt: { messages: [user(asked)] },
    messages: [assistant(parts)],
    ...more,
  };
}

/** A turn with instructions. */
export function instructed(second: number, instructions: string, asked: string, answer: string): ResponseJSON {
  return turn(second, asked, answer, {
    prompt: { messages: [system(instructions), user(asked)], system: instructions },
  });
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

export const command = [
  '--conditions=@rxllm/source',
  '--import',
  'tsx',
  fileURLToPath(new URL('program.ts', import.meta.url)),
  'logs',
];

/** Runs `rxllm logs` with these arguments. */
export function run(folder: string, args: readonly string[], stdin = ''): Promise<Ran> {
  const env = { PATH: process.env.PATH, RXLLM_USER_PATH: folder };
  const child = spawn(process.execPath, [...command, ...args], { env });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(stdin);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), code });
    });
  });
}

/** Files of a folder of the log, such as `turns`. */
export function filesIn(logs: string, name: string): readonly string[] {
  const at = path.join(logs, name);
  if (!fs.existsSync(at)) return [];
  return fs
    .readdirSync(at, { recursive: true, encoding: 'utf8' })
    .map((file) => path.join(at, file))
    .filter((file) => fs.statSync(file).isFile());
}
