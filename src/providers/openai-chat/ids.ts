// Ids of tool calls in a request: the protocol wants one with every call and the same with its result.
import type { Message } from '../../values/message.ts';
import type { ToolCallPart } from '../../values/part.ts';

/**
 * Passes a provider's ids on, and makes short ones for calls that have none of a provider: OpenAI takes ids of at most 40
 * characters, which those that the decoder makes may exceed. The same history gives the same ids.
 */
export class CallIds {
  readonly #made = new Map<string, string>();
  /** Calls without any id that no result has come for yet, oldest first. */
  readonly #waiting: { readonly name: string; readonly id: string }[] = [];
  /** The ids that the history has: a made one must not be one of them. */
  readonly #taken: ReadonlySet<string | undefined>;
  #count = 0;

  constructor(messages: readonly Message[]) {
    this.#taken = new Set(
      messages.flatMap(({ parts }) => parts.map((part) => ('tool_call_id' in part ? part.tool_call_id : undefined))),
    );
  }

  ofCall({ name, tool_call_id: id, provider_metadata: metadata }: ToolCallPart): string {
    const own = metadata?.rxllm;
    const isOurs = typeof own === 'object' && own !== null && 'synthetic_id' in own && own.synthetic_id === true;
    if (id !== undefined && !isOurs) return id;
    const made = this.#make();
    if (id === undefined) this.#waiting.push({ name, id: made });
    else this.#made.set(id, made);
    return made;
  }

  /** A result without an id belongs to the oldest call of its name that waits for one. */
  ofResult(id: string | undefined, name: string): string {
    if (id !== undefined) return this.#made.get(id) ?? id;
    const at = this.#waiting.findIndex((call) => call.name === name);
    return at < 0 ? this.#make() : this.#waiting.splice(at, 1)[0]!.id;
  }

  #make(): string {
    let id: string;
    do id = `call_${++this.#count}`;
    while (this.#taken.has(id));
    return id;
  }
}
