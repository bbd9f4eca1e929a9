// Function calls of a Gemini response, whole or in pieces.
import { ArgumentsText } from './argumentsText.ts';
import { metadata, signature, type ResponsePart, type ResponseParts } from './responseParts.ts';
import type { FunctionCall, FunctionResponse, WirePart } from './wire.ts';

interface Call {
  readonly part: ResponsePart;
  readonly id: string;
  readonly name: string;
  readonly args: ArgumentsText;
  /** As it came, where it came whole. */
  readonly wire: WirePart | undefined;
  /** A result came in the same response. */
  isServers: boolean;
}

export class FunctionCalls {
  readonly #parts: ResponseParts;
  readonly #calls: Call[] = [];
  /** The call of which more follows. */
  #open: Call | undefined;

  constructor(parts: ResponseParts) {
    this.#parts = parts;
  }

  /** Whether there is one that the client has to run. */
  get hasClientCalls(): boolean {
    return this.#calls.some(({ isServers }) => !isServers);
  }

  /** A name begins a call; what has none goes on with the open one, and ends it when it says nothing of more to come. */
  add(wire: WirePart, called: FunctionCall): void {
    const { args, partialArgs = [], willContinue = false } = called;
    const call = this.#goOn(wire, called) ?? this.#begin(wire, called);
    if (call === undefined) return;
    const text = partialArgs.map((arg) => call.args.add(arg)).join('') || (args ? JSON.stringify(args) : '');
    if (text !== '') this.#parts.emit(call.part, text, { tool_call_id: call.id });
    if (!willContinue) this.end();
  }

  /** Says that the open call is complete. */
  end(): void {
    const call = this.#open;
    if (call === undefined) return;
    this.#open = undefined;
    const rest = call.args.end();
    if (rest !== '') this.#parts.emit(call.part, rest, { tool_call_id: call.id });
    this.#parts.end(call.part);
  }

  /**
   * A result in the response says that Gemini ran the function itself, by an MCP server of the request.
   *
   * @returns The id of the call.
   */
  answer({ id = '', name = '' }: FunctionResponse): string | undefined {
    const call = this.#calls.find(
      (candidate) => !candidate.isServers && (id === '' ? candidate.name === name : candidate.id === id),
    );
    if (call === undefined) return undefined;
    call.isServers = true;
    const { part, wire } = call;
    this.#parts.keep(part, wire ? { part: wire as typeof part.own } : {}, {
      tool_call_id: call.id,
      server_executed: true,
    });
    return call.id;
  }

  #goOn(wire: WirePart, { name = '', id = '' }: FunctionCall): Call | undefined {
    const call = this.#open;
    if (call === undefined || (name !== '' && (id === '' || id !== call.id))) return undefined;
    if (wire.thoughtSignature) this.#parts.keep(call.part, signature(wire), { tool_call_id: call.id });
    return call;
  }

  #begin(wire: WirePart, { name = '', id = '', willContinue = false }: FunctionCall): Call | undefined {
    this.end();
    if (name === '') return undefined;
    const part = this.#parts.begin('tool_call_args', signature(wire));
    const call: Call = {
      part,
      id: id || this.#parts.syntheticId(part),
      name,
      args: new ArgumentsText(),
      wire: willContinue ? undefined : wire,
      isServers: false,
    };
    this.#parts.emitName(part, name, { tool_call_id: call.id, ...metadata(part.own, id === '') });
    this.#calls.push(call);
    return (this.#open = call);
  }
}
