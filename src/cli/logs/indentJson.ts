// JSON with line breaks, for people.
import { stringEnd } from '../../values/jsonText.ts';

/** The same JSON, one member a line. Numbers and strings stay as they are written: parsing would change some. */
export function indentJson(text: string): string {
  let depth = 0;
  let before = '';
  const pieces: string[] = [];
  for (const token of tokensOf(text)) {
    const isEnd = token === '}' || token === ']';
    if (isEnd) depth -= 1;
    const isBegun = before === '{' || before === '[';
    // Empty brackets stay together.
    if (before === ',' || isBegun !== isEnd) pieces.push(`\n${'  '.repeat(depth)}`);
    pieces.push(token === ':' ? ': ' : token);
    if (token === '{' || token === '[') depth += 1;
    before = token;
  }
  return pieces.join('');
}

function* tokensOf(text: string): Iterable<string> {
  const others = /[{}[\],:]|[^\s{}[\],:"]+|\s+/y;
  for (let at = 0; at < text.length;) {
    if (text[at] === '"') {
      const end = stringEnd(text, at + 1) + 1;
      yield text.slice(at, end);
      at = end;
    } else {
      others.lastIndex = at;
      const token = others.exec(text)?.[0] ?? '';
      if (token.trim() !== '') yield token;
      at += token.length || 1;
    }
  }
}
