// `rxllm logs` in a real terminal: what a log holds cannot steer it, and deleting asks.
import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { lastValueFrom, toArray } from 'rxjs';
import { needs, programPath } from '../../support/needs.ts';
import { command, turn, userFolder } from './support.ts';

jest.setTimeout(60_000);

const execute = promisify(execFile);
const { describe: describeInTmux } = needs('tmux');

describeInTmux('in a terminal', () => {
  const question = 'Delete 2 turns of thread abc? [y/N] ';
  const socket = `rxllm-logs-${process.pid}`;
  const options = ['-u', '-L', socket, '-f', '/dev/null'];
  let session = 0;

  const tmux = async (...args: readonly string[]) => (await execute(programPath('tmux'), [...options, ...args])).stdout;

  beforeAll(() => tmux('new-session', '-d', 'cat'));
  afterAll(() => tmux('kill-server'));

  /** Runs the command with the keys typed when it has asked; gives the screen at its end. */
  async function screen(folder: string, args: readonly string[], keys?: string): Promise<string> {
    session += 1;
    const name = `s${session}`;
    const quoted = [process.execPath, ...command, ...args].map((word) => `'${word}'`).join(' ');
    const inTmux = `'${programPath('tmux')}' ${options.join(' ')}`;
    // The terminal answers where its cursor is: then it has read all that came before the question.
    const settled = String.raw`IFS= read -rs -d R -p $'\e[6n'; ${inTmux} wait-for -S ended${name}; cat`;
    const script = `${inTmux} wait-for go${name}; NO_COLOR=1 RXLLM_USER_PATH='${folder}' ${quoted}; ${settled}`;
    await tmux('new-session', '-d', '-s', name, '-x', '100', '-y', '30', 'bash', '-c', script);
    const asked = `head -c ${Buffer.byteLength(question)} >/dev/null; ${inTmux} wait-for -S asked${name}`;
    if (keys !== undefined) await tmux('pipe-pane', '-t', name, asked);
    await tmux('wait-for', '-S', `go${name}`);
    if (keys !== undefined) {
      await tmux('wait-for', `asked${name}`);
      await tmux('send-keys', '-t', name, ...keys.split(' '));
    }
    await tmux('wait-for', `ended${name}`);
    return (await tmux('capture-pane', '-t', name, '-p', '-e')).trimEnd();
  }

  test('control characters of a log are spelled out, whatever the form', async () => {
    const { folder, log } = userFolder();
    await log.append(turn(1, 'a\u001b]0;title\u0007', 'b\u001b[31mred\u009b2J\u202e'), { thread: 'abc' });
    expect(await screen(folder, [])).toContain(String.raw`b\x1b[31mred\x9b2J\u202e`);
    expect(await screen(folder, ['-r'])).toContain(String.raw`b\x1b[31mred\x9b2J\u202e`);
    expect(await screen(folder, ['--json'])).toContain(String.raw`\x9b2J\u202e`);
    expect(await screen(folder, ['-s'])).not.toContain('\u001b');
  });

  test('deleting asks, and only a yes is one', async () => {
    const { folder, log } = userFolder();
    await log.append(turn(1, 'a', 'b'), { thread: 'abc' });
    await log.append(turn(2, 'a', 'b'), { thread: 'abc' });
    const count = async () => (await lastValueFrom(log.list().pipe(toArray()))).length;
    const no = await screen(folder, ['delete', '--cid', 'a'], 'n Enter');
    expect(no).toBe(`${question}n\nNothing was deleted.`);
    expect(await screen(folder, ['delete', '--cid', 'a'], 'Enter')).toContain('Nothing was deleted.');
    expect(await screen(folder, ['delete', '--cid', 'a'], 'C-d')).toContain(
      `${question.trimEnd()}\nNothing was deleted.`,
    );
    expect(await count()).toBe(2);
    expect(await screen(folder, ['delete', '--cid', 'a'], 'y Enter')).toContain('Deleted 2 turns');
    expect(await count()).toBe(0);
  });
});
