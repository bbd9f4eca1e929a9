// The text and reasoning of a Gemini response, and its parts that are none of ours.
import type { JsonObject } from '../../values/json.ts';
import { metadata, signature, type ResponsePart, type ResponseParts } from './responseParts.ts';
import type { WirePart } from './wire.ts';

/**
 * Chunks of a kind that follow each other are one part. One with a signature is a part of its own: "Don't concatenate
 * parts with signatures together. Don't merge one part with a signature with another part without a signature"
 * (https://ai.google.dev/gemini-api/docs/thinking#signatures).
 */
export class Prose {
  readonly #parts: ResponseParts;
  #open: ResponsePart | undefined;
  lastText: ResponsePart | undefined;
  hasReasoning = false;

  constructor(parts: ResponseParts) {
    this.#parts = parts;
  }

  add(wire: WirePart, text: string): void {
    const type = wire.thought === true ? 'reasoning' : 'text';
    const signed = signature(wire);
    const isSigned = 'thoughtSignature' in signed;
    if (isSigned || this.#open?.type !== type) {
      this.close();
      this.#open = this.#begin(type, { ...(type === 'reasoning' && { thought: true }), ...signed });
      this.#parts.emit(this.#open, text, metadata(this.#open.own));
    } else this.#parts.emit(this.#open, text);
    if (isSigned) this.close();
  }

  /**
   * A part that makes none of ours, such as the empty text with which Gemini 3 sends the signature of a whole answer: it
   * rides along on the part before it, to be sent back after that one.
   */
  keep(wire: WirePart): void {
    const isBare = Object.keys(wire).every((name) => name === 'thought' || name === 'thoughtSignature');
    if (isBare && !wire.thoughtSignature) return;
    // A part without any data would be refused.
    const kept = (isBare ? { text: '', ...wire } : wire) as JsonObject;
    const { last } = this.#parts;
    if (last !== undefined && last.type !== 'attachment') {
      const before = Array.isArray(last.own.after) ? (last.own.after as readonly JsonObject[]) : [];
      this.#parts.keep(last, { after: [...before, kept] });
      return;
    }
    // Redacted reasoning moves to the front of the message, which is where this one is unless a file came before it.
    const carrier = this.#begin('reasoning', { after: [kept], ...(last !== undefined && { last: true }) });
    this.#parts.emit(carrier, '', { redacted: true, ...metadata(carrier.own) });
    this.#parts.end(carrier);
  }

  /** Says that there was reasoning, where it is only counted. */
  hidden(): void {
    const part = this.#begin('reasoning', {});
    this.#parts.emit(part, '', { redacted: true });
    this.#parts.end(part);
  }

  /** Another kind of part begins, or the response is complete. */
  close(): void {
    if (this.#open !== undefined) this.#parts.end(this.#open);
    this.#open = undefined;
  }

  #begin(type: 'text' | 'reasoning', own: JsonObject): ResponsePart {
    const part = this.#parts.begin(type, own);
    if (type === 'text') this.lastText = part;
    else this.hasReasoning = true;
    return part;
  }
}
