// Patterns of text: strings that are meant literally, and RegExps, with what it takes to find them in text that still grows.
import { describe } from './describe.ts';
import { LlmError } from './error.ts';

/** Where a match is. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

export interface Pattern {
  /** For messages. Does not say the match. */
  readonly name: (match: string) => string;
  readonly find: (text: string, from: number) => Match | undefined;
  /** The least that must be held back. */
  readonly needs: number;
  /** What could undo a match: nothing, the next character, or whatever a lookahead reads. */
  readonly waits: false | 'touching' | 'ahead';
}

/**
 * The patterns that were given.
 *
 * @throws LlmError `invalid_input` when there is none, or one is empty, sticky or matches the empty text.
 */
export function toPatterns(given: unknown): readonly Pattern[] {
  const list: unknown = typeof given === 'string' || isRegExp(given) ? [given] : given;
  if (!Array.isArray(list) || list.length === 0) throw badPattern(describe(list));
  return list.map(toPattern);
}

function toPattern(pattern: unknown, index: number): Pattern {
  const name = `pattern ${index + 1} of guardText()`;
  if (typeof pattern === 'string' && pattern !== '') {
    return {
      name: () => `${name} (a string, ${pattern.length} long)`,
      find(text, from) {
        const start = text.indexOf(pattern, from);
        return start < 0 ? undefined : { start, end: start + pattern.length };
      },
      needs: pattern.length - 1,
      waits: false,
    };
  }
  if (!isRegExp(pattern)) throw badPattern(describe(pattern));
  const shown = String(pattern);
  if (pattern.sticky) throw badPattern(`${shown}, which is sticky; leave out its flag "y"`);
  const regExp = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
  if (regExp.test('')) throw badPattern(`${shown}, which matches the empty text`);
  return {
    // Who writes a secret as a RegExp does not want to read it in a log.
    name: (match) => (shown.toLowerCase().includes(match.toLowerCase()) ? name : `${name} (${shown})`),
    find(text, from) {
      regExp.lastIndex = from;
      const match = regExp.exec(text);
      return match ? { start: match.index, end: match.index + match[0].length } : undefined;
    },
    needs: 0,
    waits: /\(\?[=!]/.test(pattern.source) ? 'ahead' : 'touching',
  };
}

// Not by `instanceof`: one of another realm is one, too.
function isRegExp(value: unknown): value is RegExp {
  return Object.prototype.toString.call(value) === '[object RegExp]';
}

function badPattern(seen: string): LlmError {
  const message = `guardText() takes a RegExp, a string that is not empty, or a list of these, not ${seen}`;
  return new LlmError('invalid_input', message);
}
