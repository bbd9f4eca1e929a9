// The grammar of strings, numbers and brackets, as far as one block of text shows it. What they mean is left to others.

export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** V8 keeps a place on the regexp stack for every round of the group and throws after some millions, hence the bound. */
const STRING_RUN = /(?:[ !#-[\]-\uffff]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4})){0,256}/y;
const ESCAPE_START = /\\(?:u[\da-fA-F]{0,3})?/y;

/** Where the characters and whole escapes of a string stop: at its quote, at a defect, or where the block ends. */
export function stringEnd(block: string, from: number): number {
  let at = from;
  for (;;) {
    STRING_RUN.lastIndex = at;
    STRING_RUN.test(block);
    const end = STRING_RUN.lastIndex;
    if (end === at || end === block.length || block.charCodeAt(end) === QUOTE) return end;
    at = end;
  }
}

/** Where that which stopped a string goes wrong; `block.length` if the next block may mend it. */
export function defectInString(block: string, from: number): number {
  ESCAPE_START.lastIndex = from;
  return ESCAPE_START.test(block) ? ESCAPE_START.lastIndex : from;
}

/** What a run of whole characters and escapes stands for. */
export function unescape(run: string): string {
  return run.includes('\\') ? (JSON.parse(`"${run}"`) as string) : run;
}

/** Where the container that opens at `from` has closed, or -1 if the block ends before. Sees no defects. */
export function containerEnd(block: string, from: number): number {
  let depth = 0;
  let inString = false;
  for (let at = from; at < block.length; at++) {
    const code = block.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (code === BACKSLASH) at++;
    else if (!inString && (code === 0x5b || code === 0x7b)) depth++;
    else if (!inString && (code === 0x5d || code === 0x7d) && --depth === 0) return at + 1;
  }
  return -1;
}

/** Where in a number we are. It may end in the odd states. */
export const NUMBER_START = 0;
const SIGN = 2;
const ZERO = 3;
const INTEGER = 5;
const POINT = 6;
const FRACTION = 7;
const EXPONENT = 8;
const EXPONENT_SIGN = 10;
const EXPONENT_DIGITS = 11;

export function mayEnd(numberState: number): boolean {
  return (numberState & 1) === 1;
}

/** The state after one more UTF-16 unit, or NUMBER_START if the number cannot go on with it. */
export function numberStep(state: number, code: number): number {
  if (code >= 0x30 && code <= 0x39) {
    switch (state) {
      case NUMBER_START:
      case SIGN:
        return code === 0x30 ? ZERO : INTEGER;
      case ZERO:
        return NUMBER_START;
      case POINT:
        return FRACTION;
      case EXPONENT:
      case EXPONENT_SIGN:
        return EXPONENT_DIGITS;
      default:
        return state;
    }
  }
  switch (code) {
    case 0x2d:
      return state === NUMBER_START ? SIGN : state === EXPONENT ? EXPONENT_SIGN : NUMBER_START;
    case 0x2b:
      return state === EXPONENT ? EXPONENT_SIGN : NUMBER_START;
    case 0x2e:
      return state === ZERO || state === INTEGER ? POINT : NUMBER_START;
    case 0x45:
    case 0x65:
      return state === ZERO || state === INTEGER || state === FRACTION ? EXPONENT : NUMBER_START;
    default:
      return NUMBER_START;
  }
}
