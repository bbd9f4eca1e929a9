// The fold of a whole run: its messages, and what stands beside them in the JSON of a turn.
import type { EventOf, StreamEvent } from './event.ts';
import { MessageFold } from './fold.ts';
import type { EndStatus, PromptJSON, ResponseJSON } from './responseJson.ts';
import { spokenReasoning, spokenText } from './spokenText.ts';
import type { Usage } from './usage.ts';

/** Folds the events of one run into everything that a response remembers. */
export class ResponseFold {
  readonly #messages = new MessageFold();
  #start: EventOf<'start'> | undefined;
  #usage: Usage | undefined;
  #finish: EventOf<'finish'> | undefined;
  #text = '';
  #reasoning = '';

  /** Takes the next event, and gives it back with its indexes. */
  add(input: StreamEvent | string): StreamEvent {
    const event = this.#messages.add(input);
    switch (event.type) {
      case 'text':
        this.#text += event.chunk;
        break;
      case 'reasoning':
        this.#reasoning += event.chunk;
        break;
      case 'start':
        this.#start = event;
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
      case 'finish':
        this.#finish = event;
        break;
      case 'reset':
        this.#usage = this.#finish = undefined;
        this.#text = this.#reasoning = '';
        break;
      case 'turn_start':
        // A chain whose turn begins anew says again what was said before.
        this.#text += spokenText(event.messages);
        this.#reasoning += spokenReasoning(event.messages);
        break;
      default:
        break;
    }
    return event;
  }

  /** Says that the run ended well. */
  end(): this {
    this.#messages.end();
    return this;
  }

  /** All text, in the order in which it came. */
  get text(): string {
    return this.#text;
  }

  /** All visible reasoning, in the order in which it came. */
  get reasoning(): string {
    return this.#reasoning;
  }

  get conflict() {
    return this.#messages.conflict;
  }

  /** The messages so far, without events that did not fit their part. */
  get kept() {
    return this.#messages.kept;
  }

  get start() {
    return this.#start;
  }

  /** The last usage that was reported. One of details alone counts as none, as in llm. */
  get usage(): Usage | undefined {
    const { input, output } = this.#usage ?? {};
    return input === undefined && output === undefined ? undefined : this.#usage;
  }

  get finish() {
    return this.#finish;
  }

  /**
   * The JSON of the turn.
   *
   * @throws LlmError `assembly` when the run ended well but its events do not fit together; `partial` has what did.
   */
  toJSON(prompt: PromptJSON, status: EndStatus): ResponseJSON {
    const { incomplete, conflict } = this.#messages;
    const start = this.#start;
    const json: ResponseJSON = {
      model: start?.model ?? '',
      prompt,
      messages: this.kept,
      ...(start && { id: start.id }),
      ...(this.usage && { usage: this.usage }),
      ...(start && { datetime_utc: start.datetime_utc }),
      ...(status !== 'done' && { status }),
      ...(incomplete.length > 0 && { incomplete }),
    };
    if (status === 'done' && conflict) throw conflict.with({ partial: { ...json, status: 'failed' } });
    return json;
  }
}
