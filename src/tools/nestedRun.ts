// A tool that asks a model itself: its events are seen, and its text is the result.
import { Observable } from 'rxjs';
import type { EventOf, StreamEvent } from '../values/event.ts';
import type { ToolCallPart } from '../values/part.ts';
import { ResponseFold } from '../values/responseFold.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';

/** Responses have it, so that they are told from Observables of plain values. */
export const eventSource: unique symbol = Symbol('rxllm.eventSource');

export function isEventSource(value: object): boolean {
  return eventSource in value;
}

/** Emits the text of the last turn, at the end; `tell` gets every event on its way. */
export function nestedRun(
  { tool_call_id, name }: ToolCallPart,
  events$: Observable<StreamEvent>,
  tell: (event: EventOf<'nested'>) => void,
): Observable<string> {
  const id = tool_call_id ?? name;
  return new Observable((subscriber) => {
    let fold = new ResponseFold();
    subscribeWithin(subscriber, events$, {
      next(event) {
        const { path, event: inner } = event.type === 'nested' ? event : { path: [], event };
        tell({ type: 'nested', path: [id, ...path], event: inner });
        // It may come with what was said in turns before.
        if (event.type === 'turn_start') fold = new ResponseFold();
        // A separator stands between two turns, and is part of neither.
        else if (event.type !== 'text' || !event.separator) fold.add(event);
      },
      error: (error: unknown) => subscriber.error(error),
      complete() {
        subscriber.next(fold.text);
        subscriber.complete();
      },
    });
  });
}
