// The tool calls of one turn of a chain, and the events of their results.
import { CallRunner, type CallRunnerSetting } from '../tools/callRunner.ts';
import { cancelled } from '../tools/callResult.ts';
import type { StreamEvent } from '../values/event.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import type { Place } from './chainTurn.ts';
import { withoutFiles } from './resultMessages.ts';

/** Calls may begin while the turn is still going on (`add`); what comes of them is told after it (`run`). */
export class ChainCalls {
  readonly #runner: CallRunner;
  readonly #tell: (event: StreamEvent) => void;
  readonly #results: ToolResultPart[] = [];
  #waiting: readonly ToolCallPart[] = [];
  #place: Place | undefined;
  #done: ((results: readonly ToolResultPart[], error?: unknown) => void) | undefined;

  constructor(setting: () => CallRunnerSetting, tell: (event: StreamEvent) => void) {
    this.#tell = tell;
    this.#runner = new CallRunner(setting, {
      progress: tell,
      result: (index, result) => {
        this.#results[index] = result;
        this.#tellResult(index);
      },
      done: (error) => this.#done?.(this.#results, error),
    });
  }

  /** Begins a call before the turn has ended. */
  add(call: ToolCallPart, index: number): void {
    this.#runner.add(call, index);
  }

  /** Says which calls there are and where their results belong; tells those that are there. */
  place(waiting: readonly ToolCallPart[], place: Place): void {
    this.#waiting = waiting;
    this.#place = place;
    this.#results.forEach((_, index) => this.#tellResult(index));
  }

  /** Begins the rest, and calls back when all have ended, with the results in the order of the calls. */
  run(
    waiting: readonly ToolCallPart[],
    place: Place,
    done: (results: readonly ToolResultPart[], error?: unknown) => void,
  ): void {
    this.#done = done;
    this.place(waiting, place);
    for (const [index, call] of waiting.entries()) this.#runner.add(call, index);
    this.#runner.complete();
  }

  /** Results for all: of those that have none yet, that they were cancelled. */
  cancelRest(reason: string): readonly ToolResultPart[] {
    this.#runner.unsubscribe();
    for (const [index, call] of this.#waiting.entries()) {
      if (this.#results[index]) continue;
      this.#results[index] = cancelled(call, 'Cancelled', reason);
      this.#tellResult(index);
    }
    return this.#results;
  }

  /** Aborts those that run. */
  unsubscribe(): void {
    this.#runner.unsubscribe();
  }

  #tellResult(index: number): void {
    const result = this.#results[index];
    if (!this.#place || !result) return;
    const { part, message } = this.#place;
    this.#tell({ type: 'tool_output', result: withoutFiles(result), part_index: part + index, message_index: message });
  }
}
