// Decodes Chat Completions: from chunks to events of ours. Pure and synchronous.
import { toAttachment } from '../../values/attachment.ts';
import type { StreamEvent } from '../../values/event.ts';
import type { Usage } from '../../values/usage.ts';
import type { JsonDecoder, Payload } from '../shared/decodeJson.ts';
import type { Output } from '../shared/output.ts';
import { providerError } from '../shared/providerError.ts';
import { ToolCallFragments, type PartSink } from './calls.ts';
import { ProseParts } from './parts.ts';
import { toFinishReason, toUsage } from './usage.ts';
import type { ChatChoice, ChatChunk, ChatDelta, ContentItem } from './wire.ts';

/**
 * Takes the chunks of one response. Every event has its indexes. Text and reasoning end when a part of another kind
 * begins or the response is complete, tool calls with the finish reason. Choices other than the first are left out.
 */
export class ChatDecoder implements JsonDecoder, PartSink {
  readonly #out: Output;
  readonly #calls = new ToolCallFragments(this);
  readonly #prose = new ProseParts(this);
  #isWholeMessage = false;
  #usage: Usage | undefined;
  readonly key: string;
  finishReason = '';
  responseId = '';

  /** @param key Under which key of `provider_metadata` the server's own data goes. */
  constructor(out: Output, key: string) {
    this.#out = out;
    this.key = key;
  }

  allocate(): number {
    return this.#out.allocate();
  }

  emit(event: StreamEvent): void {
    this.#out.emit(event);
  }

  /** With a finish reason, `[DONE]` or not; a server that sends a whole message need not give one. */
  get isComplete(): boolean {
    return this.finishReason !== '' || this.#isWholeMessage;
  }

  /** Compatible servers end some responses with `[DONE]` alone. */
  done(): void {
    this.complete();
  }

  complete(): void {
    this.#prose.end();
    this.#calls.end();
    if (!this.#prose.hasReasoning && (this.#usage?.details?.reasoning ?? 0) > 0) {
      // It thought and does not show it: the message says so, as llm has it.
      const part_index = this.allocate();
      this.emit({ type: 'reasoning', chunk: '', part_index, message_index: 0, redacted: true });
      this.emit({ type: 'part_end', part_index });
    }
    const raw = this.finishReason;
    this.#out.finish(raw === '' ? 'unknown' : toFinishReason(raw), raw);
  }

  take(payload: Payload): void {
    const chunk: ChatChunk = payload;
    this.#out.resolvedModel(chunk.model);
    // Groq's compound models change the id from chunk to chunk, so the first one counts.
    if (this.responseId === '' && typeof chunk.id === 'string') this.responseId = chunk.id;
    if (chunk.citations) this.#prose.describeText('citations', chunk.citations);
    if (chunk.search_results) this.#prose.describeText('search_results', chunk.search_results);
    const { choices } = chunk;
    let usage = chunk.usage ?? chunk.x_groq?.usage;
    if (Array.isArray(choices)) {
      for (const choice of choices as readonly ChatChoice[]) {
        if (!choice || choice.index) continue;
        usage ??= choice.usage;
        this.#takeChoice(choice);
      }
    }
    if (typeof usage === 'object' && usage !== null) {
      this.#usage = toUsage(usage);
      this.emit({ type: 'usage', usage: this.#usage });
    }
    if (chunk.error) this.#out.fail(providerError(chunk, this.finishReason));
  }

  #takeChoice(choice: ChatChoice): void {
    const { delta, message, finish_reason: reason, logprobs } = choice;
    if (delta) this.#takeDelta(delta);
    else if (message) {
      this.#isWholeMessage = true;
      this.#takeDelta(message);
    }
    if (logprobs) {
      if (Array.isArray(logprobs.content)) this.#prose.addToText('logprobs', logprobs.content);
      if (Array.isArray(logprobs.refusal)) this.#prose.addToText('logprobs', logprobs.refusal);
    }
    if (typeof reason === 'string' && reason !== '') {
      this.finishReason = reason;
      this.#calls.end();
    }
  }

  #takeDelta(delta: ChatDelta): void {
    this.#takeReasoning(delta);
    const {
      content,
      refusal,
      tool_calls: calls,
      function_call: call,
      annotations,
      images,
      executed_tools: executed,
    } = delta;
    if (typeof content === 'string') {
      if (content !== '') this.#prose.text(content);
    } else if (Array.isArray(content)) {
      for (const item of content as readonly ContentItem[]) this.#takeItem(item);
    }
    if (typeof refusal === 'string' && refusal !== '') this.#prose.refusal(refusal);
    if (Array.isArray(annotations) && annotations.length > 0) this.#prose.addToText('annotations', annotations);
    if (Array.isArray(images)) for (const image of images as readonly ContentItem[]) this.#takeItem(image);
    if (Array.isArray(calls) && calls.length > 0) {
      this.#prose.close();
      for (const fragment of calls) this.#calls.add(fragment);
    }
    if (call) {
      this.#prose.close();
      this.#calls.addLegacy(call);
    }
    if (Array.isArray(executed) && executed.length > 0) {
      this.#prose.close();
      for (const tool of executed) this.#calls.addExecuted(tool);
    }
  }

  /** Servers that changed the name send the same text under both (vLLM), and OpenRouter repeats it in the details. */
  #takeReasoning({ reasoning_content: content, reasoning, reasoning_details: details }: ChatDelta): void {
    const isOld = typeof content === 'string' && content !== '';
    const text = isOld ? content : typeof reasoning === 'string' ? reasoning : '';
    if (Array.isArray(details) && details.length > 0) {
      const seen = text === '' ? details.map(({ text: said, summary }) => said ?? summary ?? '').join('') : '';
      if (text !== '') this.#prose.reasoning(text, isOld ? 'reasoning_content' : 'reasoning');
      this.#prose.reasoningDetails(details, seen);
    } else if (text !== '') this.#prose.reasoning(text, isOld ? 'reasoning_content' : 'reasoning');
  }

  /** Mistral's content parts, and images. */
  #takeItem(item: ContentItem): void {
    if (typeof item.text === 'string' && item.text !== '') this.#prose.text(item.text);
    if (typeof item.thinking === 'string') this.#prose.reasoning(item.thinking, 'thinking');
    else if (Array.isArray(item.thinking)) {
      for (const { text = '' } of item.thinking as readonly ContentItem[]) {
        if (text !== '') this.#prose.reasoning(text, 'thinking');
      }
    }
    const url = typeof item.image_url === 'string' ? item.image_url : item.image_url?.url;
    if (!url) return;
    this.#prose.close();
    const [, type, data] = /^data:([^;,]*);base64,(.*)$/s.exec(url) ?? [];
    const attachment = toAttachment(data === undefined ? { url } : { ...(type && { type }), content: data });
    const part_index = this.allocate();
    this.emit({ type: 'attachment', attachment, part_index, message_index: 0 });
    this.emit({ type: 'part_end', part_index });
  }
}
