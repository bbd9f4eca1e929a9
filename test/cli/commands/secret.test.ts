// A key that is typed: in a real terminal nothing of it is seen.
import { jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../support/dist.ts';
import { needs, programPath } from '../../support/needs.ts';
import { scriptCommand } from '../tools/runSource.ts';

// Processes, on a machine that may be busy.
jest.setTimeout(60_000);

const run = promisify(execFile);
const { describe: describeInTmux } = needs('tmux');
const question = 'Enter key: ';

describeInTmux('a key that is typed', () => {
  const socket = `rxllm-secret-${process.pid}`;
  const inTmux = `'${programPath('tmux')}' -u -L ${socket} -f /dev/null`;
  let folder: string;
  // Each test has a session of its own, named so.
  let session = 0;

  async function tmux(...args: readonly string[]): Promise<string> {
    return (await run(programPath('tmux'), ['-u', '-L', socket, '-f', '/dev/null', ...args])).stdout;
  }

  beforeAll(() => tmux('new-session', '-d', 'cat'));
  afterAll(() => tmux('kill-server'));
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-user-'));
    fs.writeFileSync(
      path.join(folder, 'set.sh'),
      `exec ${scriptCommand(`
        import { Command } from 'commander';
        import { addKeys } from 'src/cli/commands/keys.ts';
        import { report } from 'src/cli/run.ts';
        const program = new Command().exitOverride();
        addKeys(program);
        try {
          await program.parseAsync(['keys', 'set', 'openai'], { from: 'user' });
        } catch (error) {
          process.exitCode = report(error);
        }
      `)
        .map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`)
        .join(' ')}`,
    );
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** Starts `keys set openai` in a terminal, waits for its question, and sends these keys. */
  async function answer(...keys: readonly string[]): Promise<{ screen: string; code: number; stored: unknown }> {
    session += 1;
    const script = [
      `trap : INT; ${inTmux} wait-for go${session}; cd '${root}'`,
      `env -i PATH='${process.env.PATH}' RXLLM_USER_PATH='${folder}' TERM=screen NO_COLOR=1 sh '${folder}/set.sh'`,
      `${inTmux} set-option -g @code${session} $?`,
      // The terminal answers where its cursor is: then it has read all that came before the question.
      String.raw`IFS= read -rs -d R -p $'\e[6n'; ${inTmux} wait-for -S ended${session}; cat`,
    ];
    const name = `s${session}`;
    await tmux('new-session', '-d', '-s', name, '-x', '80', '-y', '24', 'bash', '-c', script.join('; '));
    const seen = `head -c ${question.length} >/dev/null; ${inTmux} wait-for -S printed${session}`;
    await tmux('pipe-pane', '-t', name, seen);
    await tmux('wait-for', '-S', `go${session}`);
    await tmux('wait-for', `printed${session}`);
    await tmux('send-keys', '-t', name, ...keys);
    await tmux('wait-for', `ended${session}`);
    const file = path.join(folder, 'keys.json');
    return {
      screen: (await tmux('capture-pane', '-t', name, '-p')).trimEnd(),
      code: Number(await tmux('show-options', '-gqv', `@code${session}`)),
      stored: fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined,
    };
  }

  test('is stored, corrected as any line, and never seen', async () => {
    expect(await answer('sk-typedX', 'BSpace', 'Enter')).toEqual({
      screen: question.trimEnd(),
      code: 0,
      stored: expect.objectContaining({ openai: 'sk-typed' }),
    });
  });

  test('is left alone by Ctrl-C, with the code that has', async () => {
    expect(await answer('sk-typed', 'C-c')).toEqual({ screen: question.trimEnd(), code: 130, stored: undefined });
  });

  test('is left alone by Ctrl-D, which is said', async () => {
    const { screen, code, stored } = await answer('C-d');
    expect(screen).toBe(`${question}\nError: nothing was typed, and nothing is changed`.replace(' \n', '\n'));
    expect({ code, stored }).toEqual({ code: 1, stored: undefined });
  });
});
