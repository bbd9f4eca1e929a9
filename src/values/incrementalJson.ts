/** Reads JSON that is still being written: a value for every prefix of the text. Repairing broken JSON is left to others. */
import type { JsonValue } from './json.ts';
import { JsonSyntaxError } from './jsonSyntaxError.ts';

type Container = JsonValue[] | { [key: string]: JsonValue };

/** What may come next. */
const VALUE = 0;
const FIRST_ELEMENT = 1;
const FIRST_KEY = 2;
const KEY = 3;
const COLON = 4;
const COMMA = 5;
const END = 6;
const IN_STRING = 7;
const IN_KEY = 8;
const IN_NUMBER = 9;

/** Where in a number we are; it may end where the state is odd. */
const NO_NUMBER = 0;
const SIGN = 2;
const ZERO = 3;
const INTEGER = 5;
const POINT = 6;
const FRACTION = 7;
const EXPONENT = 8;
const EXPONENT_SIGN = 10;
const EXPONENT_DIGITS = 11;

const BLOCK = 4096;

export class IncrementalJson {
  /** Text that has been parsed. */
  #parsed = '';
  /** Text that has not. */
  #pending = '';
  #state = VALUE;
  #numberState = NO_NUMBER;
  /** What was read of the open string or number. */
  #token = '';
  /** The open containers, outermost first, in a holder for the top-level value. */
  readonly #open: Container[] = [[]];
  /** For each of them the key whose value comes next or is open. */
  readonly #keys: string[] = [''];
  #snapshot: JsonValue | undefined;
  #changed = false;
  #error: JsonSyntaxError | undefined;
  #ended = false;

  push(fragment: string): this {
    if (this.#ended) throw new Error('cannot push after end()');
    this.#pending += fragment;
    if (this.#pending.length >= BLOCK) this.#drain();
    return this;
  }

  get text(): string {
    return this.#parsed + this.#pending;
  }

  get value(): JsonValue | undefined {
    this.#drain();
    if (this.#changed) {
      this.#changed = false;
      this.#snapshot = this.#copyOpen();
    }
    return this.#snapshot;
  }

  get error(): JsonSyntaxError | undefined {
    this.#drain();
    return this.#error;
  }

  get complete(): boolean {
    this.#drain();
    return this.#state === END && !this.#error;
  }

  end(): JsonValue {
    this.#drain();
    this.#ended = true;
    if (this.#state === IN_NUMBER && mayEnd(this.#numberState)) this.#closeNumber('');
    if (this.#state !== END && !this.#error) this.#fail(this.text, this.text.length);
    if (this.#error) throw this.#error;
    return this.value!;
  }

  #drain(): void {
    if (this.#pending === '' || this.#error) return;
    const block = this.#pending;
    let at = 0;
    while (at < block.length) {
      const next = this.#read(block, at);
      at = next < 0 ? ~next : next;
      if (next < 0) break;
    }
    this.#parsed += block.slice(0, at);
    this.#pending = block.slice(at);
  }

  #read(block: string, at: number): number {
    switch (this.#state) {
      case IN_STRING:
      case IN_KEY:
        return this.#readString(block, at);
      case IN_NUMBER:
        return this.#readNumber(block, at);
      default:
        return this.#readToken(block, at);
    }
  }

  #readToken(block: string, at: number): number {
    const code = block.charCodeAt(at);
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) return at + 1;
    const state = this.#state;
    switch (code) {
      case 0x22:
        if (state <= FIRST_ELEMENT) {
          this.#put('');
          this.#state = IN_STRING;
          return this.#readString(block, at + 1);
        }
        if (state <= KEY) {
          this.#state = IN_KEY;
          return this.#readString(block, at + 1);
        }
        break;
      case 0x3a:
        if (state !== COLON) break;
        this.#state = VALUE;
        return at + 1;
      case 0x2c:
        if (state !== COMMA) break;
        this.#state = this.#inArray() ? VALUE : KEY;
        return at + 1;
      case 0x7b:
        if (state > FIRST_ELEMENT) break;
        this.#openContainer({}, FIRST_KEY);
        return at + 1;
      case 0x5b:
        if (state > FIRST_ELEMENT) break;
        this.#openContainer([], FIRST_ELEMENT);
        return at + 1;
      case 0x7d:
        if (state !== FIRST_KEY && (state !== COMMA || this.#inArray())) break;
        this.#close();
        return at + 1;
      case 0x5d:
        if (state !== FIRST_ELEMENT && (state !== COMMA || !this.#inArray())) break;
        this.#close();
        return at + 1;
      default:
        if (state > FIRST_ELEMENT) break;
        switch (code) {
          case 0x74:
            return this.#readWord(block, at, 'true', true);
          case 0x66:
            return this.#readWord(block, at, 'false', false);
          case 0x6e:
            return this.#readWord(block, at, 'null', null);
          default:
            this.#numberState = NO_NUMBER;
            if (numberStep(NO_NUMBER, code) === NO_NUMBER) break;
            this.#state = IN_NUMBER;
            return this.#readNumber(block, at);
        }
    }
    return this.#fail(block, at);
  }

  #readWord(block: string, from: number, word: string, value: boolean | null): number {
    for (let i = 1; i < word.length; i++) {
      if (from + i === block.length) return ~from;
      if (block.charCodeAt(from + i) !== word.charCodeAt(i)) return this.#fail(block, from + i);
    }
    this.#put(value);
    this.#afterValue();
    return from + word.length;
  }

  #readNumber(block: string, from: number): number {
    let at = from;
    let state = this.#numberState;
    for (; at < block.length; at++) {
      const next = numberStep(state, block.charCodeAt(at));
      if (next === NO_NUMBER) {
        this.#numberState = state;
        if (!mayEnd(state)) return this.#fail(block, at);
        this.#closeNumber(block.slice(from, at));
        return at;
      }
      state = next;
    }
    this.#numberState = state;
    this.#token += block.slice(from);
    return at;
  }

  #closeNumber(rest: string): void {
    this.#put(Number(this.#token + rest));
    this.#token = '';
    this.#afterValue();
  }

  #readString(block: string, from: number): number {
    let at = from;
    let highFrom = -1;
    let highTo = -1;
    let escaped = false;
    let failed = false;
    for (; at < block.length; at++) {
      const code = block.charCodeAt(at);
      if (code === 0x22) {
        this.#closeString(decode(block.slice(from, at), escaped));
        return at + 1;
      }
      if (code < 0x20) {
        failed = true;
        break;
      }
      if (code === 0x5c) {
        const end = escapeEnd(block, at);
        if (end < 0) {
          // TODO
          failed = ~end < block.length;
          if (failed) at = ~end;
          break;
        }
        escaped = true;
        at = end - 1;
      }
    }
    void highFrom, highTo;
    this.#token += decode(block.slice(from, at), escaped);
    if (this.#state === IN_STRING) this.#replace(this.#token);
    return failed ? this.#fail(block, at) : ~at;
  }

  #closeString(rest: string): void {
    const text = this.#token === '' ? rest : this.#token + rest;
    this.#token = '';
    if (this.#state === IN_KEY) {
      this.#keys[this.#keys.length - 1] = text;
      this.#state = COLON;
    } else {
      this.#replace(text);
      this.#afterValue();
    }
  }

  #inArray(): boolean {
    return Array.isArray(this.#open[this.#open.length - 1]);
  }

  #afterValue(): void {
    this.#state = this.#open.length === 1 ? END : COMMA;
  }

  #openContainer(container: Container, state: number): void {
    this.#put(container);
    this.#open.push(container);
    this.#keys.push('');
    this.#state = state;
  }

  #close(): void {
    this.#open.pop();
    this.#keys.pop();
    this.#changed = true;
    this.#afterValue();
  }

  #put(value: JsonValue): void {
    this.#changed = true;
    const top = this.#open[this.#open.length - 1]!;
    if (Array.isArray(top)) top.push(value);
    else setOwn(top, this.#keys[this.#keys.length - 1]!, value);
  }

  #replace(value: JsonValue): void {
    this.#changed = true;
    const top = this.#open[this.#open.length - 1]!;
    replaceLast(top, this.#keys[this.#keys.length - 1]!, value);
  }

  #copyOpen(): JsonValue | undefined {
    const copies = this.#open.map((container) => (Array.isArray(container) ? container.slice() : { ...container }));
    for (let i = 1; i < copies.length; i++) replaceLast(copies[i - 1]!, this.#keys[i - 1]!, copies[i]!);
    return (copies[0] as JsonValue[])[0];
  }

  #fail(block: string, at: number): number {
    this.#error = new JsonSyntaxError(this.#parsed + block, this.#parsed.length + at, 'x');
    return ~at;
  }
}

function escapeEnd(block: string, from: number): number {
  if (from + 1 === block.length) return ~block.length;
  const code = block.charCodeAt(from + 1);
  if (code !== 0x75) return '"\\/bfnrt'.includes(block[from + 1]!) ? from + 2 : ~(from + 1);
  for (let i = from + 2; i < from + 6; i++) {
    if (i === block.length) return ~block.length;
    if (!/[0-9a-f]/i.test(block[i]!)) return ~i;
  }
  return from + 6;
}

function decode(text: string, escaped: boolean): string {
  return escaped ? (JSON.parse(`"${text}"`) as string) : text;
}

function setOwn(target: { [key: string]: JsonValue }, key: string, value: JsonValue): void {
  if (key in Object.prototype) {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else target[key] = value;
}

function replaceLast(target: Container, key: string, value: JsonValue): void {
  if (Array.isArray(target)) target[target.length - 1] = value;
  else setOwn(target, key, value);
}

function mayEnd(numberState: number): boolean {
  return (numberState & 1) === 1;
}

function numberStep(state: number, code: number): number {
  if (code >= 0x30 && code <= 0x39) {
    switch (state) {
      case NO_NUMBER:
      case SIGN:
        return code === 0x30 ? ZERO : INTEGER;
      case ZERO:
        return NO_NUMBER;
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
      return state === NO_NUMBER ? SIGN : state === EXPONENT ? EXPONENT_SIGN : NO_NUMBER;
    case 0x2b:
      return state === EXPONENT ? EXPONENT_SIGN : NO_NUMBER;
    case 0x2e:
      return state === ZERO || state === INTEGER ? POINT : NO_NUMBER;
    case 0x65:
    case 0x45:
      return state === ZERO || state === INTEGER || state === FRACTION ? EXPONENT : NO_NUMBER;
    default:
      return NO_NUMBER;
  }
}
