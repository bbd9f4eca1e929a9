// Models and responses in marble diagrams: one letter an event, in what a model emits and in what comes of it.
import { catchError, map, throwError, type Observable } from 'rxjs';
import { defineModel, LlmError, type Model, type ModelDefinition, type StreamEvent, type Usage } from 'rxllm';

const usage = (output: number): StreamEvent => ({ type: 'usage', usage: { output } });

/** What a model may emit. A digit is the output tokens so far. */
export const letters = {
  x: 'x',
  y: 'y',
  z: 'z',
  r: { type: 'reasoning', chunk: 'r' },
  n: { type: 'tool_call_name', chunk: 'n', tool_call_id: 'c1' },
  a: { type: 'attachment', attachment: { type: 'image/png', url: 'https://a.example/a.png' } },
  1: usage(1),
  2: usage(2),
  3: usage(3),
  4: usage(4),
  f: { type: 'finish', reason: 'stop' },
  w: { type: 'raw', payload: {} },
  s: { type: 'start', id: '', model: '', datetime_utc: '' },
  v: { type: 'start', id: '', model: '', datetime_utc: '', resolved_model: 'v-2026' },
  R: { type: 'reset' },
} satisfies Record<string, StreamEvent | string>;

export type Said = StreamEvent | string;

/** A model that emits this, whatever it is asked. */
export function modelOf(id: string, events$: Observable<Said>, more: Partial<ModelDefinition> = {}): Model {
  return defineModel({ id, stream: () => events$, ...more });
}

export const overloaded = new LlmError('overloaded', 'too much to do');
export const broken = new LlmError('truncated', 'the connection broke');

/** The letters of a response: `A` is the start of model `a` (`S` of one that does not say), `#` the code of the error. */
export function lettersOf(response$: Observable<StreamEvent>): Observable<string> {
  return response$.pipe(
    map(letterOf),
    catchError((error: unknown) => throwError(() => (error instanceof LlmError ? error.code : error))),
  );
}

function letterOf(event: StreamEvent): string {
  switch (event.type) {
    case 'start':
      return (event.resolved_model ?? 's').slice(0, 1).toUpperCase();
    case 'usage':
      return String(tokensOf(event.usage));
    case 'reset':
      return 'R';
    case 'raw':
      return 'w';
    case 'attachment':
      return 'a';
    case 'finish':
      return 'f';
    case 'part_end':
      return 'p';
    default:
      return 'chunk' in event ? event.chunk : event.type;
  }
}

export function tokensOf({ input = 0, output = 0 }: Usage): number {
  return input + output;
}
