// A text for a regular expression, of the simple kind that schemas have: `^[A-Z]{2}-\d{3,}$`.

const plainEscapes: Readonly<Record<string, string>> = {
  d: '1',
  w: 'a',
  s: ' ',
  D: 'a',
  W: '-',
  S: 'a',
  b: '',
  B: '',
  n: '\n',
  t: '\t',
};

/** The shortest text along the first branch of every choice. Whether it matches is for the caller to test. */
export function sample(pattern: string): string {
  let at = 0;

  function alternatives(): string {
    const first = sequence();
    while (pattern[at] === '|') {
      at += 1;
      sequence();
    }
    return first;
  }

  function sequence(): string {
    let text = '';
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
      const piece = atom();
      text += piece.repeat(quantifier());
    }
    return text;
  }

  function atom(): string {
    const char = pattern[at++] ?? '';
    switch (char) {
      case '^':
      case '$':
        return '';
      case '.':
        return 'a';
      case '(':
        return group();
      case '[':
        return charClass();
      case '\\':
        return escape();
      default:
        return char;
    }
  }

  function group(): string {
    const opening = /^\?(?::|<\w+>|<?[=!])/.exec(pattern.slice(at))?.[0] ?? '';
    at += opening.length;
    const text = alternatives();
    at += 1;
    return /[=!]$/.test(opening) ? '' : text;
  }

  function charClass(): string {
    const isNegated = pattern[at] === '^';
    if (isNegated) at += 1;
    const first = pattern[at] === '\\' ? ((at += 1), escape()) : (pattern[at++] ?? '');
    while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1;
    at += 1;
    return isNegated ? (first === 'a' ? 'b' : 'a') : first;
  }

  function escape(): string {
    const char = pattern[at++] ?? '';
    if (char === 'p' && pattern[at] === '{') {
      at = pattern.indexOf('}', at) + 1;
      return 'A';
    }
    return plainEscapes[char] ?? char;
  }

  function quantifier(): number {
    const found = /^(?:[*?]|\+|\{(\d+)(?:,\d*)?\})\??/.exec(pattern.slice(at));
    if (!found) return 1;
    at += found[0].length;
    return /^[*?]/.test(found[0]) ? 0 : Number(found[1] ?? 1);
  }

  return alternatives();
}
