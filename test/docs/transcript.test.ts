// The transcripts of README.md and docs/cli.md: their commands are run, and what they print is what stands there. Where
// there is tmux those of the README run in a terminal, of which docs/terminal.svg is the picture;
// `UPDATE_DOCS=1 npm test -- test/docs/transcript` writes both.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, program, root } from '../support/dist.ts';
import { needs, programPath } from '../support/needs.ts';

const run = promisify(execFile);
const readme = path.join(root, 'README.md');
const manual = path.join(root, 'docs/cli.md');
const picture = path.join(root, 'docs/terminal.svg');

/** Columns of the terminal; no line of the transcript is longer. */
const columns = 94;

let folder = '';

beforeAll(() => ensureBuilt(), 180_000);

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-transcript-'));
  fs.symlinkSync(program, path.join(folder, 'rxllm'));
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function environment(): NodeJS.ProcessEnv {
  return {
    PATH: `${folder}${path.delimiter}${process.env.PATH ?? ''}`,
    HOME: folder,
    LC_ALL: 'C.UTF-8',
    RXLLM_USER_PATH: path.join(folder, 'user'),
    RXLLM_DEMO_MS: '0',
  };
}

/** The blocks of a page whose commands begin with `$ `, as if they were one. */
function transcript(page: string): string {
  const blocks = [...fs.readFileSync(page, 'utf8').matchAll(/^```console\n([\s\S]*?)\n```$/gm)];
  return blocks.map(([, block]) => block).join('\n');
}

/** A script that shows each command of a page before it runs it. */
function script(page: string): string {
  const commands = transcript(page)
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2));
  expect(commands.length).toBeGreaterThan(3);
  const lines = commands.map((command) => [
    String.raw`printf '$ %s\n' '${command.replaceAll("'", String.raw`'\''`)}'`,
    command,
  ]);
  return ['set -e', ...lines.flat(), ''].join('\n');
}

/** Empty lines between the reasoning and the answer are for people. */
function withoutEmptyLines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

needs('tmux').test(
  'in a terminal they print what stands there, and look as in the picture',
  async () => {
    const screen = await inTerminal(script(readme));
    const [text, drawn] = [screen.map(plain).join('\n'), toSvg(screen)];
    if (process.env.UPDATE_DOCS) {
      fs.writeFileSync(
        readme,
        fs.readFileSync(readme, 'utf8').replace(transcript(readme), () => text),
      );
      fs.writeFileSync(picture, drawn);
    }
    expect(text).toBe(transcript(readme));
    expect(fs.readFileSync(picture, 'utf8')).toBe(drawn);
  },
  60_000,
);

test.each([
  ['README.md', readme],
  ['docs/cli.md', manual],
])(
  'the commands of %s print, through a pipe, the lines that stand there',
  async (_, page) => {
    const file = path.join(folder, 'script');
    fs.writeFileSync(file, script(page));
    const options = { cwd: folder, env: environment() };
    const { stdout } = await run('sh', ['-c', `sh '${file}' 2>&1 </dev/null`], options);
    expect(withoutEmptyLines(stdout)).toEqual(withoutEmptyLines(transcript(page)));
  },
  60_000,
);

test('the picture shows the lines of the transcript', () => {
  const lines = fs.readFileSync(picture, 'utf8').match(/<text.*<\/text>/g) ?? [];
  const texts = lines.map((line) => fromXml(line.replaceAll(/<[^>]+>/g, '')));
  expect(texts).toEqual(withoutEmptyLines(transcript(readme)));
});

/** What stands on the screen of a new terminal when the script has ended, with the escape sequences that colour it. */
async function inTerminal(commands: string): Promise<readonly string[]> {
  const socket = path.join(folder, 'tmux');
  const tmux = async (...args: readonly string[]) => {
    const given = ['-u', '-S', socket, '-f', '/dev/null', ...args];
    return (await run(programPath('tmux'), given, { env: { ...environment(), TERM: 'screen-256color' } })).stdout;
  };
  const [file, code] = ['script', 'code'].map((name) => path.join(folder, name)) as [string, string];
  fs.writeFileSync(file, commands);
  // The terminal says where its cursor is: then it has read all that came before.
  const last = String.raw`IFS= read -rs -d R -p $'\e[6n'; '${programPath('tmux')}' -S '${socket}' wait-for -S ended; cat`;
  const all = `sh '${file}'; echo $? >'${code}'; ${last}`;
  try {
    await tmux('new-session', '-d', '-x', String(columns), '-y', '60', 'bash', '-c', all);
    await tmux('wait-for', 'ended');
    expect(fs.readFileSync(code, 'utf8')).toBe('0\n');
    return (await tmux('capture-pane', '-p', '-e')).trimEnd().split('\n');
  } finally {
    await tmux('kill-server');
  }
}

const styles = /\p{Cc}\[([\d;]*)m/gu;

function plain(line: string): string {
  return line.replaceAll(styles, '').trimEnd();
}

interface Span {
  readonly text: string;
  readonly style: string;
}

/** The pieces of all lines, each in the style that the terminal has by then; a style goes on over line ends. */
function toSpans(screen: readonly string[]): readonly (readonly Span[])[] {
  let style = '';
  return screen.map((line) =>
    line.split(styles).flatMap((piece, at) => {
      // Every other piece is the numbers of a sequence.
      if (at % 2 === 1) style = piece.split(';').reduce(styleAfter, style);
      return at % 2 === 1 || piece === '' ? [] : [{ text: piece, style }];
    }),
  );
}

function styleAfter(style: string, code: string): string {
  const named: Readonly<Record<string, string>> = { 1: 'bold', 2: 'dim', 31: 'red', 33: 'yellow' };
  return ['', '0', '22', '39'].includes(code) ? '' : (named[code] ?? style);
}

function toSvg(screen: readonly string[]): string {
  const [top, step] = [58, 20];
  const height = top + screen.length * step + 4;
  const rows = toSpans(screen).flatMap((spans, at) => {
    const drawn = plain(screen[at] ?? '').startsWith('$ ') ? toCommand(spans) : spans.map(toTspan).join('');
    return drawn === '' ? [] : [`  <text xml:space="preserve" x="24" y="${top + at * step}">${drawn}</text>`];
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 ${height}" width="800" height="${height}" role="img">`,
    '  <title>rxllm in a terminal</title>',
    '  <style>',
    "    text { font: 13.5px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;",
    '      fill: #d7dce2; white-space: pre; }',
    '    .prompt { fill: #6cc784; } .command, .bold { fill: #ffffff; font-weight: bold; }',
    '    .dim { fill: #8b95a1; } .yellow { fill: #e2c46c; } .red { fill: #f07b7b; }',
    '  </style>',
    `  <rect width="800" height="${height}" rx="10" fill="#1b2027"/>`,
    ...['#f0655a', '#f2b93f', '#56c05b'].map(
      (fill, at) => `  <circle cx="${26 + 20 * at}" cy="22" r="6" fill="${fill}"/>`,
    ),
    ...rows,
    '</svg>',
  ].join('\n')}\n`;
}

function toCommand(spans: readonly Span[]): string {
  const text = spans
    .map((span) => span.text)
    .join('')
    .trimEnd();
  return `${toTspan({ text: '$ ', style: 'prompt' })}${toTspan({ text: text.slice(2), style: 'command' })}`;
}

function toTspan({ text, style }: Span): string {
  return style === '' ? toXml(text) : `<tspan class="${style}">${toXml(text)}</tspan>`;
}

function toXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fromXml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
