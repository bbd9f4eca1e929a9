// Tools that Google runs itself: each call and result is a part of ours, on which the part as it came is kept.
import type { JsonObject } from '../../values/json.ts';
import { metadata, type ResponseParts } from './responseParts.ts';
import type { WirePart } from './wire.ts';

const codeExecution = 'code_execution';

export class ServerTools {
  readonly #parts: ResponseParts;
  /** The call without an id that has no result yet. */
  #waiting: string | undefined;

  constructor(parts: ResponseParts) {
    this.#parts = parts;
  }

  /** Takes the part if it is one of these. */
  take(wire: WirePart): boolean {
    const { executableCode: code, codeExecutionResult: ran, toolCall: call, toolResponse: response } = wire;
    if (code) this.#call(wire, codeExecution, code.id, code);
    else if (ran) this.result(wire, codeExecution, ran.id, ran.output ?? '');
    else if (call) this.#call(wire, nameOf(call.toolType), call.id, call.args ?? {});
    else if (response)
      this.result(wire, nameOf(response.toolType), response.id, JSON.stringify(response.response ?? {}));
    else return false;
    return true;
  }

  result(wire: WirePart, name: string, id: string | undefined, output: string): void {
    const part = this.#parts.begin('tool_result', { part: wire as JsonObject });
    this.#parts.emit(part, output, {
      tool_call_id: id || this.#waiting || this.#parts.syntheticId(part),
      tool_name: name,
      server_executed: true,
      ...metadata(part.own),
    });
    if (!id) this.#waiting = undefined;
    this.#parts.end(part);
  }

  #call(wire: WirePart, name: string, id: string | undefined, args: JsonObject): void {
    const part = this.#parts.begin('tool_call_args', { part: wire as JsonObject });
    const tool_call_id = id || this.#parts.syntheticId(part);
    if (!id) this.#waiting = tool_call_id;
    this.#parts.emitName(part, name, {
      tool_call_id,
      server_executed: true,
      ...metadata(part.own, !id),
    });
    this.#parts.emit(part, JSON.stringify(args), { tool_call_id, server_executed: true });
    this.#parts.end(part);
  }
}

/** `GOOGLE_SEARCH_WEB` in the way in which the names of tools are written. */
function nameOf(toolType = 'tool'): string {
  return toolType.toLowerCase();
}
