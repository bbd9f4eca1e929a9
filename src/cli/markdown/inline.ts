// The inline part of Markdown: text with emphasis, code and links, as styled spans.
import { Lexer, type MarkedToken, type Token } from 'marked';
import { BOLD, CYAN, DIM, ITALIC, span, STRIKE, UNDERLINE, type Span } from './spans.ts';

/** Spans of a text. Without colours the marks of Markdown stay, so that emphasis can still be told. */
export function inline(text: string, style: number, color: boolean): Span[] {
  return spansOf(Lexer.lexInline(text), style, color);
}

export function spansOf(tokens: readonly Token[], style: number, color: boolean): Span[] {
  return (tokens as readonly MarkedToken[]).flatMap((token) => {
    const marked = (mark: string, bit: number, children: readonly Token[]): Span[] =>
      color
        ? spansOf(children, style | bit, color)
        : [span(mark, style), ...spansOf(children, style, color), span(mark, style)];
    switch (token.type) {
      case 'strong':
        return marked('**', BOLD, token.tokens);
      case 'em':
        return marked('*', ITALIC, token.tokens);
      case 'del':
        return marked('~~', STRIKE, token.tokens);
      case 'codespan':
        return [color ? span(token.text, style | CYAN) : span(fenced(token.text), style)];
      case 'br':
        return [{ text: '\n', style }];
      case 'link':
        return link(spansOf(token.tokens, color ? style | UNDERLINE : style, color), token.text, token.href, style);
      case 'image':
        return link([span(`[image: ${flat(token.text)}]`, style)], '', token.href, style);
      case 'escape':
        return [span(token.text, style)];
      // Its text has some character references resolved, and others not.
      case 'text':
        return [span(resolved(flat(token.raw)), style)];
      default:
        return [span(flat(token.raw), style)];
    }
  });
}

function link(shown: readonly Span[], text: string, href: string, style: number): Span[] {
  const target = resolved(href);
  const isSaid = [target, target.replace(/^(?:mailto:|https?:\/\/)/, '')].includes(resolved(text));
  return target === '' || isSaid ? [...shown] : [...shown, span(` (${target})`, style | DIM)];
}

/** A line end within running text is a space, and many spaces are one. */
const flat = (text: string) => text.replaceAll(/[ \n]+/g, ' ');

function fenced(code: string): string {
  const longest = Math.max(0, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest === 0 ? 1 : longest + 1);
  return longest === 0 ? fence + code + fence : `${fence} ${code} ${fence}`;
}

// The named references that models write; any other stays as it is.
const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  times: '×',
  divide: '÷',
  plusmn: '±',
  deg: '°',
  micro: 'µ',
  frac12: '½',
  larr: '←',
  uarr: '↑',
  rarr: '→',
  darr: '↓',
  harr: '↔',
  le: '≤',
  ge: '≥',
  ne: '≠',
  infin: '∞',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
  sect: '§',
  para: '¶',
};

/** The text with its character references resolved. A line feed by reference is a space: it does not end the row. */
function resolved(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{1,8}));/g, (all, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(named, name) ? (named[name] ?? all) : all;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    if (code === 9 || code === 10) return ' ';
    const isCharacter = code > 0 && code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : '\ufffd';
  });
}
