// Decodes Chat Completions: from the data of server-sent events to events of ours. Pure and synchronous.
import type { Observer } from 'rxjs';
import type { SseEvent } from '../../http/sse.ts';
import { parseJson } from '../../http/errorBody.ts';
import type { HttpRequest } from '../../http/request.ts';
import { withoutSecrets } from '../../http/withoutSecrets.ts';
import { toAttachment } from '../../values/attachment.ts';
import { LlmError, toLlmError } from '../../values/error.ts';
import type { StreamEvent } from '../../values/event.ts';
import type { Usage } from '../../values/usage.ts';
import { ToolCallFragments, type PartSink } from './calls.ts';
import { providerError } from './error.ts';
import { ProseParts } from './parts.ts';
import { toFinishReason, toUsage } from './usage.ts';
import type { ChatChoice, ChatChunk, ChatDelta, ContentItem } from './wire.ts';

/** Whether this event ends the stream. */
export function isDone({ data }: SseEvent): boolean {
  return data.startsWith('[DONE]');
}

/**
 * Takes the events of one response and gives `out` ours. Every event has its indexes. Text and reasoning end when a part
 * of another kind begins or the response is complete, tool calls with the finish reason.
 *
 * The response is complete with `[DONE]`, or when the body ends after a finish reason; what breaks after the finish
 * reason changes nothing, unless the provider itself reports an error there. Choices other than the first are left out.
 */
export class ChatDecoder implements Observer<SseEvent>, PartSink {
  readonly #out: Observer<StreamEvent>;
  readonly #request: HttpRequest;
  readonly #calls = new ToolCallFragments(this);
  readonly #prose = new ProseParts(this);
  #nextIndex = 0;
  #started = false;
  #ended = false;
  #isWholeMessage = false;
  #finishReason = '';
  #usage: Usage | undefined;
  responseId = '';

  /** @param request What is answered: its secrets are kept out of errors. */
  constructor(out: Observer<StreamEvent>, request: HttpRequest) {
    this.#out = out;
    this.#request = request;
  }

  allocate(): number {
    return this.#nextIndex++;
  }

  emit(event: StreamEvent): void {
    this.#out.next(event);
  }

  next(event: SseEvent): void {
    const { data } = event;
    if (this.#ended || data === '') return;
    if (event.event === 'error') {
      this.#break(providerError(parseJson(data) ?? data, this.#finishReason));
      return;
    }
    if (isDone(event)) {
      this.#complete();
      return;
    }
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch (cause) {
      // What the end of the body cut off is judged by `complete`: was anything missing?
      if (event.tail !== true) this.#break(badLine('is not JSON', data, cause));
      return;
    }
    try {
      if (typeof chunk === 'object' && chunk !== null) this.#takeChunk(chunk);
      else this.#break(badLine('is not a JSON object', data));
    } catch (cause) {
      this.#break(badLine('has another shape than a chunk of this protocol', data, cause));
    }
  }

  /** The body ended. */
  complete(): void {
    if (this.#ended) return;
    if (this.#finishReason !== '' || this.#isWholeMessage) this.#complete();
    else this.#break(new LlmError('truncated', 'the answer ended before the provider said that it was complete'));
  }

  /** The request failed or the body broke off. */
  error(error: unknown): void {
    this.#break(toLlmError(error, 'connection'));
  }

  #takeChunk(chunk: ChatChunk): void {
    if (!this.#started && typeof chunk.model === 'string' && chunk.model !== '') {
      this.#started = true;
      // The run makes the `start` that subscribers see; it takes the model from this one.
      this.emit({ type: 'start', id: '', model: '', datetime_utc: '', resolved_model: chunk.model });
    }
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
    if (chunk.error) this.#break(providerError(chunk, this.#finishReason));
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
      this.#finishReason = reason;
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

  #complete(): void {
    this.#ended = true;
    this.#prose.end();
    this.#calls.end();
    if (!this.#prose.hasReasoning && (this.#usage?.details?.reasoning ?? 0) > 0) {
      // It thought and does not show it: the message says so, as llm has it.
      const part_index = this.allocate();
      this.emit({ type: 'reasoning', chunk: '', part_index, message_index: 0, redacted: true });
      this.emit({ type: 'part_end', part_index });
    }
    const raw = this.#finishReason;
    this.emit(
      raw === ''
        ? { type: 'finish', reason: 'unknown' }
        : { type: 'finish', reason: toFinishReason(raw), raw_reason: raw },
    );
    this.#out.complete();
  }

  /** Ends with an error. One that is not the provider's own takes nothing from an answer that was complete. */
  #break(error: LlmError): void {
    if (this.#ended) return;
    if (this.#finishReason !== '' && error.code !== 'provider_error') {
      this.#complete();
      return;
    }
    this.#ended = true;
    this.#out.error(withoutSecrets(error, this.#request));
  }
}

function badLine(what: string, data: string, cause?: unknown): LlmError {
  const shown = data.length > 60 ? `${data.slice(0, 59)}…` : data;
  return new LlmError(
    'bad_response',
    `the provider sent a line that ${what}: ${shown}`,
    cause === undefined ? {} : { cause },
  );
}
