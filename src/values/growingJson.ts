// GrowingJson: a JSON value that is built from its beginning to its end, and can be looked at on the way.
import type { JsonValue } from './json.ts';

type Container = JsonValue[] | { [key: string]: JsonValue };

export class GrowingJson {
  /** The containers that are open, outermost first, in an array for the top-level value. Never handed out. */
  readonly #open: Container[] = [[]];
  /** For each open object the key of the value that comes next or is open. */
  readonly #keys: string[] = [];
  #depth = 0;
  #snapshot: JsonValue | undefined;
  #changed = false;

  /** How many containers are open. */
  get depth(): number {
    return this.#depth;
  }

  get inArray(): boolean {
    return Array.isArray(this.#open[this.#depth]);
  }

  /** Names the value that comes next in the innermost open object. */
  key(key: string): void {
    this.#keys[this.#depth] = key;
  }

  add(value: JsonValue): void {
    const container = this.#open[this.#depth]!;
    if (Array.isArray(container)) container.push(value);
    else setOwn(container, this.#keys[this.#depth]!, value);
    this.#changed = true;
  }

  /** Puts a longer string in the place of the one that was added last. */
  replace(value: string): void {
    setLast(this.#open[this.#depth]!, this.#keys[this.#depth]!, value);
    this.#changed = true;
  }

  open(container: Container): void {
    this.add(container);
    this.#open[++this.#depth] = container;
  }

  close(): void {
    this.#open.pop();
    this.#depth--;
    // What is handed out from now on holds this container itself, and no longer copies of it.
    this.#changed = true;
  }

  /** The value so far. Copies what is open and shares what has closed. */
  get value(): JsonValue | undefined {
    if (this.#changed) {
      this.#changed = false;
      this.#snapshot = this.#copy();
    }
    return this.#snapshot;
  }

  #copy(): JsonValue | undefined {
    let inner: Container | undefined;
    for (let depth = this.#depth; depth > 0; depth--) {
      const container = this.#open[depth]!;
      const copy: Container = Array.isArray(container) ? container.slice() : { ...container };
      if (inner) setLast(copy, this.#keys[depth]!, inner);
      inner = copy;
    }
    return inner ?? (this.#open[0] as JsonValue[])[0];
  }
}

function setLast(target: Container, key: string, value: JsonValue): void {
  if (Array.isArray(target)) target[target.length - 1] = value;
  else setOwn(target, key, value);
}

function setOwn(target: { [key: string]: JsonValue }, key: string, value: JsonValue): void {
  // Assigning to __proto__ sets the prototype, and to a name in a frozen Object.prototype throws. JSON.parse defines.
  if (key in Object.prototype) {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else target[key] = value;
}
