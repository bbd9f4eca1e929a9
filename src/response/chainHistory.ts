// What has been said in a chain so far, and what it has cost.
import type { Message } from '../values/message.ts';
import type { ToolResultPart } from '../values/part.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import { addUsage, type Usage } from '../values/usage.ts';
import type { ChainState } from './chainOptions.ts';
import type { ChainTurn, Place } from './chainTurn.ts';
import { resultMessages } from './resultMessages.ts';

export class ChainHistory {
  readonly #prompt: readonly Message[];
  /** What was said after the prompt. */
  readonly #said: Message[] = [];
  #all: readonly Message[] | undefined;
  /** What joins before the next turn. */
  #joining: Message[] = [];
  #turns = 0;
  #next: Place = { part: 0, message: 0 };
  #usage: Usage | undefined;
  #last: ResponseJSON | undefined;

  constructor(prompt: readonly Message[]) {
    this.#prompt = prompt;
  }

  /** Everything said so far, the prompt included; one list as long as nothing is added. */
  get messages(): readonly Message[] {
    return (this.#all ??= [...this.#prompt, ...this.#said]);
  }

  /** What was said after the prompt. */
  get said(): readonly Message[] {
    return [...this.#said];
  }

  /** How many messages wait for the next turn. */
  get joining(): number {
    return this.#joining.length;
  }

  /** How many turns have begun. */
  get turns(): number {
    return this.#turns;
  }

  /** Of all turns that have ended. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** The turn that ended last. */
  get last(): ResponseJSON | undefined {
    return this.#last;
  }

  /** Where the next event belongs. A message that came to nothing keeps its number, so this may run ahead of `said`. */
  get next(): Place {
    return this.#next;
  }

  /** What the user of the chain is told between two turns. */
  get state(): ChainState {
    const messages = this.#joining.length > 0 ? [...this.messages, ...this.#joining] : this.messages;
    return { turns: this.#turns, messages, usage: this.#usage, last: this.#last };
  }

  /** Keeps messages until the next turn begins. */
  join(messages: readonly Message[]): void {
    this.#joining.push(...messages);
  }

  /** A turn begins; gives back what joins, and where that belongs. */
  beginTurn(): { readonly joined: readonly Message[]; readonly message: number } {
    const joined = this.#joining;
    const { part, message } = this.#next;
    this.#joining = [];
    this.#turns += 1;
    this.#next = { part, message: message + joined.length };
    this.#say(joined);
    return { joined, message };
  }

  /** The answer of a turn. */
  endTurn({ next, usage }: ChainTurn, response: ResponseJSON): void {
    this.#next = next;
    this.#say(response.messages);
    if (usage) this.#usage = addUsage(this.#usage, usage);
    this.#last = response;
  }

  /** Results of the calls of the last turn; their files come before whatever else joins. */
  addResults(results: readonly ToolResultPart[]): void {
    const [toolResults, ...files] = resultMessages(results);
    if (!toolResults) return;
    const { part, message } = this.#next;
    this.#say([toolResults]);
    this.#next = { part: part + results.length, message: message + 1 };
    this.#joining.unshift(...files);
  }

  #say(messages: readonly Message[]): void {
    if (messages.length === 0) return;
    this.#said.push(...messages);
    this.#all = undefined;
  }
}
