// What a line of Markdown begins, by CommonMark 0.31 and GFM; the text given has no tabs.

export interface ListMarker {
  /** What the line holds behind the marker. */
  readonly rest: string;
  /** How far the lines that belong to the item are indented. */
  readonly indent: number;
  /** Items with the same mark are one list. */
  readonly mark: string;
  readonly number?: number;
}

/** A tab goes on to the next multiple of four. */
export function withoutTabs(line: string): string {
  if (!line.includes('\t')) return line;
  let out = '';
  for (const part of line.split(/(\t)/)) out += part === '\t' ? ' '.repeat(4 - (out.length % 4)) : part;
  return out;
}

export const indentOf = (line: string) => line.length - line.trimStart().length;

export function fenceStart(line: string): { indent: number; fence: string; language: string } | undefined {
  const [, indent, fence, info] = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})(.*)$/.exec(line) ?? [];
  if (indent === undefined || fence === undefined || info === undefined) return undefined;
  return { indent: indent.length, fence, language: info.trim().split(' ')[0] ?? '' };
}

export function isFenceEnd(line: string, fence: string): boolean {
  const found = /^ {0,3}(`+|~+) *$/.exec(line)?.[1];
  return found !== undefined && found.length >= fence.length && found[0] === fence[0];
}

export function heading(line: string): { level: number; text: string } | undefined {
  const marks = /^ {0,3}(#{1,6})(?: |$)/.exec(line)?.[1];
  if (marks === undefined) return undefined;
  const text = line.trimStart().slice(marks.length).trim();
  let end = text.length;
  while (text[end - 1] === '#') end -= 1;
  const isClosed = end === 0 || text[end - 1] === ' ';
  return { level: marks.length, text: isClosed ? text.slice(0, end).trimEnd() : text };
}

/** The line under a paragraph that makes a heading of it. */
export const underline = (line: string): number | undefined =>
  /^ {0,3}=+ *$/.test(line) ? 1 : /^ {0,3}-+ *$/.test(line) ? 2 : undefined;

export const isRule = (line: string) => /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/.test(line);

/** The line without the mark of a quote. */
export function unquoted(line: string): string | undefined {
  const mark = /^ {0,3}> ?/.exec(line)?.[0];
  return mark === undefined ? undefined : line.slice(mark.length);
}

export function listMarker(line: string): ListMarker | undefined {
  const [, before, mark, spaces, rest] = /^( {0,3})([*+-]|\d{1,9}[.)])( +|$)(.*)$/.exec(line) ?? [];
  if (before === undefined || mark === undefined || spaces === undefined || rest === undefined) return undefined;
  // Five spaces or more are one, and code that is indented.
  const wide = rest !== '' && spaces.length <= 4 ? spaces.length : 1;
  return {
    rest: ' '.repeat(Math.max(0, spaces.length - wide)) + rest,
    indent: before.length + mark.length + wide,
    mark: mark.slice(-1),
    ...(mark.length > 1 && { number: Number(mark.slice(0, -1)) }),
  };
}

const blockTags =
  'address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|' +
  'fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|' +
  'menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|' +
  'track|ul';
const endedByText: readonly (readonly [start: RegExp, end: RegExp])[] = [
  [/^<(?:script|pre|style|textarea)(?:\s|>|$)/i, /<\/(?:script|pre|style|textarea)>/i],
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<![a-z]/i, />/],
  [/^<!\[CDATA\[/, /\]\]>/],
];
const endedByBlank = new RegExp(`^</?(?:${blockTags})(?:\\s|/?>|$)`, 'i');
const attribute = String.raw`\s+[a-z_:][\w.:-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>` + '`' + String.raw`]+))?`;
const loneTag = new RegExp(String.raw`^(?:<[a-z][a-z\d-]*(?:${attribute})*\s*/?>|</[a-z][a-z\d-]*\s*>)\s*$`, 'i');

/** What ends the HTML that this line begins: a text, or an empty line. */
export function htmlEnd(line: string, mayBeInText: boolean): RegExp | 'blank' | undefined {
  if (indentOf(line) > 3) return undefined;
  const text = line.trimStart();
  const end = endedByText.find(([start]) => start.test(text))?.[1];
  if (end) return end;
  return endedByBlank.test(text) || (!mayBeInText && loneTag.test(text)) ? 'blank' : undefined;
}
