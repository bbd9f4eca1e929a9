// Interruption: what is going on may be cut short, but not in the middle of telling what belongs together.

export class Interruption {
  #cut: (() => void) | undefined;
  #isHeld = false;
  #isAsked = false;

  /** From now on this is what cutting short means; undefined: nothing is going on. */
  replace(cut: (() => void) | undefined): void {
    this.#cut = cut;
    this.#isHeld = false;
    this.#isAsked = false;
  }

  /** Cuts short what is going on: at once, or when it is no longer held. */
  ask(): void {
    if (this.#isHeld) this.#isAsked = true;
    else this.#cut?.();
  }

  /** Tells something; an interruption that comes from there waits until all is told. */
  hold(tell: () => void): void {
    if (this.#isHeld) {
      tell();
      return;
    }
    const cut = this.#cut;
    this.#isHeld = true;
    tell();
    // Whoever was told may have ended what was going on.
    if (this.#cut !== cut || !this.#isHeld) return;
    this.#isHeld = false;
    if (this.#isAsked) {
      this.#isAsked = false;
      cut?.();
    }
  }
}
