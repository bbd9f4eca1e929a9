// Decodes Gemini's answers: from chunks, or from one whole answer, to events of ours. Pure and synchronous.
import { toAttachment } from '../../values/attachment.ts';
import type { JsonObject } from '../../values/json.ts';
import type { JsonDecoder, Payload } from '../shared/decodeJson.ts';
import type { Output } from '../shared/output.ts';
import { providerError } from '../shared/providerError.ts';
import { AboutText } from './about.ts';
import { FunctionCalls } from './calls.ts';
import { Prose } from './prose.ts';
import { ResponseParts, signature } from './responseParts.ts';
import { ServerTools } from './serverTools.ts';
import { toFinishReason, toUsage } from './usage.ts';
import type { Candidate, GeminiResponse, WirePart } from './wire.ts';

/**
 * Takes the chunks of one response. Every event has its indexes; candidates other than the first are left out. A response
 * is complete with a finish reason, and goes on after it: some servers send one with every chunk.
 */
export class GeminiDecoder implements JsonDecoder {
  readonly #out: Output;
  readonly #parts: ResponseParts;
  readonly #prose: Prose;
  readonly #calls: FunctionCalls;
  readonly #tools: ServerTools;
  readonly #about = new AboutText();
  /** Why the prompt was not answered at all. */
  #blockReason = '';
  #thoughts = 0;
  finishReason = '';

  constructor(out: Output) {
    this.#out = out;
    this.#parts = new ResponseParts(out);
    this.#prose = new Prose(this.#parts);
    this.#calls = new FunctionCalls(this.#parts);
    this.#tools = new ServerTools(this.#parts);
  }

  get isComplete(): boolean {
    return this.finishReason !== '' || this.#blockReason !== '';
  }

  complete(): void {
    const raw = this.#blockReason || this.finishReason;
    const reason = this.#blockReason ? 'content_filter' : toFinishReason(raw, this.#calls.hasClientCalls);
    const about = this.#about.all(['stop', 'tool_calls', 'length'].includes(reason));
    const { lastText } = this.#prose;
    if (lastText !== undefined && Object.keys(about).length > 0) this.#parts.keep(lastText, about);
    this.#prose.close();
    this.#calls.end();
    // It thought and does not show it: the message says so, as llm has it.
    if (this.#thoughts > 0 && !this.#prose.hasReasoning) this.#prose.hidden();
    this.#out.finish(reason, raw);
  }

  take(payload: Payload): void {
    const { modelVersion, responseId, promptFeedback, candidates, usageMetadata, error }: GeminiResponse = payload;
    this.#out.resolvedModel(modelVersion);
    if (this.#parts.responseId === '' && typeof responseId === 'string') this.#parts.responseId = responseId;
    if (typeof promptFeedback?.blockReason === 'string') this.#blockReason = promptFeedback.blockReason;
    for (const candidate of candidates ?? []) if (!candidate.index) this.#takeCandidate(candidate);
    const usage = usageMetadata && toUsage(usageMetadata);
    if (usage) {
      this.#thoughts = usage.details?.reasoning ?? 0;
      this.#out.emit({ type: 'usage', usage });
    }
    if (error) this.#out.fail(providerError(payload, this.finishReason));
  }

  #takeCandidate(candidate: Candidate): void {
    for (const part of candidate.content?.parts ?? []) this.#takePart(part);
    this.#about.add(candidate);
    const { finishReason: reason } = candidate;
    if (typeof reason === 'string' && reason !== 'FINISH_REASON_UNSPECIFIED') this.finishReason = reason;
  }

  #takePart(part: WirePart): void {
    const { text, functionCall: call, functionResponse: response, inlineData, fileData } = part;
    if (typeof text === 'string' && text !== '') {
      this.#prose.add(part, text);
      return;
    }
    // The last chunk of an answer often has an empty text that says nothing.
    if (text === '' && !part.thoughtSignature) return;
    this.#prose.close();
    if (call) this.#calls.add(part, call);
    else if (response) {
      const id = this.#calls.answer(response) ?? response.id;
      this.#tools.result(part, response.name ?? '', id, JSON.stringify(response.response ?? {}));
    } else if (inlineData) this.#file(part, { type: inlineData.mimeType, content: inlineData.data });
    else if (fileData) this.#file(part, { type: fileData.mimeType, url: fileData.fileUri });
    else if (!this.#tools.take(part)) this.#prose.keep(part);
  }

  /** A file that the model made; with `thought` one that it made on the way. */
  #file(wire: WirePart, file: Parameters<typeof toAttachment>[0]): void {
    const own: JsonObject = { ...(wire.thought === true && { thought: true }), ...signature(wire) };
    const part = this.#parts.begin('attachment', own);
    this.#parts.emitAttachment(part, toAttachment(file));
    this.#parts.end(part);
  }
}
