// The JSON text of a call's arguments, written from values that come one by one with their paths.
import type { PartialArg } from './wire.ts';

type Step = string | number;

/** An object or an array that is not closed yet. */
interface Container {
  readonly isArray: boolean;
  /** The keys or indexes that have been written. */
  readonly keys: Set<Step>;
}

/**
 * Turns `partialArgs` into fragments that, joined, are the arguments as JSON. The model writes its arguments from the
 * first to the last, so what another path has followed is complete. Work per value grows with the depth of its path alone.
 */
export class ArgumentsText {
  readonly #open: Container[] = [];
  /** Of the last value. */
  #path: readonly Step[] = [];
  #inString = false;

  /**
   * The fragment for one more value.
   *
   * @throws When the path is none, or leads back to what has been written already.
   */
  add({ jsonPath = '', ...arg }: PartialArg): string {
    const value = valueOf(arg);
    if (value === undefined) return '';
    const path = parsePath(jsonPath);
    const isSame = path.length === this.#path.length && path.every((step, at) => step === this.#path[at]);
    // The end of a string is only known when something else comes, so it is left open until then.
    if (isSame && this.#inString && typeof value === 'string') return inner(value);
    let text = this.#moveTo(path, jsonPath);
    this.#inString = typeof value === 'string';
    text += typeof value === 'string' ? `"${inner(value)}` : JSON.stringify(value);
    return text;
  }

  /** Whatever is missing to the end; nothing where nothing was written. */
  end(): string {
    return this.#closeTo(0);
  }

  #moveTo(path: readonly Step[], shown: string): string {
    let shared = 0;
    while (shared < path.length - 1 && path[shared] === this.#path[shared] && shared < this.#open.length - 1) shared++;
    let text = this.#closeTo(shared + 1);
    for (let depth = shared; depth < path.length; depth++) {
      const step = path[depth]!;
      const isArray = typeof step === 'number';
      let container = this.#open[depth];
      if (container === undefined) {
        container = { isArray, keys: new Set() };
        this.#open.push(container);
        text += isArray ? '[' : '{';
      }
      const isInPlace = isArray ? step === container.keys.size : !container.keys.has(step);
      if (container.isArray !== isArray || !isInPlace) {
        throw new Error(`the argument at ${shown} is not the next one: its place is written already, or too early`);
      }
      if (container.keys.size > 0) text += ',';
      container.keys.add(step);
      if (!isArray) text += `${JSON.stringify(step)}:`;
    }
    this.#path = path;
    return text;
  }

  /** Closes the string, and all containers but the first ones. */
  #closeTo(depth: number): string {
    let text = this.#inString ? '"' : '';
    this.#inString = false;
    while (this.#open.length > depth) text += this.#open.pop()!.isArray ? ']' : '}';
    return text;
  }
}

function valueOf({ stringValue, numberValue, boolValue, nullValue }: PartialArg) {
  return nullValue === undefined ? (stringValue ?? numberValue ?? boolValue) : null;
}

/** A string as it stands between its quotes. */
function inner(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

const segment = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** The steps of a normalised RFC 9535 path. */
function parsePath(text: string): readonly Step[] {
  const steps: Step[] = [];
  segment.lastIndex = 1;
  while (text.startsWith('$') && segment.lastIndex < text.length) {
    const [found, name, index, single, double] = segment.exec(text) ?? [];
    if (found === undefined) break;
    steps.push(index === undefined ? (name ?? unescape(single ?? double ?? '')) : Number(index));
    if (segment.lastIndex === text.length) return steps;
  }
  throw new Error(`"${text}" is no path into the arguments`);
}

function unescape(name: string): string {
  return name.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, code: string) =>
    code.length > 1 ? String.fromCharCode(parseInt(code.slice(1), 16)) : (controls[code] ?? code),
  );
}

const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
