// Whatever the cuts and the timing: the screen ends the same, little is written, and what is finished is left alone.
import * as fc from 'fast-check';
import { VirtualTimeScheduler } from 'rxjs';
import { MarkdownWriter } from '../../../src/cli/markdown/writer.ts';
import { Emulator, type EmulatorOptions } from './emulator.ts';
import { sample } from './sample.ts';

interface Piece {
  readonly text: string;
  /** Time since the last piece. */
  readonly afterMs: number;
}

/** Writes the pieces in virtual time and gives the terminal as it is at the end. */
function shown(pieces: readonly Piece[], options: EmulatorOptions, color = true): Emulator {
  const terminal = new Emulator(options);
  const scheduler = new VirtualTimeScheduler();
  const writer = new MarkdownWriter(terminal, { color, scheduler });
  let at = 0;
  for (const { text, afterMs } of pieces) {
    at += afterMs;
    scheduler.schedule(() => writer.write(text), at);
  }
  scheduler.schedule(() => writer.end(), at + 1);
  scheduler.flush();
  return terminal;
}

const inOne = (text: string, options: EmulatorOptions, color = true) =>
  shown([{ text, afterMs: 0 }], options, color).content;

/** Cuts the text by the lengths, over and over. */
function cut(text: string, lengths: readonly number[], afterMs: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (let index = 0; start < text.length; index += 1) {
    const end = start + (lengths[index % lengths.length] ?? 1);
    pieces.push({ text: text.slice(start, end), afterMs: afterMs[index % afterMs.length] ?? 0 });
    start = end;
  }
  return pieces;
}

const sizes: readonly EmulatorOptions[] = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 10, at: 9 },
];

test('the sample is long', () => {
  expect(Buffer.byteLength(sample)).toBeGreaterThan(4096);
});

describe.each(sizes)('at $columns × $rows', (size) => {
  // Each cut in one of the sizes; in the others only where there is time.
  const step = size.columns === 80 || process.env.RXLLM_FULL ? 1 : 13;

  test('a text cut in two is shown as in one piece, wherever the cut is', () => {
    const expected = inOne(sample, size);
    for (let at = 1; at < sample.length; at += step) {
      const pieces = [
        { text: sample.slice(0, at), afterMs: 0 },
        { text: sample.slice(at), afterMs: 60 },
      ];
      const { content } = shown(pieces, size);
      if (content !== expected) expect({ at, content }).toEqual({ at, content: expected });
    }
  });

  test('a text in many pieces is shown as in one', () => {
    const expected = inOne(sample, size);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 }),
        fc.array(fc.integer({ min: 0, max: 70 }), { minLength: 1, maxLength: 50 }),
        (lengths, afterMs) => {
          expect(shown(cut(sample, lengths, afterMs), size).content).toBe(expected);
        },
      ),
      { numRuns: 30 },
    );
  });
});

/** Pieces of Markdown, which fast-check puts together to what no person would write. */
const mark = fc.constantFrom(
  '\n',
  '\n\n',
  ...' |    |\t|- |1. |2) |> |# |```|~~~|***|---|===|**|*|_|`|[|](x)|<div>|</div>|<!--|-->|<pre>|\\|&#27;|&amp;|:'.split(
    '|',
  ),
  ...'\u001b[31m|\r|\r\n|\u0000|\u009b|\ud83d|\udc68|\u200d|\u0301|日本|🇩|🇪|👍🏽|word|two words|- [x] |[^1]|<br>'.split(
    '|',
  ),
  '| a | b |\n|---|:-:|\n',
  '| 1 | 2 |\n',
  '|',
  '[a]: b\n',
  '  \n',
  '\\\n',
  'a'.repeat(50),
  'https://example.com/a/b?c=d&e=f',
);
const anyPart = fc.oneof(mark, fc.string({ unit: 'binary', maxLength: 3 }));
const anyMarkdown = fc.array(anyPart, { maxLength: 60, size: 'max' }).map((parts) => parts.join(''));
const anySize = fc.record({
  columns: fc.integer({ min: 16, max: 60 }),
  rows: fc.integer({ min: 2, max: 12 }),
  isOld: fc.boolean(),
});

test('any text is shown the same however it comes', () => {
  fc.assert(
    fc.property(
      anyMarkdown,
      anySize,
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      fc.array(fc.integer({ min: 0, max: 70 }), { minLength: 1 }),
      (text, size, color, lengths, afterMs) => {
        expect(shown(cut(text, lengths, afterMs), size, color).content).toBe(inOne(text, size, color));
      },
    ),
    { numRuns: process.env.RXLLM_FULL ? 10_000 : 500 },
  );
});

test('at most six times the bytes of the text are written', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 3, max: 8 }), { minLength: 20, maxLength: 50 }),
      fc.constantFrom(...sizes),
      fc.boolean(),
      (lengths, size, color) => {
        const { bytes } = shown(cut(sample, lengths, [10]), size, color);
        expect(bytes).toBeLessThanOrEqual(6 * Buffer.byteLength(sample));
      },
    ),
    { numRuns: 20 },
  );
});

test('rows that are finished are not touched again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 30 }),
      fc.constantFrom(...sizes),
      (lengths, size) => {
        const terminal = new Emulator(size);
        const scheduler = new VirtualTimeScheduler();
        let finished = 0;
        const screen = {
          columns: terminal.columns,
          rows: terminal.rows,
          write(text: string) {
            terminal.write(text);
            expect(terminal.touched).toBeGreaterThanOrEqual(finished);
          },
        };
        const writer = new MarkdownWriter(screen, { color: true, scheduler });
        let written = '';
        // A cut at each empty line, too: there nothing is open, and the cursor is below all that was written.
        for (const block of sample.split(/(?<=\n\n)/))
          for (const { text } of cut(block, lengths, [])) {
            writer.write(text);
            written += text;
            scheduler.flush();
            if (written.endsWith('\n\n')) finished = terminal.cursor;
          }
        writer.end();
        expect(finished).toBeGreaterThan(100);
        expect(terminal.content).toBe(inOne(sample, size));
      },
    ),
    { numRuns: 20 },
  );
});

test('no control character and no escape sequence of the text is written', () => {
  const steering = fc.oneof(
    fc.constantFrom('\u001b[1m', '\u001b[2J', '\u001b]0;t\u0007', '\u009b1m', '\r', '\b', '\u202e', '\u2066', '\u0085'),
    fc.constantFrom(
      '&#27;[1m',
      '&#x1b;',
      '&#x9b;',
      '&#13;',
      '&#8238;',
      '[a](&#27;)',
      '![&#27;&#10;](&#9;b)',
      '`\u001b`',
    ),
    mark,
  );
  fc.assert(
    fc.property(fc.array(steering, { maxLength: 30, size: 'max' }), anySize, (parts, size) => {
      const { raw } = shown(cut(parts.join(''), [3], [10]), size, false);
      // The writer's own: up, to the first column, erase the row.
      const rest = raw.replaceAll('\u001b', 'ESC').replaceAll(/(?:ESC\[\d+A)?\r(?:ESC\[K)?|\nESC\[K|\n/g, '');
      expect(rest).not.toMatch(/ESC|[\p{Cc}\p{Bidi_Control}\p{Cs}]/u);
    }),
    { numRuns: 300 },
  );
});
