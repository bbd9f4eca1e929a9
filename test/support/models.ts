// Models for tests: real ones made by `defineModel`, that count and remember what they are asked.
import { defer, finalize, type Observable } from 'rxjs';
import { defineModel, type Model, type ModelRequest, type StreamEvent } from 'rxllm';

export interface CountingModel extends Model {
  /** The requests so far. */
  readonly requests: readonly ModelRequest[];
  /** How many runs are going on. */
  readonly running: () => number;
}

/** A model whose answer is made anew for each request, by number. */
export function countingModel(
  answer: (request: ModelRequest, index: number) => Observable<StreamEvent | string>,
): CountingModel {
  const requests: ModelRequest[] = [];
  let running = 0;
  const model = defineModel({
    id: 'counting',
    stream: (request) =>
      defer(() => {
        requests.push(request);
        running += 1;
        return answer(request, requests.length - 1);
      }).pipe(finalize(() => (running -= 1))),
  });
  return { ...model, requests, running: () => running };
}

/** The events of a tool call that is complete. */
export function callEvents(name: string, args: object, tool_call_id: string): StreamEvent[] {
  return [
    { type: 'tool_call_name', chunk: name, tool_call_id },
    { type: 'tool_call_args', chunk: JSON.stringify(args), tool_call_id },
  ];
}
