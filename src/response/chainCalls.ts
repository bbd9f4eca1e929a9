// The tool calls of one turn of a chain, and the events of their results.
import { CallRunner, type CallRunnerSetting } from '../tools/callRunner.ts';
import { cancelled, overtaken } from '../tools/callResult.ts';
import type { StreamEvent } from '../values/event.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import type { Place, WaitingCalls } from './chainTurn.ts';

/** Calls may begin while the turn is still going on (`add`); what comes of them is told after it (`run`). */
export class ChainCalls {
  readonly #runner: CallRunner;
  readonly #tell: (event: StreamEvent) => void;
  readonly #results = new Map<number, ToolResultPart>();
  /** Where the results of the calls belong. */
  readonly #places = new Map<number, Place>();
  #waiting: WaitingCalls = new Map();
  #done: ((results: readonly ToolResultPart[], error?: unknown) => void) | undefined;

  constructor(setting: () => CallRunnerSetting, tell: (event: StreamEvent) => void) {
    this.#tell = tell;
    this.#runner = new CallRunner(setting, {
      progress: tell,
      result: (key, result) => {
        this.#results.set(key, result);
        this.#tellResult(key);
      },
      done: (error) => this.#done?.(this.#inOrder, error),
    });
  }

  /** Begins a call before the turn has ended. */
  add(call: ToolCallPart, key: number): void {
    this.#runner.add(call, key);
  }

  /** Says which calls there are and where their results belong; tells those that are there. */
  place(waiting: WaitingCalls, { part, message }: Place): void {
    if (this.#waiting === waiting) return;
    this.#waiting = waiting;
    for (const [at, key] of [...waiting.keys()].entries()) this.#places.set(key, { part: part + at, message });
    for (const key of waiting.keys()) this.#tellResult(key);
  }

  /** Begins the rest, and calls back when all have ended, with the results in the order of the calls. */
  run(waiting: WaitingCalls, place: Place, done: (results: readonly ToolResultPart[], error?: unknown) => void): void {
    this.#done = done;
    this.place(waiting, place);
    for (const [key, call] of waiting) this.#runner.add(call, key);
    this.#runner.complete();
  }

  /** Results for all: of those that have none yet, that they were cancelled. */
  cancelRest(): readonly ToolResultPart[] {
    this.#runner.unsubscribe();
    for (const [key, call] of this.#waiting) {
      if (!this.#results.has(key)) this.#results.set(key, cancelled(call, 'Cancelled', overtaken));
    }
    for (const key of this.#waiting.keys()) this.#tellResult(key);
    return this.#inOrder;
  }

  /** Aborts those that run. */
  unsubscribe(): void {
    this.#runner.unsubscribe();
  }

  get #inOrder(): readonly ToolResultPart[] {
    return [...this.#waiting.keys()].flatMap((key) => this.#results.get(key) ?? []);
  }

  /** Once: whoever is told may make the rest be told before. */
  #tellResult(key: number): void {
    const result = this.#results.get(key);
    const place = this.#places.get(key);
    if (!place || !result) return;
    this.#places.delete(key);
    this.#tell({ type: 'tool_output', result, part_index: place.part, message_index: place.message });
  }
}
