// Ids of tool calls in a request: protocols want one with every call and the same with its result, and some want them in
// a certain form.
import type { Message } from '../../values/message.ts';
import type { ToolCallPart } from '../../values/part.ts';
import { isSyntheticId } from './parts.ts';

/**
 * Passes ids on that the protocol takes, and puts short ones in the place of all others: of ids that a decoder made, of
 * those that another provider made in a form that is illegal here, of none at all. The same history gives the same ids.
 */
export class CallIds {
  readonly #made = new Map<string, string>();
  /** Calls without any id that no result has come for yet, oldest first. */
  readonly #waiting: { readonly name: string; readonly id: string }[] = [];
  /** The ids that the history has: a made one must not be one of them. */
  readonly #taken: ReadonlySet<string | undefined>;
  readonly #legal: RegExp;
  #count = 0;

  /** @param legal What the protocol takes as an id. */
  constructor(messages: readonly Message[], legal: RegExp) {
    this.#legal = legal;
    this.#taken = new Set(
      messages.flatMap(({ parts }) => parts.map((part) => ('tool_call_id' in part ? part.tool_call_id : undefined))),
    );
  }

  ofCall(call: ToolCallPart): string {
    const { name, tool_call_id: id } = call;
    if (id === undefined) {
      const made = this.#make();
      this.#waiting.push({ name, id: made });
      return made;
    }
    return isSyntheticId(call) ? this.#madeFor(id) : this.#legalFor(id);
  }

  /** A result without an id belongs to the oldest call of its name that waits for one. */
  ofResult(id: string | undefined, name: string): string {
    if (id !== undefined) return this.#made.get(id) ?? this.#legalFor(id);
    const at = this.#waiting.findIndex((call) => call.name === name);
    return at < 0 ? this.#make() : this.#waiting.splice(at, 1)[0]!.id;
  }

  #legalFor(id: string): string {
    return this.#legal.test(id) ? id : this.#madeFor(id);
  }

  #madeFor(id: string): string {
    const made = this.#made.get(id) ?? this.#make();
    this.#made.set(id, made);
    return made;
  }

  /** Nine letters and digits: Mistral takes no other form, and every other provider takes this one. */
  #make(): string {
    let id: string;
    do id = `call${String(++this.#count).padStart(5, '0')}`;
    while (this.#taken.has(id));
    return id;
  }
}
