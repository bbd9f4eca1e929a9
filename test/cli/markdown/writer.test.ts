// When the writer draws, what it shows of a block that is open, and how other output comes between.
import { VirtualTimeScheduler } from 'rxjs';
import { MarkdownWriter } from '../../../src/cli/markdown/writer.ts';
import { Emulator, type EmulatorOptions } from './emulator.ts';

function start(options: Partial<EmulatorOptions> = {}, color = true) {
  const terminal = new Emulator({ columns: 40, rows: 10, ...options });
  const scheduler = new VirtualTimeScheduler();
  const writtenAt: number[] = [];
  const screen = {
    columns: terminal.columns,
    rows: terminal.rows,
    write(text: string) {
      writtenAt.push(scheduler.now());
      terminal.write(text);
    },
  };
  return { terminal, scheduler, writtenAt, writer: new MarkdownWriter(screen, { color, scheduler }) };
}

test('draws at once, and then every 50 ms while something comes', () => {
  const { scheduler, writer, writtenAt } = start();
  for (let at = 0; at < 200; at += 8) scheduler.schedule(() => writer.write('word '), at);
  scheduler.schedule(() => writer.write('later'), 500);
  scheduler.flush();
  expect(writtenAt).toEqual([0, 50, 100, 150, 200, 500]);
});

test('shows the open block as far as it is', () => {
  const { terminal, scheduler, writer } = start();
  const after = (text: string) => {
    writer.write(text);
    scheduler.flush();
    return terminal.content;
  };
  expect(after('Some **bo')).toBe('Some **bo');
  expect(after('ld** text')).toBe('Some {1|bold} text');
  expect(after('\n---')).toBe('Some {1|bold} text');
  expect(after('\n')).toBe('{1|## Some bold text}');
  expect(after('```js\n1')).toBe('{1|## Some bold text}\n{2|──── js}\n1');
  expect(after('\n``')).toBe('{1|## Some bold text}\n{2|──── js}\n1');
  expect(after('`\n')).toBe('{1|## Some bold text}\n{2|──── js}\n1\n{2|────}');
});

test('shows whole rows of a table', () => {
  const { terminal, scheduler, writer } = start();
  writer.write('|a|b|\n|-|-|\n|1|2|\n|longer|');
  scheduler.flush();
  expect(terminal.text).toBe('a │ b\n──┼──\n1 │ 2');
  writer.write('4|\n');
  scheduler.flush();
  expect(terminal.text).toBe('a      │ b\n───────┼──\n1      │ 2\nlonger │ 4');
});

test('of an open block that is higher than the screen the end is shown, and at last the whole', () => {
  const { terminal, scheduler, writer } = start({ rows: 6 });
  for (let row = 1; row <= 7; row += 1) {
    writer.write(`row ${row}\\\n`);
    scheduler.flush();
  }
  expect(terminal.text).toBe('row 4\nrow 5\nrow 6\nrow 7\\');
  writer.end();
  expect(terminal.text).toBe('row 1\nrow 2\nrow 3\nrow 4\nrow 5\nrow 6\nrow 7\\');
});

test('code scrolls: its lines are final as they come', () => {
  const { terminal, scheduler, writer } = start({ rows: 4 });
  writer.write('```\n');
  for (let row = 1; row <= 7; row += 1) {
    writer.write(`row ${row}\n`);
    scheduler.flush();
    expect(terminal.text).toMatch(
      new RegExp(`^────\nrow 1\n[^]*row ${row}$`.replace(row === 1 ? 'row 1\n[^]*' : '', '')),
    );
  }
});

test('reasoning is dim, and apart from the text by an empty row', () => {
  const { terminal, writer } = start();
  writer.write('Let me **thi', 'reasoning');
  writer.write('nk**', 'reasoning');
  writer.write('Hello');
  writer.write('Hm', 'reasoning');
  writer.end();
  expect(terminal.content).toBe('{2|Let me }{1;2|think}\n\nHello\n\n{2|Hm}');
});

test('other output comes between where the writer broke off', () => {
  const { terminal, writer } = start();
  writer.write('I look it **up');
  writer.breakOff();
  terminal.write('Tool: search\n');
  writer.breakOff();
  writer.write('\n\nFound.');
  writer.end();
  terminal.write('$ ');
  expect(terminal.text).toBe('I look it **up\nTool: search\nFound.\n$');
});

test('writes nothing for an empty text', () => {
  const { writer, writtenAt } = start();
  writer.write('');
  writer.breakOff();
  writer.end();
  expect(writtenAt).toEqual([]);
});

test('the width is asked for with each block', () => {
  const terminal = new Emulator({ columns: 40, rows: 10 });
  let columns = 20;
  const screen = { columns: () => columns, rows: () => 10, write: (text: string) => terminal.write(text) };
  const writer = new MarkdownWriter(screen, { color: false, scheduler: new VirtualTimeScheduler() });
  writer.write('These words take two rows.\n\n');
  columns = 40;
  writer.write('These words take one row.\n\n');
  writer.end();
  expect(terminal.text).toBe('These words take two\nrows.\n\nThese words take one row.');
});

test('a paragraph without an end is shown in pieces, and stays cheap to draw', () => {
  const { terminal, scheduler, writer } = start({ columns: 80 });
  const text = 'word '.repeat(20_000);
  for (let at = 0; at < text.length; at += 1000) {
    writer.write(text.slice(at, at + 1000));
    scheduler.flush();
  }
  writer.end();
  expect(terminal.text.match(/word/g)).toHaveLength(20_000);
  expect(terminal.bytes).toBeLessThan(6 * text.length);
});

test('a table without an end goes on below the same names', () => {
  const { terminal, writer } = start();
  writer.write(`| name | value |\n|---|---|\n${'| some | thing |\n'.repeat(2000)}`);
  writer.end();
  expect(terminal.text.match(/name │ value/g)).toHaveLength(1);
  expect(terminal.text.match(/some │ thing/g)).toHaveLength(2000);
});

test('marks within marks do not end the stack', () => {
  const { terminal, writer } = start();
  writer.write(`${'>'.repeat(8000)}\n${'- '.repeat(4000)}\n${'['.repeat(3000)}\n`);
  writer.end();
  expect(terminal.text.length).toBeGreaterThan(1000);
});

test('text within many quotes keeps room: the outer bars go first', () => {
  const { terminal, writer } = start({ columns: 16 });
  writer.write(`${'> '.repeat(20)}some words`);
  writer.end();
  expect(terminal.text).toBe('│ │ │ │ some\n│ │ │ │ words');
});
