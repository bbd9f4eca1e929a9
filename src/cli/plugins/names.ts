// Names that plugins give: of two that are the same the later one is numbered, as llm does it.
import type { Renamed } from './loadPlugins.ts';

export class Names {
  readonly #what: Renamed['what'];
  readonly #taken: Set<string>;
  readonly #maxLength: number;

  constructor(what: Renamed['what'], taken: Iterable<string> = [], maxLength = Infinity) {
    this.#what = what;
    this.#taken = new Set(taken);
    this.#maxLength = maxLength;
  }

  /**
   * The name where it is free, else with `_1`, `_2` …
   *
   * @param renamed Gets a line where it has changed.
   * @param isFree What else a name must fulfil.
   */
  take(name: string, renamed: Renamed[], isFree: (name: string) => boolean = () => true): string {
    let free = name;
    for (let number = 1; this.#taken.has(free) || !isFree(free); number += 1) {
      const suffix = `_${number}`;
      free = name.slice(0, this.#maxLength - suffix.length) + suffix;
    }
    this.#taken.add(free);
    if (free !== name) renamed.push({ what: this.#what, from: name, to: free });
    return free;
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }
}
