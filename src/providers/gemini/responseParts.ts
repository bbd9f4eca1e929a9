// The parts of one response as they are decoded: their indexes, what is kept on each for the way back, and their ends.
import type { StreamEvent } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Attachment, ProviderMetadata } from '../../values/part.ts';
import type { Output } from '../shared/output.ts';

/** Under which key of `provider_metadata` Gemini's own data is. */
export const metadataKey = 'gemini';

export interface ResponsePart {
  readonly type: 'text' | 'reasoning' | 'tool_call_args' | 'tool_result' | 'attachment';
  readonly part_index: number;
  /** What is kept under Gemini's key; replaced as a whole, never changed. */
  own: JsonObject;
  ended: boolean;
}

/** What an event of a part may have beside its chunk. */
interface EventFields {
  readonly tool_call_id?: string;
  readonly tool_name?: string;
  readonly server_executed?: boolean;
  readonly redacted?: boolean;
  readonly provider_metadata?: ProviderMetadata;
}

export class ResponseParts {
  readonly #out: Output;
  /** As far as it is known. */
  responseId = '';
  /** The part that began last. */
  last: ResponsePart | undefined;

  constructor(out: Output) {
    this.#out = out;
  }

  begin(type: ResponsePart['type'], own: JsonObject = {}): ResponsePart {
    return (this.last = { type, part_index: this.#out.allocate(), own, ended: false });
  }

  emit(part: ResponsePart, chunk: string, fields: EventFields = {}): void {
    const { type, part_index } = part;
    if (type !== 'attachment') this.#emit({ type, chunk, part_index, message_index: 0, ...fields });
  }

  emitName({ part_index }: ResponsePart, chunk: string, fields: EventFields): void {
    this.#emit({ type: 'tool_call_name', chunk, part_index, message_index: 0, ...fields });
  }

  emitAttachment({ part_index, own }: ResponsePart, attachment: Attachment): void {
    this.#emit({ type: 'attachment', attachment, part_index, message_index: 0, ...metadata(own) });
  }

  /** Adds to what is kept on a part, whether it has ended or not. */
  keep(part: ResponsePart, own: JsonObject, fields: EventFields = {}): void {
    part.own = { ...part.own, ...own };
    this.emit(part, '', { ...fields, ...metadata(part.own) });
  }

  end(part: ResponsePart): void {
    if (part.ended) return;
    part.ended = true;
    this.#emit({ type: 'part_end', part_index: part.part_index });
  }

  /** For a call or result to which Gemini gives no id: the same one in every reading of the same bytes. */
  syntheticId({ part_index }: ResponsePart): string {
    return `tc_${this.responseId}_${part_index}`;
  }

  #emit(event: StreamEvent): void {
    this.#out.emit(event);
  }
}

/**
 * @param own What is Gemini's.
 * @param hasMadeId Whether the id of the part is one of ours.
 */
export function metadata(own: JsonObject, hasMadeId = false): { readonly provider_metadata?: ProviderMetadata } {
  const provider_metadata = {
    ...(Object.keys(own).length > 0 && { [metadataKey]: own }),
    ...(hasMadeId && { rxllm: { synthetic_id: true } }),
  };
  return Object.keys(provider_metadata).length > 0 ? { provider_metadata } : {};
}

/** The signature of a part as it is kept and sent, if it has one. */
export function signature({ thoughtSignature }: { readonly thoughtSignature?: unknown }): JsonObject {
  return typeof thoughtSignature === 'string' && thoughtSignature !== '' ? { thoughtSignature } : {};
}
