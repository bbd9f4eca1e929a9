// What a chain tells its subscriber: the events of its turns as those of one response.
import type { EventOf, StreamEvent } from '../values/event.ts';
import { separator } from '../values/spokenText.ts';
import { addUsage } from '../values/usage.ts';
import type { ChainHistory } from './chainHistory.ts';
import type { Interruption } from './interruption.ts';

export class ChainVoice {
  readonly #history: ChainHistory;
  readonly #interruption: Interruption;
  readonly #next: (event: StreamEvent) => void;
  /** The text of the last turn that had any; of the turn that goes on only whether it has. */
  #lastText = '';
  #hasText = false;

  /** @param next Gives an event to the subscriber. */
  constructor(history: ChainHistory, interruption: Interruption, next: (event: StreamEvent) => void) {
    this.#history = history;
    this.#interruption = interruption;
    this.#next = next;
  }

  beginTurn(): void {
    this.#hasText = false;
  }

  /** @param text That of the turn. */
  endTurn(text: string): void {
    if (text !== '') this.#lastText = text;
  }

  /** An event of a turn, in its place. */
  tell(event: StreamEvent): void {
    switch (event.type) {
      case 'finish':
        // Once, at the end of all.
        return;
      case 'usage':
        this.#next({ ...event, usage: addUsage(this.#history.usage, event.usage) });
        return;
      case 'reset':
        this.takeBack();
        return;
      case 'text':
        this.#tellText(event);
        return;
      default:
        this.#next(event);
    }
  }

  /** Takes back the turn that goes on: what was said before stays. */
  takeBack(): void {
    const { turns, said, usage } = this.#history;
    this.#interruption.hold(() => {
      this.#hasText = false;
      this.#next({ type: 'reset' });
      this.#next({ type: 'turn_start', turn: turns, messages: said, message_index: 0 });
      if (usage) this.#next({ type: 'usage', usage });
    });
  }

  #tellText(event: EventOf<'text'>): void {
    const between = this.#hasText ? '' : separator(this.#lastText, event.chunk);
    this.#hasText ||= event.chunk !== '';
    if (between === '') {
      this.#next(event);
      return;
    }
    this.#interruption.hold(() => {
      this.#next({ type: 'text', chunk: between, separator: true });
      this.#next(event);
    });
  }
}
