// The tool calls of a response, and the results of those that the provider ran, by the ids that the AI SDK gives them.
import { parseJson } from '../../http/errorBody.ts';
import { given, type Notes } from './notes.ts';
import type { PartSink } from './sink.ts';
import type { PartOf } from './types.ts';

interface Call {
  readonly part_index: number;
  readonly id: string;
  /** What was sent of the arguments. */
  text: string;
  /** Whether fragments of the arguments are passed on as they come. */
  readonly isStreamed: boolean;
  readonly isServers: boolean;
  notes: Notes;
  ended: boolean;
}

export class ToolParts {
  readonly #sink: PartSink;
  readonly #calls = new Map<string, Call>();
  /** Whether there is a call that nobody has run. */
  hasClients = false;

  constructor(sink: PartSink) {
    this.#sink = sink;
  }

  inputStart(part: PartOf<'tool-input-start'>): void {
    const { id, toolName, providerExecuted, providerMetadata } = part;
    if (this.#calls.has(id)) return;
    const isServers = providerExecuted === true;
    // The call itself has the arguments once more. Fragments that are no JSON are not needed before that, nor those of a
    // tool that nobody here runs: its arguments may yet be changed, and must go back as they are in the end.
    const isJson = !('inputEncoding' in part && part.inputEncoding === 'text');
    this.#begin(id, toolName, isServers, isJson && !isServers, given(providerMetadata));
  }

  inputDelta({ id, delta }: PartOf<'tool-input-delta'>): void {
    const call = this.#calls.get(id);
    if (call?.isStreamed && !call.ended && delta !== '') this.#args(call, delta);
  }

  call({ toolCallId: id, toolName, input, providerExecuted, providerMetadata }: PartOf<'tool-call'>): void {
    const begun = this.#calls.get(id);
    const call = begun ?? this.#begin(id, toolName, providerExecuted === true, true, given(providerMetadata));
    if (call.ended) return;
    // A body that breaks off within a call makes some providers give what there is of it as if that were the call. So
    // what is not clearly whole ends with the response.
    const mayBeCut = begun?.isStreamed === true && parseJson(begun.text) === undefined;
    const whole = typeof input === 'string' ? input : JSON.stringify(input);
    // What was streamed cannot be taken back; it is the same, or nothing, with every provider known.
    const rest = whole.startsWith(call.text) ? whole.slice(call.text.length) : '';
    const notes = given(providerMetadata);
    call.notes = { ...call.notes, ...notes };
    if (rest !== '' || notes.metadata) this.#args(call, rest, notes.metadata !== undefined);
    if (!mayBeCut) this.#end(call);
  }

  /** Preliminary results are replaced by others, so they are left out. */
  result(part: PartOf<'tool-result'>): void {
    if (part.preliminary === true) return;
    const { toolCallId, toolName, isError = false, providerMetadata } = part;
    const result: unknown = part.result;
    const isText = typeof result === 'string';
    const output = isError ? (isText ? 'error-text' : 'error-json') : isText ? 'text' : 'json';
    const part_index = this.#sink.begin();
    this.#sink.emit({
      type: 'tool_result',
      chunk: isText ? result : (JSON.stringify(result) ?? 'null'),
      part_index,
      message_index: 0,
      tool_call_id: toolCallId,
      tool_name: toolName,
      server_executed: true,
      provider_metadata: this.#sink.metadata({ ...given(providerMetadata), output }),
    });
    this.#sink.emit({ type: 'part_end', part_index });
  }

  /** The provider will run the call when it is told that it may. */
  approval({ approvalId, toolCallId, providerMetadata }: PartOf<'tool-approval-request'>): void {
    const call = this.#calls.get(toolCallId);
    if (call === undefined) return;
    call.notes = { ...call.notes, approval: { id: approvalId, ...given(providerMetadata) } };
    this.#args(call, '', true);
  }

  /** Says that all is complete. */
  finish(): void {
    for (const call of this.#calls.values()) if (!call.ended) this.#end(call);
  }

  #begin(id: string, name: string, isServers: boolean, isStreamed: boolean, notes: Notes): Call {
    const call = { part_index: this.#sink.begin(), id, text: '', isStreamed, isServers, notes, ended: false };
    this.#calls.set(id, call);
    this.hasClients ||= !isServers;
    this.#sink.emit({
      type: 'tool_call_name',
      chunk: name,
      ...this.#fields(call),
      provider_metadata: this.#sink.metadata(notes),
    });
    return call;
  }

  #args(call: Call, chunk: string, withNotes = false): void {
    call.text += chunk;
    const provider_metadata = withNotes && { provider_metadata: this.#sink.metadata(call.notes) };
    this.#sink.emit({ type: 'tool_call_args', chunk, ...this.#fields(call), ...provider_metadata });
  }

  #end(call: Call): void {
    call.ended = true;
    this.#sink.emit({ type: 'part_end', part_index: call.part_index });
  }

  #fields({ part_index, id, isServers }: Call) {
    const fields = { part_index, message_index: 0, tool_call_id: id };
    return isServers ? { ...fields, server_executed: true } : fields;
  }
}
