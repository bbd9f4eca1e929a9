/** Reads JSON that is still being written: a value for every prefix of a text. Mending broken JSON is left to others. */
import type { JsonValue } from './json.ts';
import { isWholeNumber, numberStep, START } from './jsonNumber.ts';
import { JsonSyntaxError } from './jsonSyntaxError.ts';

type Container = JsonValue[] | { [key: string]: JsonValue };

/** What may come next: a value in the first two states, a key in the next two. */
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

const EXPECTED = [
  'a value',
  'a value or "]"',
  'a key or "}"',
  'a key',
  '":"',
  '"," or the end of the container',
  'nothing more',
  'the rest of the string',
  'the rest of the key',
  'a digit',
];

const QUOTE = 0x22;
/** As much of a string as is in order. Repeated at most so often because every round takes room on V8's regexp stack. */
const STRING_RUN = /(?:[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4})){0,256}/y;
/** As much of an escape as is in order, when it is not whole. */
const ESCAPE_START = /\\(?:u[\da-fA-F]{0,3})?/y;

const BLOCK = 1024;

export class IncrementalJson {
  readonly #fragments: string[] = [];
  #count = 0;
  #parsed = '';
  #rest = '';
  #state = VALUE;
  #numberState = START;
  #token = '';
  #high = '';
  readonly #open: Container[] = [[]];
  readonly #keys: string[] = [''];
  #snapshot: JsonValue | undefined;
  #changed = false;
  #error: JsonSyntaxError | undefined;
  #ended = false;

  push(fragment: string): this {
    if (this.#ended) throw new Error('nothing can be pushed after end()');
    this.#fragments[this.#count++] = fragment;
    if (this.#count === BLOCK) this.#drain();
    return this;
  }

  get text(): string {
    this.#drain();
    return this.#parsed + this.#rest;
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
    return this.#state === END && this.#error === undefined;
  }

  end(): JsonValue {
    this.#drain();
    if (!this.#ended) {
      this.#ended = true;
      if (this.#state === IN_NUMBER && isWholeNumber(this.#numberState)) this.#closeToken();
      if (this.#state !== END && !this.#error) this.#fail(this.#rest, this.#rest.length, EXPECTED[this.#state]!);
    }
    if (this.#error) throw this.#error;
    return this.value!;
  }

  #drain(): void {
    if (this.#count === 0) return;
    const fragments = this.#count === BLOCK ? this.#fragments : this.#fragments.slice(0, this.#count);
    const block = this.#rest + fragments.join('');
    this.#count = 0;
    const at = this.#error ? 0 : this.#read(block);
    const end = at < 0 ? ~at : at;
    this.#parsed += block.slice(0, end);
    this.#rest = block.slice(end);
  }

  #read(block: string): number {
    if (this.#state < IN_STRING) return this.#readTokens(block, 0);
    const at = this.#state === IN_NUMBER ? this.#readNumber(block, 0) : this.#readString(block, 0);
    if (at >= 0) {
      this.#closeToken();
      return this.#readTokens(block, at);
    }
    if (this.#state === IN_STRING) this.#replace(this.#token);
    return at;
  }

  #closeToken(): void {
    const token = this.#token;
    const depth = this.#open.length - 1;
    this.#token = '';
    if (this.#state === IN_KEY) {
      this.#keys[depth] = token;
      this.#state = COLON;
    } else {
      if (this.#state === IN_STRING) this.#replace(token);
      else this.#put(Number(token));
      this.#state = depth === 0 ? END : COMMA;
    }
  }

  #put(value: JsonValue): void {
    const depth = this.#open.length - 1;
    const top = this.#open[depth]!;
    if (Array.isArray(top)) top.push(value);
    else setOwn(top, this.#keys[depth]!, value);
    this.#changed = true;
  }

  #replace(value: JsonValue): void {
    const depth = this.#open.length - 1;
    replaceLast(this.#open[depth]!, this.#keys[depth]!, value);
    this.#changed = true;
  }

  #readTokens(block: string, from: number): number {
    const open = this.#open;
    const keys = this.#keys;
    let depth = open.length - 1;
    let top = open[depth]!;
    let state = this.#state;
    let at = from;
    scan: while (at < block.length) {
      const code = block.charCodeAt(at);
      let value: JsonValue;
      switch (code) {
        case 0x20:
        case 0x0a:
        case 0x0d:
        case 0x09:
          at++;
          continue;
        case 0x22:
          if (state > KEY) break scan;
          at = this.#readString(block, at + 1);
          if (at < 0) {
            this.#state = state >= FIRST_KEY ? IN_KEY : IN_STRING;
            if (this.#state === IN_STRING) this.#put(this.#token);
            return at;
          }
          value = this.#token;
          this.#token = '';
          if (state >= FIRST_KEY) {
            keys[depth] = value;
            state = COLON;
            continue;
          }
          break;
        case 0x3a:
          if (state !== COLON) break scan;
          state = VALUE;
          at++;
          continue;
        case 0x2c:
          if (state !== COMMA) break scan;
          state = Array.isArray(top) ? VALUE : KEY;
          at++;
          continue;
        case 0x5b:
        case 0x7b: {
          if (state > FIRST_ELEMENT) break scan;
          const container: Container = code === 0x5b ? [] : {};
          if (Array.isArray(top)) top.push(container);
          else setOwn(top, keys[depth]!, container);
          open[++depth] = top = container;
          state = code === 0x5b ? FIRST_ELEMENT : FIRST_KEY;
          this.#changed = true;
          at++;
          continue;
        }
        case 0x5d:
        case 0x7d:
          if (Array.isArray(top) !== (code === 0x5d)) break scan;
          if (state !== COMMA && state !== FIRST_ELEMENT && state !== FIRST_KEY) break scan;
          open.pop();
          top = open[--depth]!;
          state = depth === 0 ? END : COMMA;
          this.#changed = true;
          at++;
          continue;
        case 0x74:
        case 0x66:
        case 0x6e: {
          if (state > FIRST_ELEMENT) break scan;
          const word = code === 0x74 ? 'true' : code === 0x66 ? 'false' : 'null';
          if (!block.startsWith(word, at)) {
            this.#state = state;
            return this.#stopInWord(block, at, word);
          }
          value = code === 0x74 ? true : code === 0x66 ? false : null;
          at += word.length;
          break;
        }
        default:
          if (state > FIRST_ELEMENT || numberStep(START, code) === START) break scan;
          this.#numberState = START;
          at = this.#readNumber(block, at);
          if (at < 0) {
            this.#state = IN_NUMBER;
            return at;
          }
          value = Number(this.#token);
          this.#token = '';
      }
      if (Array.isArray(top)) top.push(value);
      else setOwn(top, keys[depth]!, value);
      state = depth === 0 ? END : COMMA;
      this.#changed = true;
    }
    this.#state = state;
    return at < block.length ? this.#fail(block, at, EXPECTED[state]!) : at;
  }

  #readString(block: string, from: number): number {
    let at = from;
    do {
      STRING_RUN.lastIndex = at;
      STRING_RUN.test(block);
      if (STRING_RUN.lastIndex === at) break;
      at = STRING_RUN.lastIndex;
    } while (block.charCodeAt(at) !== QUOTE);
    const run = block.slice(from, at);
    const text = this.#high + (run.includes('\\') ? (JSON.parse(`"${run}"`) as string) : run);
    if (block.charCodeAt(at) === QUOTE) {
      this.#token = this.#token === '' ? text : this.#token + text;
      this.#high = '';
      return at + 1;
    }
    const last = text.charCodeAt(text.length - 1);
    const whole = last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
    this.#token += text.slice(0, whole);
    this.#high = text.slice(whole);
    if (at === block.length) return ~at;
    ESCAPE_START.lastIndex = at;
    if (!ESCAPE_START.test(block)) return this.#fail(block, at, 'control characters in strings to be escaped');
    return ESCAPE_START.lastIndex === block.length ? ~at : this.#fail(block, ESCAPE_START.lastIndex, 'an escape');
  }

  #readNumber(block: string, from: number): number {
    let at = from;
    let state = this.#numberState;
    while (at < block.length) {
      const next = numberStep(state, block.charCodeAt(at));
      if (next === START) break;
      state = next;
      at++;
    }
    this.#numberState = state;
    this.#token += block.slice(from, at);
    if (at === block.length) return ~at;
    return isWholeNumber(state) ? at : this.#fail(block, at, 'a digit');
  }

  #stopInWord(block: string, from: number, word: string): number {
    let at = from + 1;
    while (at < block.length && block[at] === word[at - from]) at++;
    return at === block.length ? ~from : this.#fail(block, at, `"${word}"`);
  }

  #copyOpen(): JsonValue | undefined {
    const copies = this.#open.map((container) => (Array.isArray(container) ? container.slice() : { ...container }));
    for (let i = 1; i < copies.length; i++) replaceLast(copies[i - 1]!, this.#keys[i - 1]!, copies[i]!);
    return (copies[0] as JsonValue[])[0];
  }

  #fail(block: string, at: number, expected: string): number {
    this.#error = new JsonSyntaxError(this.#parsed + block, this.#parsed.length + at, expected);
    return ~at;
  }
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
