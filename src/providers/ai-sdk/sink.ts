// Where the parts of a response go that are put together from the AI SDK's: numbered, and marked with who made them.
import type { StreamEvent } from '../../values/event.ts';
import type { ProviderMetadata } from '../../values/part.ts';
import type { Output } from '../shared/output.ts';
import { toMetadata, type Notes } from './notes.ts';

export class PartSink {
  readonly #out: Output;
  readonly #by: string;
  /** How many visible parts have begun. */
  position = 0;

  /** @param by Whose model it is. */
  constructor(out: Output, by: string) {
    this.#out = out;
    this.#by = by;
  }

  /** The index of a new part that everybody sees. */
  begin(): number {
    this.position += 1;
    return this.#out.allocate();
  }

  /** The index of a new part that is redacted. */
  beginHidden(): number {
    return this.#out.allocate();
  }

  emit(event: StreamEvent): void {
    this.#out.emit(event);
  }

  /** `provider_metadata` of a part. A later one replaces an earlier one, so it is always all of it. */
  metadata(notes: Notes): ProviderMetadata {
    return toMetadata({ by: this.#by, ...notes });
  }
}
