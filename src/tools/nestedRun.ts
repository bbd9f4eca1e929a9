// A tool that asks a model itself: its events are seen, and its text is the result.
import { Observable } from 'rxjs';
import { describe } from '../values/describe.ts';
import type { EventOf, StreamEvent } from '../values/event.ts';
import type { ToolCallPart } from '../values/part.ts';
import { ResponseFold } from '../values/responseFold.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { named } from './callResult.ts';

/**
 * What an Observable gives: its values; of one that begins as a response does, with `start`, the text of the last turn at
 * the end, while `tell` gets every event on its way. So a response may have been piped, as through idleTimeout().
 */
export function valuesOf(
  call: ToolCallPart,
  source$: Observable<unknown>,
  tell: (event: EventOf<'nested'>) => void,
): Observable<unknown> {
  return new Observable((subscriber) => {
    let run: NestedRun | undefined;
    let isFirst = true;
    subscribeWithin(subscriber, source$, {
      next(value) {
        if (isFirst && isStart(value)) run = new NestedRun(call, tell);
        isFirst = false;
        if (!run) {
          subscriber.next(value);
          return;
        }
        try {
          run.take(value);
        } catch (error) {
          subscriber.error(error);
        }
      },
      error: (error: unknown) => subscriber.error(error),
      complete() {
        if (run) subscriber.next(run.text);
        subscriber.complete();
      },
    });
  });
}

class NestedRun {
  readonly #id: string;
  readonly #tell: (event: EventOf<'nested'>) => void;
  #fold = new ResponseFold();

  constructor({ tool_call_id, name }: ToolCallPart, tell: (event: EventOf<'nested'>) => void) {
    this.#id = tool_call_id ?? name;
    this.#tell = tell;
  }

  /** Throws where the value is no event, or one that its turn has no place for. */
  take(value: unknown): void {
    if (!isEvent(value)) {
      throw named('InvalidResult', `the tool gave ${describe(value)} among the events of a response`);
    }
    const { path, event } = value.type === 'nested' ? value : { path: [], event: value };
    this.#tell({ type: 'nested', path: [this.#id, ...path], event });
    // It may come with what was said in turns before.
    if (value.type === 'turn_start') this.#fold = new ResponseFold();
    // A separator stands between two turns, and is part of neither.
    else if (value.type !== 'text' || !value.separator) this.#fold.add(value);
  }

  /** Of the last turn. */
  get text(): string {
    return this.#fold.text;
  }
}

function isEvent(value: unknown): value is StreamEvent {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isStart(value: unknown): boolean {
  return isEvent(value) && value.type === 'start' && typeof value.id === 'string';
}
