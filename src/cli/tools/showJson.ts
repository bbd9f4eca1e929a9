// What a model or a tool has made, for somebody who has to see all of it.

// Controls, what turns the writing direction, what has no width or no ink, what only some fonts draw, line ends that are
// none on a terminal, and spaces that are not the space.
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]|(?! )\p{Zs}/gu;

/** JSON over several lines, of which each character can be seen: what cannot is written as `\u202e`. The value is the same. */
export function showJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, each: unknown) => (isEndless(each) ? String(each) : each), 2) ?? 'null';
  return text.split('\n').map(escapeUnseen).join('\n');
}

/** As `showJson`, where the text is JSON of an object or a list; otherwise the text with what is unseen escaped. */
export function showText(text: string): string {
  const value = structureOf(text);
  if (value !== undefined) return showJson(value);
  const escaped = (line: string) => line.split('\t').map(escapeUnseen).join('\t');
  return text.split('\n').map(escaped).join('\n');
}

function structureOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON has `1e999`, which JavaScript reads as Infinity, and would say as null. */
function isEndless(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

function escapeUnseen(text: string): string {
  return text.replaceAll(unseen, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}
