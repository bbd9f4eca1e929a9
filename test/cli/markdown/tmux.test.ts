// The same in a real terminal: what comes in pieces ends as what the emulator of the other tests shows.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { VirtualTimeScheduler } from 'rxjs';
import { MarkdownWriter } from '../../../src/cli/markdown/writer.ts';
import { needs, programPath } from '../../support/needs.ts';
import { Emulator } from './emulator.ts';
import { sample as whole } from './sample.ts';

// tmux keeps no more than 21 bytes of a character; this one has 25.
const sample = whole.replace('👨‍👩‍👧‍👦', '👨‍👩‍👧');

const run = promisify(execFile);

needs('tmux').describe('in tmux', () => {
  const socket = `rxllm-markdown-${process.pid}`;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-markdown-'));
  const inTmux = `'${programPath('tmux')}' -u -L ${socket} -f /dev/null`;

  async function tmux(...args: readonly string[]): Promise<string> {
    return (await run(programPath('tmux'), ['-u', '-L', socket, '-f', '/dev/null', ...args])).stdout;
  }

  afterAll(async () => {
    await tmux('kill-server');
    fs.rmSync(folder, { recursive: true });
  });

  test.each([
    [80, 24],
    [40, 10],
  ])('at %i × %i', async (columns, rows) => {
    const terminal = new Emulator({ columns, rows });
    const scheduler = new VirtualTimeScheduler();
    const writer = new MarkdownWriter(terminal, { color: true, scheduler });
    for (let at = 0; at < sample.length; at += 5)
      scheduler.schedule(() => writer.write(sample.slice(at, at + 5)), at * 2);
    scheduler.flush();
    writer.end();
    const file = path.join(folder, `${columns}`);
    fs.writeFileSync(file, terminal.raw);

    // The terminal answers where its cursor is: then it has read all that came before the question.
    const script = String.raw`cat '${file}'; IFS= read -rs -d R -p $'\e[6n'; ${inTmux} wait-for -S ended${columns}; cat`;
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    await tmux('new-session', '-d', '-s', `s${columns}`, ...size, 'bash', '-c', script);
    await tmux('wait-for', `ended${columns}`);
    const captured = await tmux('capture-pane', '-t', `s${columns}`, '-p', '-S', '-');
    expect(captured.trimEnd().split('\n')).toEqual(terminal.text.split('\n'));
  });
});
