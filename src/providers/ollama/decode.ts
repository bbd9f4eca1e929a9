// Decodes what Ollama's `/api/chat` answers: from lines to events of ours. Pure and synchronous.
import { toAttachment } from '../../values/attachment.ts';
import type { JsonValue } from '../../values/json.ts';
import type { JsonDecoder, Payload } from '../shared/decodeJson.ts';
import type { Output } from '../shared/output.ts';
import { isText } from '../shared/options.ts';
import { mediaType } from '../shared/files.ts';
import { providerError } from '../shared/providerError.ts';
import { toFinishReason, toUsage } from './usage.ts';
import type { ChatLine, ChatToolCall } from './wire.ts';

/** The key of `provider_metadata` for what is Ollama's own. */
export const metadataKey = 'ollama';

interface OpenPart {
  readonly type: 'text' | 'reasoning';
  readonly part_index: number;
}

/**
 * Takes the lines of one response. Every event has its indexes. Text and reasoning end when a part of another kind begins
 * or the response is complete; calls and files come whole.
 */
export class OllamaDecoder implements JsonDecoder {
  readonly #out: Output;
  #open: OpenPart | undefined;
  /** Log probabilities of the tokens of the part that is open, or that will be. */
  #logprobs: JsonValue[] = [];
  #responseId = '';
  #hasCalls = false;
  finishReason = '';
  isComplete = false;

  constructor(out: Output) {
    this.#out = out;
  }

  take(payload: Payload): void {
    const line: ChatLine = payload;
    if (line.error) {
      this.#out.fail(providerError(payload));
      return;
    }
    this.#out.resolvedModel(line.model);
    if (this.#responseId === '' && isText(line.created_at)) this.#responseId = line.created_at.replaceAll(/\W/g, '');
    const { thinking, content, images, tool_calls: calls } = line.message ?? {};
    if (isText(thinking)) this.#prose('reasoning', thinking);
    if (isText(content)) this.#prose('text', content);
    // A line may have them alone: its text is kept back until it is clear whether it is a call.
    if (Array.isArray(line.logprobs)) for (const entry of line.logprobs) this.#logprobs.push(entry);
    if (Array.isArray(images)) for (const image of images) this.#image(image);
    if (Array.isArray(calls)) for (const call of calls) this.#call(call);
    const usage = toUsage(payload);
    if (usage) this.#out.emit({ type: 'usage', usage });
    if (line.done === true) {
      this.finishReason = isText(line.done_reason) ? line.done_reason : '';
      this.isComplete = true;
      this.complete();
    }
  }

  complete(): void {
    this.#close();
    this.#out.finish(toFinishReason(this.finishReason, this.#hasCalls), this.finishReason);
  }

  #prose(type: OpenPart['type'], chunk: string): void {
    if (this.#open?.type !== type) {
      this.#close();
      this.#open = { type, part_index: this.#out.allocate() };
    }
    this.#out.emit({ type, chunk, part_index: this.#open.part_index, message_index: 0 });
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { type, part_index } = this.#open;
    if (this.#logprobs.length > 0) {
      const provider_metadata = { [metadataKey]: { logprobs: this.#logprobs } };
      this.#out.emit({ type, chunk: '', part_index, message_index: 0, provider_metadata });
      this.#logprobs = [];
    }
    this.#out.emit({ type: 'part_end', part_index });
    this.#open = undefined;
  }

  #image(content: unknown): void {
    if (!isText(content)) return;
    this.#close();
    const attachment = toAttachment({ type: mediaType({ content }), content });
    const part_index = this.#out.allocate();
    this.#out.emit({ type: 'attachment', attachment, part_index, message_index: 0 });
    this.#out.emit({ type: 'part_end', part_index });
  }

  #call(call: ChatToolCall | null): void {
    const { name, arguments: args } = call?.function ?? {};
    if (!isText(name)) return;
    this.#close();
    this.#hasCalls = true;
    const part_index = this.#out.allocate();
    const id = isText(call?.id) ? call.id : `tc_${this.#responseId}_${part_index}`;
    const event = { part_index, message_index: 0, tool_call_id: id };
    const marked = id !== call?.id && { provider_metadata: { rxllm: { synthetic_id: true } } };
    this.#out.emit({ type: 'tool_call_name', chunk: name, ...event, ...marked });
    this.#out.emit({ type: 'tool_call_args', chunk: argumentsText(args), ...event });
    this.#out.emit({ type: 'part_end', part_index });
  }
}

/** An object; servers that only resemble Ollama send the JSON text of one. */
function argumentsText(args: JsonValue | undefined): string {
  return typeof args === 'string' ? args : args === undefined || args === null ? '' : JSON.stringify(args);
}
