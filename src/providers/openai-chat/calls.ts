// Tool calls, put together from the fragments in which Chat Completions servers send them.
import type { EventOf, StreamEvent } from '../../values/event.ts';
import type { JsonValue } from '../../values/json.ts';
import type { ExecutedTool, FunctionFragment, ToolCallFragment } from './wire.ts';

/** Where the events of a response go, and who numbers its parts. */
export interface PartSink {
  /** A new part's index. */
  allocate(): number;
  emit(event: StreamEvent): void;
  /** The response's id as far as it is known. */
  readonly responseId: string;
  /** The key of `provider_metadata` for what is the server's own. */
  readonly key: string;
}

interface Call {
  readonly part_index: number;
  id: string;
  name: string;
  begun: boolean;
  ended: boolean;
}

const legacySlot = 'function_call';

export class ToolCallFragments {
  readonly #sink: PartSink;
  readonly #calls: Call[] = [];
  readonly #bySlot = new Map<number | string, Call>();
  /** Tools that the provider runs itself, by their index. */
  readonly #executed = new Map<number, string>();

  constructor(sink: PartSink) {
    this.#sink = sink;
  }

  add(fragment: ToolCallFragment | null): void {
    if (fragment === null || typeof fragment !== 'object') return;
    const { index, id, function: called } = fragment;
    const newId = typeof id === 'string' ? id : '';
    const name = nameOf(called);
    const call = typeof index === 'number' ? this.#atIndex(index, newId, name) : this.#withoutIndex(newId, name);
    this.#extend(call, newId, name, called?.arguments);
  }

  /** OpenAI's `function_call` of 2023: one call, which never has an id. */
  addLegacy(called: FunctionFragment): void {
    const call = this.#bySlot.get(legacySlot) ?? this.#begin(legacySlot);
    this.#extend(call, '', nameOf(called), called.arguments);
  }

  /** Says that all calls are complete. A call that never got an id gets the same one in every reading of these bytes. */
  end(): void {
    for (const call of this.#calls) {
      if (call.ended) continue;
      call.ended = true;
      if (call.id === '') {
        this.#sink.emit({
          ...this.#event(call, 'tool_call_args', ''),
          tool_call_id: this.#syntheticId(call.part_index),
          provider_metadata: { rxllm: { synthetic_id: true } },
        });
      }
      this.#sink.emit({ type: 'part_end', part_index: call.part_index });
    }
  }

  /** Groq's compound models run tools themselves: the call when it is first seen, the result once there is one. */
  addExecuted({ index = 0, type = '', arguments: args, output, search_results: found }: ExecutedTool): void {
    const server = { message_index: 0, server_executed: true, tool_name: type } as const;
    let id = this.#executed.get(index);
    if (id === undefined) {
      const part_index = this.#sink.allocate();
      id = this.#syntheticId(part_index);
      this.#executed.set(index, id);
      const event = { ...server, part_index, tool_call_id: id };
      const marked = { provider_metadata: { rxllm: { synthetic_id: true } } };
      this.#sink.emit({ type: 'tool_call_name', chunk: type, ...event, ...marked });
      this.#sink.emit({ type: 'tool_call_args', chunk: typeof args === 'string' ? args : '', ...event });
      this.#sink.emit({ type: 'part_end', part_index });
    }
    if (typeof output !== 'string' || output === '') return;
    const part_index = this.#sink.allocate();
    const results = found !== undefined && { provider_metadata: { [this.#sink.key]: { search_results: found } } };
    this.#sink.emit({ type: 'tool_result', chunk: output, ...server, part_index, tool_call_id: id, ...results });
    this.#sink.emit({ type: 'part_end', part_index });
  }

  /**
   * The index says which call, with one exception: Gemini's compatible server gives index 0 to every call of a turn, so
   * another id together with a name begins another call.
   */
  #atIndex(index: number, id: string, name: string): Call {
    const call = this.#bySlot.get(index);
    const isOther = call !== undefined && id !== '' && call.id !== '' && id !== call.id && name !== '';
    return call === undefined || isOther ? this.#begin(index) : call;
  }

  /** Without an index (seen from Mistral) an id that is new begins a call, and so does a name without an id. */
  #withoutIndex(id: string, name: string): Call {
    const last = this.#calls.at(-1);
    if (id !== '') {
      const known = this.#bySlot.get(id);
      if (known !== undefined) return known;
      const isLate = last !== undefined && last.id === '' && name === '';
      if (!isLate) return this.#begin(id);
      this.#bySlot.set(id, last);
      return last;
    }
    return last === undefined || name !== '' ? this.#begin() : last;
  }

  #begin(slot?: number | string): Call {
    const call: Call = { part_index: this.#sink.allocate(), id: '', name: '', begun: false, ended: false };
    this.#calls.push(call);
    if (slot !== undefined) this.#bySlot.set(slot, call);
    return call;
  }

  #extend(call: Call, id: string, name: string, args: JsonValue | undefined): void {
    const isLateId = call.begun && call.id === '' && id !== '';
    if (call.id === '') call.id = id;
    // Some servers repeat the whole name with every fragment, others send it in pieces.
    const piece = name === call.name ? '' : name;
    const hasName = piece !== '' || !call.begun;
    call.begun = true;
    call.name += piece;
    if (hasName) this.#sink.emit(this.#event(call, 'tool_call_name', piece));
    const text =
      typeof args === 'string' ? args : typeof args === 'object' && args !== null ? JSON.stringify(args) : '';
    if (text !== '' || (isLateId && !hasName)) this.#sink.emit(this.#event(call, 'tool_call_args', text));
  }

  #event<K extends 'tool_call_name' | 'tool_call_args'>(call: Call, type: K, chunk: string): EventOf<K> {
    const { id, part_index } = call;
    const event = { type, chunk, part_index, message_index: 0 };
    return (id === '' ? event : { ...event, tool_call_id: id }) as EventOf<K>;
  }

  #syntheticId(partIndex: number): string {
    return `tc_${this.#sink.responseId}_${partIndex}`;
  }
}

function nameOf(called: FunctionFragment | null | undefined): string {
  return typeof called?.name === 'string' ? called.name : '';
}
