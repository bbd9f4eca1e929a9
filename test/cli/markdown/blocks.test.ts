// The blocks that are cut out of a text line by line are those that marked sees in the whole of it.
import { Lexer, type MarkedToken, type Token } from 'marked';
import { BlockReader, type Block } from '../../../src/cli/markdown/blocks.ts';
import { sample } from './sample.ts';

/** What a block is, what is around it, and its text without what is only about lines. */
const line = (around: readonly string[], type: string, text: string) =>
  [...around, `${type}: ${text.replaceAll(/\s+/g, ' ').trim()}`].join(' > ');

function byMarked(tokens: readonly Token[], around: readonly string[] = []): string[] {
  return (tokens as readonly MarkedToken[]).flatMap((token) => {
    switch (token.type) {
      case 'blockquote':
        return byMarked(token.tokens, [...around, 'quote']);
      case 'list':
        return token.items.flatMap((item, index) => {
          const mark = token.ordered ? `${Number(token.start) + index}` : 'bullet';
          if (item.tokens.length === 0) return [line([...around, mark], 'empty', '')];
          return byMarked(item.tokens, [...around, mark]);
        });
      case 'code':
        return [line(around, 'code', token.text)];
      case 'heading':
        return [line(around, `heading ${token.depth}`, token.text)];
      case 'table':
      case 'html':
        return [line(around, token.type, token.raw)];
      case 'hr':
        return [line(around, 'rule', '')];
      case 'space':
      case 'checkbox':
        return [];
      default:
        return [line(around, 'text', token.raw)];
    }
  });
}

function byUs(text: string): string[] {
  const reader = new BlockReader();
  const blocks = [...text.split('\n').flatMap((each) => reader.line(each)), ...reader.finish()];
  const out: string[] = [];
  let lines: string[] | undefined;
  for (const [index, { type, text: content, level, containers }] of blocks.entries()) {
    const around = containers.map((each) =>
      each.type === 'quote' ? 'quote' : (each.number?.slice(0, -1) ?? 'bullet'),
    );
    const isNext = (wanted: Block['type']) => blocks[index + 1]?.type === wanted;
    if (type === 'edge' && !lines) lines = [];
    else if (type === 'edge') {
      out.push(line(around, 'code', (lines ?? []).join('\n')));
      lines = undefined;
    } else if (type === 'code') lines?.push(content);
    else if (type === 'html') {
      lines = [...(lines ?? []), content];
      if (isNext('html')) continue;
      out.push(line(around, 'html', lines.join('\n')));
      lines = undefined;
    } else {
      // The box of a task is a part of the text to us.
      const text_ = around.length > 0 ? content.replace(/^\[[ x]\] /, '') : content;
      out.push(line(around, type === 'heading' ? `heading ${level}` : type, text_));
    }
  }
  return out;
}

const texts: readonly string[] = [
  // But what is about links by name, of which each is a block of its own to us, and HTML after HTML, which is one.
  sample
    .slice(0, sample.indexOf('What comes from'))
    .replaceAll(/^\[.*\]: .*$/gm, '')
    .replace('<!--', 'Text\n\n<!--'),
  '# a\ntext\n## b ##\n#5 no heading\n####### seven\n#\n',
  'a\nb\n===\nc\n---\n***\n- - -\n_ _ _\n',
  '- a\n  - b\n\n    c\n- d\n\n\n- e\ntext\n\ntext\n',
  '1. a\n2. b\n   - c\n3. d\n\ntext\n7. not a list\n\n7. a list\n9. eight\n',
  '- a\n\n      code in an item\n\n  text\n- ```js\n  x\n\n  y\n  ```\n- > quote\n  > more\n',
  '> a\n> b\nlazy\n\n> - c\n>   d\n> > e\n\n> ```\n> code\n> ```\n> after\n',
  '```\na\n\n  b\n~~~\n```\n~~~~ js\n```\n~~~\n~~~~\n',
  '    code\n\n    more\n\ntext\n    not code\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\ntext as a row\n\n| c |\n|--|\n# heading\n',
  '<div>\n*a*\n\n*b*\n</div>\n\ntext\n<pre>\n\n# x\n</pre>\ntext <b>c</b>\n',
  '-      code\n-    text\n\n     more\n',
  '1. Step:\n```sh\nls\n```\n2. Next:\n   ```sh\n   ls\n   ```\n',
];

test.each(texts)('%j', (text) => {
  expect(byUs(text)).toEqual(byMarked(Lexer.lex(text)));
});
