// Decodes the parts that a model of the AI SDK gives: to events of ours. Pure and synchronous.
import { toAttachment } from '../../values/attachment.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonValue } from '../../values/json.ts';
import type { Attachment } from '../../values/part.ts';
import type { Output } from '../shared/output.ts';
import { ToolParts } from './calls.ts';
import { given, type Notes } from './notes.ts';
import { ProseParts } from './prose.ts';
import { PartSink } from './sink.ts';
import type { AiSdkWarning, GenerateResult, PartOf, StreamPart } from './types.ts';
import { toFinishReason, toUsage } from './usage.ts';

export interface DecoderOptions {
  /** Whose model it is. */
  readonly by: string;
  readonly onWarning: ((warning: AiSdkWarning) => void) | undefined;
  /** Makes an error of ours of one that came in the stream. */
  readonly toError: (error: unknown) => LlmError;
}

/** Takes the parts of one response, or a whole one. Every event has its indexes. */
export class PartDecoder {
  readonly #out: Output;
  readonly #options: DecoderOptions;
  readonly #sink: PartSink;
  readonly #prose: ProseParts;
  readonly #tools: ToolParts;

  constructor(out: Output, options: DecoderOptions) {
    this.#out = out;
    this.#options = options;
    this.#sink = new PartSink(out, options.by);
    this.#prose = new ProseParts(this.#sink);
    this.#tools = new ToolParts(this.#sink);
  }

  take(part: StreamPart): void {
    switch (part.type) {
      case 'text-start':
        return this.#prose.start('text', part.id, part.providerMetadata);
      case 'text-delta':
        return this.#prose.delta('text', part.id, part.delta, part.providerMetadata);
      case 'text-end':
        return this.#prose.end('text', part.id, part.providerMetadata, 'citations' in part && part.citations);
      case 'reasoning-start':
        return this.#prose.start('reasoning', part.id, part.providerMetadata);
      case 'reasoning-delta':
        return this.#prose.delta('reasoning', part.id, part.delta, part.providerMetadata);
      case 'reasoning-end':
        return this.#prose.end('reasoning', part.id, part.providerMetadata);
      case 'tool-input-start':
        return this.#tools.inputStart(part);
      case 'tool-input-delta':
        return this.#tools.inputDelta(part);
      case 'tool-call':
        return this.#tools.call(part);
      case 'tool-result':
        return this.#tools.result(part);
      case 'tool-approval-request':
        return this.#tools.approval(part);
      case 'file':
        return this.#file(part, {});
      case 'reasoning-file':
        return this.#file(part, { reasoning: true });
      case 'custom':
        return this.#custom(part);
      case 'source':
        return this.#prose.source(part);
      case 'stream-start':
        return this.#warn(part.warnings);
      case 'response-metadata':
        return this.#out.resolvedModel(part.modelId);
      case 'raw':
        return this.#out.emit({ type: 'raw', payload: (part.rawValue ?? null) as JsonValue });
      case 'error':
        return this.#out.fail(this.#options.toError(part.error));
      case 'finish':
        return this.#finish(part);
      // The end of the arguments comes with the call; what is newer than this has nothing to show.
      default:
        return undefined;
    }
  }

  /** An answer in one piece. */
  takeWhole(
    { content, finishReason, usage, providerMetadata, response, warnings }: GenerateResult,
    raw: boolean,
  ): void {
    this.#warn(warnings);
    if (raw) this.#out.emit({ type: 'raw', payload: (response?.body ?? null) as JsonValue });
    this.#out.resolvedModel(response?.modelId);
    content.forEach((part, index) => {
      if (part.type !== 'text' && part.type !== 'reasoning') {
        this.take(part);
        return;
      }
      const id = String(index);
      this.#prose.start(part.type, id, part.providerMetadata);
      this.#prose.delta(part.type, id, part.text, undefined);
      this.#prose.end(part.type, id, undefined, 'citations' in part && part.citations);
    });
    this.#finish({ type: 'finish', finishReason, usage, ...(providerMetadata && { providerMetadata }) });
  }

  #finish(part: PartOf<'finish'>): void {
    const { finishReason } = part;
    if (finishReason.unified === 'interrupted') {
      this.#out.fail(new LlmError('truncated', 'the answer ended before the provider said that it was complete'));
      return;
    }
    this.#prose.finish();
    this.#tools.finish();
    const usage = toUsage(part);
    if (usage) this.#out.emit({ type: 'usage', usage });
    this.#out.finish(toFinishReason(finishReason, this.#tools.hasClients), finishReason.raw);
  }

  #file({ mediaType, data, providerMetadata }: PartOf<'file' | 'reasoning-file'>, notes: Notes): void {
    const part_index = this.#sink.begin();
    this.#out.emit({
      type: 'attachment',
      attachment: fileOf(mediaType, data),
      part_index,
      message_index: 0,
      provider_metadata: this.#sink.metadata({ ...given(providerMetadata), ...notes }),
    });
    this.#out.emit({ type: 'part_end', part_index });
  }

  /** Content that only the provider can read: as a redacted part it is kept, and shown to nobody. */
  #custom({ kind, providerMetadata }: PartOf<'custom'>): void {
    // Says what `response-metadata` and `finish` say; Anthropic's provider does not take it back.
    if (kind === 'anthropic.message_start') return;
    const notes = { ...given(providerMetadata), kind, position: this.#sink.position };
    const part_index = this.#sink.beginHidden();
    const provider_metadata = this.#sink.metadata(notes);
    this.#out.emit({ type: 'reasoning', chunk: '', part_index, message_index: 0, redacted: true, provider_metadata });
    this.#out.emit({ type: 'part_end', part_index });
  }

  #warn(warnings: readonly AiSdkWarning[] | undefined): void {
    for (const warning of warnings ?? []) this.#options.onWarning?.(warning);
  }
}

/** Version 4 says by a tag what `data` is; in version 3 it is bytes, or base64. */
function fileOf(type: string, data: PartOf<'file' | 'reasoning-file'>['data']): Attachment {
  if (typeof data === 'string' || data instanceof Uint8Array) return toAttachment({ type, content: data });
  return data.type === 'url'
    ? toAttachment({ type, url: String(data.url) })
    : toAttachment({ type, content: data.data });
}
