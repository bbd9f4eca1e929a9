// Ids of tool calls on their way to a provider of the AI SDK.
import type { Message } from '../../values/message.ts';
import type { ToolCallPart } from '../../values/part.ts';
import { CallIds } from '../shared/callIds.ts';
import { ofType } from '../shared/parts.ts';
import { notesOf } from './notes.ts';

/** Ids that the provider gave go back as they are; of others only those that every provider takes. */
export class OwnIds {
  readonly #own: ReadonlySet<string | undefined>;
  readonly #others: CallIds;

  constructor(messages: readonly Message[], vendor: string) {
    const calls = messages.flatMap(({ parts }) => ofType(parts, 'tool_call'));
    this.#own = new Set(calls.filter((call) => notesOf(call).by === vendor).map((call) => call.tool_call_id));
    this.#others = new CallIds(messages, /^[\w-]{1,40}$/);
  }

  ofCall(call: ToolCallPart): string {
    const { tool_call_id: id } = call;
    return id !== undefined && this.#own.has(id) ? id : this.#others.ofCall(call);
  }

  ofResult(id: string | undefined, name: string): string {
    return id !== undefined && this.#own.has(id) ? id : this.#others.ofResult(id, name);
  }
}
