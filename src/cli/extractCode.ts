// The code in an answer: what `-x` and `--xl` print.

/**
 * The content of the first or last fenced code block, with its final newline; the whole text where there is none. A fence
 * is three or more backticks at the start of a line, and is closed by as many, alone on theirs.
 */
export function extractCode(text: string, which: 'first' | 'last'): string {
  const lines = text.split(/(?<=\n)/);
  let found: string | undefined;
  for (let at = 0; at < lines.length; at += 1) {
    // A line with backticks further on is code within a line.
    const fence = /^(`{3,})[^`]*$/.exec(lines[at]!)?.[1];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trimEnd() === fence);
    // A block that was not closed is none; one that stands in it may be.
    if (end === -1) continue;
    found = lines.slice(at + 1, end).join('');
    if (which === 'first') return found;
    at = end;
  }
  return found ?? text;
}
