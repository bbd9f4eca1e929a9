// What each construct of Markdown looks like on the screen, in two widths and without colours; and the styles.
import { VirtualTimeScheduler } from 'rxjs';
import { MarkdownWriter } from '../../../src/cli/markdown/writer.ts';
import { Emulator } from './emulator.ts';

function written(text: string, columns: number, color: boolean): Emulator {
  const terminal = new Emulator({ columns, rows: 24 });
  const writer = new MarkdownWriter(terminal, { color, scheduler: new VirtualTimeScheduler() });
  writer.write(text);
  writer.end();
  return terminal;
}

const shown = (text: string, columns: number) => written(text, columns, false).text.split('\n');
const styled = (text: string) => written(text, 80, true).content;

describe('on the screen', () => {
  test('headings keep their marks, and the underlined kind gets some', () => {
    const text =
      '# One\n\nTwo\nlines\n===\n\n### A heading that is longer than forty columns are ###\nText\n\nThree\n---\n';
    expect(shown(text, 40)).toEqual([
      '# One',
      '',
      '# Two lines',
      '',
      '### A heading that is longer than forty',
      '    columns are',
      'Text',
      '',
      '## Three',
    ]);
    expect(shown(text, 80)).toEqual([
      '# One',
      '',
      '# Two lines',
      '',
      '### A heading that is longer than forty columns are',
      'Text',
      '',
      '## Three',
    ]);
  });

  test('paragraphs are wrapped, and hard breaks stay', () => {
    const text =
      'One line\nand the next are one paragraph, which wraps.\\\nA break  \nand one more.\n\n\n\nAn unbreakable-word-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.\n';
    expect(shown(text, 40)).toEqual([
      'One line and the next are one paragraph,',
      'which wraps.',
      'A break',
      'and one more.',
      '',
      'An',
      'unbreakable-word-xxxxxxxxxxxxxxxxxxxxxxx',
      'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      'xxxxxxxxxxxxxxxxxxxxxxxxxxx.',
    ]);
    expect(shown(text, 80)).toEqual([
      'One line and the next are one paragraph, which wraps.',
      'A break',
      'and one more.',
      '',
      'An',
      'unbreakable-word-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      'xxxxxxxxxxxxxxxxxxxxxxxxxxx.',
    ]);
  });

  test('wide characters take two columns, and marks none', () => {
    const text =
      '日本語のテキストはどこでも折り返すことができます。行の先頭に句点は来ない。\n\nééééééééééééééééééééééééééééééééééééééééé\n\n👍 ok ⚠️ 🇩🇪\n';
    expect(shown(text, 40)).toEqual([
      '日本語のテキストはどこでも折り返すことが',
      'できます。行の先頭に句点は来ない。',
      '',
      'éééééééééééééééééééééééééééééééééééééééé',
      'é',
      '',
      '👍 ok ⚠️ 🇩🇪',
    ]);
    expect(shown(text, 80)).toEqual([
      '日本語のテキストはどこでも折り返すことができます。行の先頭に句点は来ない。',
      '',
      'ééééééééééééééééééééééééééééééééééééééééé',
      '',
      '👍 ok ⚠️ 🇩🇪',
    ]);
  });

  test('emphasis, code and links', () => {
    const text =
      'A **bold**, *slanted*, ***both***, ~~gone~~ and `code` word, ``a ` b``.\n\nSee [here](https://example.com/a?b=1&amp;c=2), https://rxjs.dev, <me@example.com> and ![logo](logo.png).\n\n\\*not\\* &lt;b&gt; &#65; &copy; &unknown; <b>html</b>\n';
    expect(shown(text, 40)).toEqual([
      'A **bold**, *slanted*, ***both***,',
      '~~gone~~ and `code` word, `` a ` b ``.',
      '',
      'See here',
      '(https://example.com/a?b=1&c=2),',
      'https://rxjs.dev, me@example.com and',
      '[image: logo] (logo.png).',
      '',
      '*not* <b> A © &unknown; <b>html</b>',
    ]);
    expect(shown(text, 80)).toEqual([
      'A **bold**, *slanted*, ***both***, ~~gone~~ and `code` word, `` a ` b ``.',
      '',
      'See here (https://example.com/a?b=1&c=2), https://rxjs.dev, me@example.com and',
      '[image: logo] (logo.png).',
      '',
      '*not* <b> A © &unknown; <b>html</b>',
    ]);
  });

  test('lists hang, nest and count', () => {
    const text =
      '- one that is long enough to need a second row\n  - two\n    - three\n      - four\n- five\n\n9. nine\n7. ten, which is counted on, and long as well\n\n   Its second paragraph.\n1) another\n';
    expect(shown(text, 40)).toEqual([
      '• one that is long enough to need a',
      '  second row',
      '  ◦ two',
      '    ▪ three',
      '      • four',
      '• five',
      '',
      '9. nine',
      '10. ten, which is counted on, and long',
      '    as well',
      '',
      '    Its second paragraph.',
      '1) another',
    ]);
    expect(shown(text, 80)).toEqual([
      '• one that is long enough to need a second row',
      '  ◦ two',
      '    ▪ three',
      '      • four',
      '• five',
      '',
      '9. nine',
      '10. ten, which is counted on, and long as well',
      '',
      '    Its second paragraph.',
      '1) another',
    ]);
  });

  test('a list is as wide as it was written', () => {
    const text = '* a\n* b\n\n* c\n+ d\n-\n- [ ] to do\n- [x] done, in a line that is longer than forty columns\n';
    expect(shown(text, 40)).toEqual([
      '• a',
      '• b',
      '',
      '• c',
      '• d',
      '•',
      '• [ ] to do',
      '• [x] done, in a line that is longer',
      '  than forty columns',
    ]);
    expect(shown(text, 80)).toEqual([
      '• a',
      '• b',
      '',
      '• c',
      '• d',
      '•',
      '• [ ] to do',
      '• [x] done, in a line that is longer than forty columns',
    ]);
  });

  test('quotes have a bar', () => {
    const text =
      '> A quote that is **long** enough to need a second row,\nand goes on.\n>\n> - an item\n> > deeper\n\n> another\n';
    expect(shown(text, 40)).toEqual([
      '│ A quote that is **long** enough to',
      '│ need a second row, and goes on.',
      '│',
      '│ • an item',
      '│ │ deeper',
      '',
      '│ another',
    ]);
    expect(shown(text, 80)).toEqual([
      '│ A quote that is **long** enough to need a second row, and goes on.',
      '│',
      '│ • an item',
      '│ │ deeper',
      '',
      '│ another',
    ]);
  });

  test('code is between two edges and cut hard', () => {
    const text =
      'Text\n```ts\nconst a  =  1;\n\n\treturn "a line that is longer than eighty columns, which the terminal goes on with itself";\n```\n- item\n  ```\n  a line of code within an item that is longer than it may be there\n  ```\n\n      indented\n\nAfter\n\n    indented\n\n    code\n';
    expect(shown(text, 40)).toEqual([
      'Text',
      '──── ts',
      'const a  =  1;',
      '',
      '    return "a line that is longer than e',
      'ighty columns, which the terminal goes o',
      'n with itself";',
      '────',
      '• item',
      '  ────',
      '  a line of code within an item that is',
      '  longer than it may be there',
      '  ────',
      '',
      '  ────',
      '  indented',
      '  ────',
      '',
      'After',
      '',
      '────',
      'indented',
      '',
      'code',
      '────',
    ]);
    expect(shown(text, 80)).toEqual([
      'Text',
      '──── ts',
      'const a  =  1;',
      '',
      '    return "a line that is longer than eighty columns, which the terminal goes o',
      'n with itself";',
      '────',
      '• item',
      '  ────',
      '  a line of code within an item that is longer than it may be there',
      '  ────',
      '',
      '  ────',
      '  indented',
      '  ────',
      '',
      'After',
      '',
      '────',
      'indented',
      '',
      'code',
      '────',
    ]);
  });

  test('tables align, narrow and wrap', () => {
    const text =
      '| Name | Count | Note |\n|---|--:|:-:|\n| a | 1 | `x\\|y` |\n| a longer name | 1000 | a text that is long enough to be wrapped in its cell |\n| 日本 | 2<br>3 | **ok** |\n| none |\n';
    expect(shown(text, 40)).toEqual([
      'Name          │ Count │       Note',
      '──────────────┼───────┼─────────────────',
      'a             │     1 │      `x|y`',
      'a longer name │  1000 │  a text that is',
      '              │       │  long enough to',
      '              │       │  be wrapped in',
      '              │       │     its cell',
      '日本          │     2 │      **ok**',
      '              │     3 │',
      'none          │       │',
    ]);
    expect(shown(text, 80)).toEqual([
      'Name          │ Count │                         Note',
      '──────────────┼───────┼─────────────────────────────────────────────────────',
      'a             │     1 │                        `x|y`',
      'a longer name │  1000 │ a text that is long enough to be wrapped in its cell',
      '日本          │     2 │                        **ok**',
      '              │     3 │',
      'none          │       │',
    ]);
  });

  test('a table with no room is stacked', () => {
    const text =
      'a|b|c|d|e|f\n-|-|-|-|-|-\nnumber 1|number 2|number 3|number 4|number 5|number 6 that wraps around in forty\n1|2||4|5|6\n';
    expect(shown(text, 40)).toEqual([
      'a: number 1',
      'b: number 2',
      'c: number 3',
      'd: number 4',
      'e: number 5',
      'f: number 6 that wraps around in forty',
      '',
      'a: 1',
      'b: 2',
      'c:',
      'd: 4',
      'e: 5',
      'f: 6',
    ]);
    expect(shown(text, 80)).toEqual([
      'a        │ b        │ c        │ d        │ e        │ f',
      '─────────┼──────────┼──────────┼──────────┼──────────┼──────────────────────────',
      'number 1 │ number 2 │ number 3 │ number 4 │ number 5 │ number 6 that wraps',
      '         │          │          │          │          │ around in forty',
      '1        │ 2        │          │ 4        │ 5        │ 6',
    ]);
  });

  test('rules, HTML, notes and targets', () => {
    const text =
      'A\n\n***\n<div align="center">\n  <b>x</b>\n</div>\n\n<!-- one\n\ntwo -->\nText[^1] and [ref][r]\n\n[^1]: A note.\n[r]: https://example.com\n';
    expect(shown(text, 40)).toEqual([
      'A',
      '',
      '────────────────────────────────────────',
      '<div align="center">',
      '  <b>x</b>',
      '</div>',
      '',
      '<!-- one',
      '',
      'two -->',
      'Text[^1] and [ref][r]',
      '',
      '[^1]: A note.',
      '[r]: https://example.com',
    ]);
    expect(shown(text, 80)).toEqual([
      'A',
      '',
      '────────────────────────────────────────────────────────────────────────────────',
      '<div align="center">',
      '  <b>x</b>',
      '</div>',
      '',
      '<!-- one',
      '',
      'two -->',
      'Text[^1] and [ref][r]',
      '',
      '[^1]: A note.',
      '[r]: https://example.com',
    ]);
  });

  test('what could steer the terminal is spelled out', () => {
    const text = '\u001b[31mred &#27;[2J \u009b1m \u202e \u0007\n\n```\u001b]0;t\u0007\n\u001b[2J\ra\r\n```\n';
    expect(shown(text, 40)).toEqual([
      '\\x1b[31mred \\x1b[2J \\x9b1m \\u202e \\x07',
      '',
      '──── \\x1b]0;t\\x07',
      '\\x1b[2J\\x0da',
      '────',
    ]);
    expect(shown(text, 80)).toEqual([
      '\\x1b[31mred \\x1b[2J \\x9b1m \\u202e \\x07',
      '',
      '──── \\x1b]0;t\\x07',
      '\\x1b[2J\\x0da',
      '────',
    ]);
  });
});

test('styles: bold 1, dim 2, italic 3, underlined 4, struck 9, cyan 36', () => {
  expect(styled('# A *title*')).toBe('{1|# A }{1;3|title}');
  expect(styled('**b** *i* ***both*** ~~s~~ `c`')).toBe('{1|b} {3|i} {1;3|both} {9|s} {36|c}');
  expect(styled('[here](https://a.b) https://c.d')).toBe('{4|here}{2| (https://a.b)} {4|https://c.d}');
  expect(styled('> quote')).toBe('{2|│ }quote');
  expect(styled('```ts\ncode\n```')).toBe('{2|──── ts}\ncode\n{2|────}');
  expect(styled('|a|b|\n|-|-|\n|1|**2**|')).toBe('{1|a} │ {1|b}\n{2|──┼──}\n1 │ {1|2}');
});

test('without colours no escape sequence is written for a text in one piece', () => {
  expect(written('# A *title*\n**b** `c`\n\n> q\n\n***\n', 80, false).raw).not.toContain('\u001b[');
});

test('a line of code that goes on in the next row is one line for who copies it', () => {
  const { raw } = written(`\`\`\`\n${'x'.repeat(100)}\n\`\`\`\n`, 80, false);
  expect(raw).toContain('x'.repeat(100));
});
