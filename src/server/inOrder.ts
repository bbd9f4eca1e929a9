// Telling many, each thing to all before the next is told to anybody: also where one who is told makes the next.

export class InOrder<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #waiting: T[] = [];
  #isTelling = false;

  /** Tells everything from now on, until the function that it returns is called. */
  listen(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes it in its place; `tell()` tells it. */
  add(value: T): void {
    this.#waiting.push(value);
  }

  tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let value = this.#waiting.shift(); value !== undefined; value = this.#waiting.shift()) {
        for (const listener of this.#listeners) listener(value);
      }
    } finally {
      this.#isTelling = false;
    }
  }
}
