// Several attempts at one response as one sequence of events: what is emitted folds to one response, and its usage is
// what all of them cost.
import { createAllocator, isPartEvent } from './allocate.ts';
import type { EventOf, StreamEvent } from './event.ts';
import { MessageFold } from './fold.ts';
import type { Message } from './message.ts';
import { messageEvents } from './messageEvents.ts';
import type { Part } from './part.ts';
import type { ResponseJSON } from './responseJson.ts';
import { addUsage, type Usage } from './usage.ts';

/** What the next attempt does with what is there. */
export type AttemptMode = 'restart' | 'continue';

/**
 * Takes the events of one attempt after the other. What an attempt left behind stays until the next one has something to
 * put in its place: `reset` comes right before that, so an attempt that fails at once takes nothing away.
 */
export class Attempts {
  readonly #emit: (event: StreamEvent | string) => void;
  readonly #fold: MessageFold | undefined;
  readonly #tail = new Tail();
  /** What this attempt goes on from. */
  #base: readonly Message[] = [];
  #continuation: Continuation | undefined;
  /** Whether what is there counts for this attempt. */
  #isOpen = true;
  /** Whether something was emitted that an attempt which begins anew has to take back. */
  #said = false;
  /** The last that was emitted. */
  #start: EventOf<'start'> | undefined;
  #heldStart: EventOf<'start'> | undefined;
  #spent: Usage | undefined;
  #usage: Usage | undefined;
  /** Whether any content has been seen. */
  hasContent = false;

  /** @param keeps Whether what is emitted is remembered; without, no attempt can go on from it. */
  constructor(emit: (event: StreamEvent | string) => void, keeps: boolean) {
    this.#emit = emit;
    this.#fold = keeps ? new MessageFold() : undefined;
  }

  /** The messages so far, where they are remembered. */
  get kept(): readonly Message[] {
    return this.#fold?.kept ?? [];
  }

  /** What all attempts have cost so far. */
  get usage(): Usage | undefined {
    return this.#usage ? addUsage(this.#spent, this.#usage) : this.#spent;
  }

  /**
   * How another attempt may go on, if it may. Before any content it begins anew, and after it as is wished; but nothing
   * begins anew once a tool may have run, and nothing goes on from a call that waits for its result. Nothing goes on from
   * thoughts alone either: then it begins anew.
   */
  nextMode(afterContent: AttemptMode | undefined): AttemptMode | undefined {
    if (!this.hasContent) return 'restart';
    if (afterContent === undefined) return undefined;
    const parts = this.kept.flatMap((message) => message.parts);
    if (afterContent === 'continue' && parts.some(isWorthKeeping)) return hasAllResults(parts) ? 'continue' : undefined;
    const mayHaveRun = parts.some(({ type }) => type === 'tool_call' || type === 'tool_result');
    return mayHaveRun ? undefined : 'restart';
  }

  /** The partial of the last attempt's error, with what came of the attempts before. */
  partial(last: ResponseJSON): ResponseJSON {
    const { usage } = this;
    const { id, datetime_utc } = this.#start ?? last;
    const incomplete = this.#fold?.incomplete ?? [];
    return {
      ...last,
      ...(id !== undefined && { id }),
      ...(this.#fold && { messages: this.kept }),
      ...(usage && { usage }),
      ...(datetime_utc !== undefined && { datetime_utc }),
      ...(incomplete.length > 0 && { incomplete }),
    };
  }

  /** Another attempt begins. */
  begin(mode: AttemptMode): void {
    this.#spent = this.usage;
    this.#usage = this.#heldStart = undefined;
    const goesOn = mode === 'continue';
    this.#base = goesOn ? this.kept : [];
    this.#continuation = goesOn ? new Continuation(this.#tail) : undefined;
    // Half a call would be taken for a whole one at the end.
    this.#isOpen = goesOn ? this.#fold?.incomplete.length === 0 : !this.#said;
  }

  /** The next event of this attempt. */
  take(event: StreamEvent | string): void {
    if (typeof event === 'string') this.#takeOutput(event);
    else if (event.type === 'usage') {
      this.#usage = event.usage;
      this.#emit(this.#spent ? { ...event, usage: addUsage(this.#spent, event.usage) } : event);
    } else if (event.type === 'raw') this.#emit(event);
    else if (event.type === 'start') this.#takeStart(event);
    else if (event.type === 'reset') this.#takeReset();
    else this.#takeOutput(event);
  }

  /** This attempt has ended well. One that said nothing answers with nothing. */
  end(): void {
    if (!this.#isOpen) this.#beginAgain();
  }

  #takeStart(event: EventOf<'start'>): void {
    if (this.#isOpen && !this.#continuation) this.#out(event);
    else this.#heldStart = event;
  }

  /** An attempt that begins anew by itself says again what counts. */
  #takeReset(): void {
    this.#usage = this.#heldStart = undefined;
    this.#said = true;
    this.#beginAgain();
  }

  #takeOutput(event: StreamEvent | string): void {
    if (!this.#isOpen) this.#beginAgain();
    if (!this.hasContent) this.hasContent = typeof event === 'string' || isPartEvent(event);
    this.#out(this.#continuation ? this.#continuation.place(event) : event);
  }

  /** Takes back what was said, but for what this attempt goes on from. */
  #beginAgain(): void {
    this.#isOpen = true;
    const { usage } = this;
    const start = this.#continuation ? this.#start : this.#heldStart;
    this.#heldStart = undefined;
    if (this.#said) {
      this.#out({ type: 'reset' });
      this.#said = false;
      if (start) this.#out(start);
      if (usage) this.#emit({ type: 'usage', usage });
    }
    if (!this.#continuation) return;
    const events = messageEvents(this.#base);
    // A text at the end stays open, because this attempt may go on with it.
    const isOpenText = events.at(-2)?.type === 'text';
    for (const event of isOpenText ? events.slice(0, -1) : events) this.#out(event);
    this.#continuation = new Continuation(this.#tail);
  }

  #out(event: StreamEvent | string): void {
    this.#said = true;
    if (typeof event !== 'string' && event.type === 'start') this.#start = event;
    if (this.#fold) {
      const placed = this.#fold.add(event);
      this.#tail.see(placed);
      this.#emit(placed);
    } else this.#emit(event);
  }
}

/** Whether a model can go on from a part. Of half a thought it cannot, and providers refuse a text of nothing but space. */
function isWorthKeeping(part: Part): boolean {
  return part.type === 'text' ? part.text.trim() !== '' : part.type !== 'reasoning';
}

function hasAllResults(parts: readonly Part[]): boolean {
  const done = new Set(parts.map((part) => part.type === 'tool_result' && part.tool_call_id));
  return parts.every((part) => part.type !== 'tool_call' || done.has(part.tool_call_id ?? ''));
}

/** Where a sequence of events ends. */
class Tail {
  part = -1;
  message = 0;
  /** The part that more text would belong to. */
  openText: number | undefined;

  see(event: StreamEvent): void {
    if (event.type === 'reset') {
      this.part = -1;
      this.message = 0;
      this.openText = undefined;
    } else if (event.type === 'part_end') {
      if (event.part_index === this.openText) this.openText = undefined;
    } else if (isPartEvent(event)) {
      const { part_index: part = 0, message_index: message = 0 } = event;
      this.part = Math.max(this.part, part);
      this.message = Math.max(this.message, message);
      this.openText = event.type === 'text' ? part : undefined;
    }
  }
}

/** Gives the events of an attempt their places after those that are there; text goes on with a text that had not ended. */
class Continuation {
  readonly #allocate = createAllocator();
  readonly #parts = new Map<number, number>();
  readonly #message: number;
  #last: number;
  #openText: number | undefined;

  constructor({ part, message, openText }: Tail) {
    this.#last = part;
    this.#message = message;
    this.#openText = openText;
  }

  place(input: StreamEvent | string): StreamEvent {
    const event = this.#allocate(input);
    if (event.type === 'part_end') return { ...event, part_index: this.#partOf(event.part_index) };
    if (!isPartEvent(event)) return event;
    const { part_index = 0, message_index = 0 } = event;
    const going = event.type === 'text' ? this.#openText : undefined;
    const part = this.#partOf(part_index, going);
    this.#openText = undefined;
    return { ...event, part_index: part, message_index: message_index + this.#message };
  }

  #partOf(index: number, going?: number): number {
    const part = this.#parts.get(index) ?? going ?? ++this.#last;
    this.#parts.set(index, part);
    return part;
  }
}
