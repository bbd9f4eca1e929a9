// The client's tool calls of a history: the id that each has in a request, and the result that belongs to it.
import type { Message } from '../../values/message.ts';
import type { PartOf } from '../../values/part.ts';
import { isClients, isSyntheticId, ofType } from '../shared/parts.ts';

type Call = PartOf<'tool_call'>;
type Result = PartOf<'tool_result'>;

export interface PairedCall {
  readonly id: string;
  /** Undefined where the history has none. */
  readonly result: Result | undefined;
}

/** What the API takes as an id. */
const legal = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Asked for the calls in their order. An id goes out once and in a legal form; others are replaced, also those that a
 * decoder made. A result belongs to the call with its id, one without an id to the first of its name that has no other;
 * it comes after its call, however late. The same history gives the same ids.
 */
export class ClientCalls {
  readonly #results: { readonly part: Result; readonly at: number }[];
  readonly #paired = new Set<Result>();
  /** Ids that the history has: a made one must not be one of them. */
  readonly #known: ReadonlySet<string | undefined>;
  readonly #used = new Set<string>();
  #count = 0;

  constructor(messages: readonly Message[]) {
    this.#results = messages.flatMap(({ parts }, at) =>
      ofType(parts, 'tool_result')
        .filter(isClients)
        .map((part) => ({ part, at })),
    );
    this.#known = new Set(messages.flatMap(({ parts }) => ofType(parts, 'tool_call').map((call) => call.tool_call_id)));
  }

  /** @param at The message of the call. */
  pair(call: Call, at: number): PairedCall {
    const result = this.#find(at, ({ tool_call_id: id }) => id !== undefined && id === call.tool_call_id);
    return {
      id: this.#idOf(call),
      result: result ?? this.#find(at, ({ tool_call_id: id, name }) => id === undefined && name === call.name),
    };
  }

  /** Whether a result has been given to a call; asked when the calls before it have been. */
  isPaired(result: Result): boolean {
    return this.#paired.has(result);
  }

  #find(at: number, belongs: (result: Result) => boolean): Result | undefined {
    const found = this.#results.findIndex((result) => result.at >= at && belongs(result.part));
    if (found < 0) return undefined;
    const [{ part } = {}] = this.#results.splice(found, 1);
    if (part) this.#paired.add(part);
    return part;
  }

  #idOf(call: Call): string {
    const { tool_call_id: own = '' } = call;
    const id = legal.test(own) && !isSyntheticId(call) && !this.#used.has(own) ? own : this.#make();
    this.#used.add(id);
    return id;
  }

  #make(): string {
    let id: string;
    do id = `call${String(++this.#count).padStart(5, '0')}`;
    while (this.#known.has(id));
    return id;
  }
}
