// Arithmetic that is text: a parser with bounds, and nothing that runs code.
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';

const maxLength = 1000;
const maxDepth = 50;

const constants: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
]);

const functions: ReadonlyMap<string, (number: number) => number> = new Map([
  ['sqrt', Math.sqrt],
  ['abs', Math.abs],
  ['round', Math.round],
  ['floor', Math.floor],
  ['ceil', Math.ceil],
  ['log', Math.log10],
  ['ln', Math.log],
  ['exp', Math.exp],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
]);

/** Of as many numbers as there are. */
const listFunctions: ReadonlyMap<string, (...numbers: readonly number[]) => number> = new Map([
  ['min', Math.min],
  ['max', Math.max],
]);

/** What it takes, for whoever is told of it. */
export const arithmetic =
  '+ - * / % (remainder), ^ or ** (power), parentheses, numbers such as 1.5e3, pi and e, ' +
  'sqrt abs round floor ceil min max log (base 10) ln exp, and sin cos tan of radians';

/**
 * What the expression comes to, as a JavaScript number.
 *
 * @throws LlmError `invalid_input` for what is no arithmetic, with the position; for a result that is not finite; for more
 *   than 1,000 characters, and more than 50 levels.
 */
export function calculate(expression: string): number {
  if (expression.length > maxLength) {
    const what = `an expression has at most ${maxLength} characters, this one ${expression.length}`;
    throw new LlmError('invalid_input', `${what}; calculate it in parts`);
  }
  return new Parser(expression).result();
}

/** By recursive descent: each method takes what binds more tightly than the one before it. */
class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  result(): number {
    const value = this.#sum();
    if (this.#at < this.#text.length) throw this.#unexpected('an operator or the end');
    return value;
  }

  #sum(): number {
    let value = this.#product();
    for (;;) {
      const at = this.#at;
      if (this.#take('+')) value = this.#finite(value + this.#product(), at);
      else if (this.#take('-')) value = this.#finite(value - this.#product(), at);
      else return value;
    }
  }

  #product(): number {
    let value = this.#signed();
    for (;;) {
      const at = this.#at;
      if (this.#take('*')) value = this.#finite(value * this.#signed(), at);
      else if (this.#take('/')) value = this.#finite(value / this.#signed(), at);
      else if (this.#take('%')) value = this.#finite(value % this.#signed(), at);
      else return value;
    }
  }

  /** Everything that nests goes through here. */
  #signed(): number {
    this.#skipSpace();
    this.#depth += 1;
    if (this.#depth > maxDepth + 1) throw this.#error(`more than ${maxDepth} levels deep`, this.#at);
    const value = this.#take('-') ? -this.#signed() : this.#take('+') ? this.#signed() : this.#power();
    this.#depth -= 1;
    return value;
  }

  /** From the right, and before a sign to the left of it, as in mathematics: -2^2 is -4, 2^3^2 is 512. */
  #power(): number {
    const base = this.#primary();
    const at = this.#at;
    return this.#take('^') || this.#take('**') ? this.#finite(base ** this.#signed(), at) : base;
  }

  #primary(): number {
    const at = this.#at;
    const digits = this.#match(/(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy);
    if (digits !== undefined) return this.#finite(Number(digits), at);
    if (this.#take('(')) {
      const value = this.#sum();
      this.#expect(')');
      return value;
    }
    const name = this.#match(/[a-z]\w*/iy);
    if (name === undefined) throw this.#unexpected('a number, a name or (');
    return this.#named(name.toLowerCase(), at);
  }

  #named(name: string, at: number): number {
    const constant = constants.get(name);
    if (constant !== undefined) return constant;
    const one = functions.get(name);
    const many = listFunctions.get(name);
    if (!one && !many) {
      const known = [...constants.keys(), ...functions.keys(), ...listFunctions.keys()].join(', ');
      throw this.#error(`${describe(name)} is not known; there are ${known}`, at);
    }
    this.#expect('(');
    const numbers = [this.#sum()];
    if (many) while (this.#take(',')) numbers.push(this.#sum());
    this.#expect(')');
    return this.#finite(one ? one(numbers[0]!) : many!(...numbers), at);
  }

  #take(sign: string): boolean {
    // `**` is no `*`.
    const isThere = this.#text.startsWith(sign, this.#at) && !(sign === '*' && this.#text[this.#at + 1] === '*');
    if (isThere) this.#forward(sign.length);
    return isThere;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#forward(found.length);
    return found;
  }

  #expect(sign: string): void {
    if (!this.#take(sign)) throw this.#unexpected(sign);
  }

  #forward(count: number): void {
    this.#at += count;
    this.#skipSpace();
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #finite(value: number, at: number): number {
    if (Number.isFinite(value)) return value;
    throw this.#error(`the result is ${Number.isNaN(value) ? 'not a number' : 'too large, or divided by zero'}`, at);
  }

  #unexpected(wanted: string): LlmError {
    const found = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    const what = this.#at < this.#text.length ? describe(found) : 'the end';
    return this.#error(`expected ${wanted}, found ${what}`, this.#at);
  }

  #error(what: string, at: number): LlmError {
    return new LlmError('invalid_input', `at position ${at + 1} of ${describe(this.#text)}: ${what}`);
  }
}
