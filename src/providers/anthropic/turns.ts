// The turns of a request, as they are put together: who may follow whom, and where instructions stand.
import type { BlockParam } from './wire.ts';

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: BlockParam[];
}

/** Adjacent turns of one role are joined, and nothing that is empty is a turn. */
export class Turns {
  readonly #takesSystemMessages: boolean;
  readonly #turns: Turn[] = [];
  readonly #instructions: string[] = [];
  #lastInstruction = '';
  /** Instructions that have no place yet. */
  #waiting: string[] = [];

  /** @param takesSystemMessages Whether instructions may stand among the turns; otherwise all stand before them. */
  constructor(takesSystemMessages: boolean) {
    this.#takesSystemMessages = takesSystemMessages;
  }

  add(role: Turn['role'], content: readonly BlockParam[]): void {
    if (content.length === 0) return;
    if (role === 'assistant') this.#placeInstructions();
    else this.#closeAnswer();
    const last = this.#turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else this.#turns.push({ role, content: [...content] });
  }

  /** Instructions, but none twice in a row. */
  instruct(text: string): void {
    if (!hasText(text) || text === this.#lastInstruction) return;
    this.#lastInstruction = text;
    if (this.#takesSystemMessages && this.#turns.length > 0) this.#waiting.push(text);
    else this.#instructions.push(text);
  }

  finish(): { readonly system?: string; readonly messages: readonly Turn[] } {
    this.#placeInstructions();
    this.#closeAnswer();
    const turns = this.#turns;
    // Some servers demand that the user begins, and all that somebody does.
    if (turns[0]?.role !== 'user') turns.unshift({ role: 'user', content: [textBlock('.')] });
    // An answer that is to go on must not end with space.
    const last = turns.at(-1);
    const end = last?.role === 'assistant' ? last.content.at(-1) : undefined;
    if (end && typeof end.text === 'string') last?.content.splice(-1, 1, { ...end, text: end.text.trimEnd() });
    const system = [...this.#instructions, ...this.#waiting].join('\n\n');
    return { ...(system !== '' && { system }), messages: turns };
  }

  /** Their place is between a turn of the user and the answer to it. */
  #placeInstructions(): void {
    if (this.#turns.at(-1)?.role !== 'user' || this.#waiting.length === 0) return;
    this.#turns.push({ role: 'system', content: this.#waiting.map(textBlock) });
    this.#waiting = [];
  }

  /** An answer that was broken off while the model thought: the API refuses thinking that leads to nothing. */
  #closeAnswer(): void {
    const last = this.#turns.at(-1);
    if (last?.role !== 'assistant') return;
    while (last.content.at(-1)?.type.endsWith('thinking')) last.content.pop();
    if (last.content.length === 0) this.#turns.pop();
  }
}

export function textBlock(text: string): BlockParam {
  return { type: 'text', text };
}

/** The API refuses text that is empty or only space. */
export function hasText(text: string): boolean {
  return /\S/.test(text);
}
