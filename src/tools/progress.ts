// What a tool tells on its way to its result.
import type { SchedulerLike, Subscriber, Subscription } from 'rxjs';
import type { EventOf } from '../values/event.ts';
import type { JsonValue } from '../values/json.ts';
import type { ToolCallPart } from '../values/part.ts';
import { jsonOf } from './callResult.ts';
import { splitOutput } from './tool.ts';

/**
 * Holds a value until it is known whether it is the last one: when another comes, or time goes on. What is not the last one
 * is told as progress.
 */
export class Progress {
  readonly #call: ToolCallPart;
  readonly #scheduler: SchedulerLike;
  readonly #subscriber: Subscriber<EventOf<'tool_progress'>>;
  #value: unknown;
  #isNew = false;
  #tick: Subscription | undefined;

  constructor(call: ToolCallPart, scheduler: SchedulerLike, subscriber: Subscriber<EventOf<'tool_progress'>>) {
    this.#call = call;
    this.#scheduler = scheduler;
    this.#subscriber = subscriber;
    subscriber.add(() => this.#tick?.unsubscribe());
  }

  take(value: unknown): void {
    this.tell();
    this.#value = value;
    this.#isNew = true;
    if (this.#tick && !this.#tick.closed) return;
    const tick = this.#scheduler.schedule(() => {
      this.#tick?.unsubscribe();
      this.tell();
    });
    this.#tick = tick;
  }

  /** Tells the value that is held: it is not the last one, or no result. */
  tell(): void {
    if (!this.#isNew) return;
    this.#isNew = false;
    const { name, tool_call_id } = this.#call;
    this.#subscriber.next({
      type: 'tool_progress',
      tool_name: name,
      ...(tool_call_id !== undefined && { tool_call_id }),
      value: toValue(this.#value),
    });
  }

  /** The last value; nothing more is told. */
  stop(): unknown {
    this.#isNew = false;
    this.#tick?.unsubscribe();
    return this.#value;
  }
}

/** As JSON says it: events are plain data, and what a tool does to its value afterwards must not reach them. */
function toValue(value: unknown): JsonValue {
  const { output } = splitOutput(value);
  if (typeof output === 'string' || typeof output === 'boolean') return output;
  try {
    return JSON.parse(jsonOf(output)) as JsonValue;
  } catch {
    return 'a value that JSON cannot say';
  }
}
