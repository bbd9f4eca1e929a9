// One fault played to one model: the client's side of it, and what is seen there.
import type { EndStatus, LiveResponse, LlmError, Message, Model, PromptOptions, StreamEvent, Usage } from 'rxllm';
import { helloWorld, openGate, type Fault, type FaultPlaces } from '../support/faults.ts';

export interface Seen {
  readonly events: readonly StreamEvent[];
  /** What `state$` said, one after the other. */
  readonly states: readonly ('running' | EndStatus)[];
  /** How often the subscriber was told of an end; of one that leaves, whoever comes after it. */
  readonly completions: number;
  readonly errors: readonly unknown[];
  readonly error: LlmError | undefined;
  readonly messages: readonly Message[];
  readonly usage: Usage | undefined;
}

export interface Cell {
  readonly response: LiveResponse;
  readonly hasEnded: () => boolean;
  /** The text so far. */
  readonly text: () => string;
  readonly ended: Promise<Seen>;
}

export interface CellPlace {
  readonly fault: Fault;
  readonly provider: string;
  readonly places: FaultPlaces;
}

/** Subscribes; leaves, or lets the server go on, when the text is there. */
export function startCell(model: Model, { fault, provider, places }: CellPlace, options: PromptOptions = {}): Cell {
  const response = model.prompt('Hi', options).share();
  const events: StreamEvent[] = [];
  const states: ('running' | EndStatus)[] = [];
  const errors: unknown[] = [];
  let completions = 0;
  let text = '';
  let [hasSpoken, hasEnded, hasLeft] = [false, false, false];
  let last: Pick<Seen, 'error' | 'messages' | 'usage'> = { error: undefined, messages: [], usage: undefined };
  let tell: (seen: Seen) => void = () => undefined;
  const ended = new Promise<Seen>((resolve) => (tell = resolve));

  const end = {
    error(error: unknown) {
      errors.push(error);
      hasEnded = true;
      settle();
    },
    complete() {
      completions += 1;
      hasEnded = true;
      settle();
    },
  };

  /** Whatever would come after the end has come by then. */
  function settle(): void {
    setImmediate(() => setImmediate(() => tell({ events, states, completions, errors, ...last })));
  }

  function watch() {
    return response.state$.subscribe(({ status, messages, usage, error }) => {
      if (states.at(-1) !== status) states.push(status);
      last = error
        ? { error, messages: error.partial?.messages ?? [], usage: error.partial?.usage }
        : { error, messages, usage };
    });
  }

  function leave(): void {
    hasLeft = true;
    watching.unsubscribe();
    subscription.unsubscribe();
    watch();
    response.subscribe(end);
  }

  const watching = watch();
  const subscription = response.subscribe({
    ...end,
    next(event) {
      if (hasLeft) throw new Error('an event came after unsubscribing');
      events.push(event);
      if (event.type === 'text') text += event.chunk;
      if (hasSpoken || text !== helloWorld) return;
      hasSpoken = true;
      if (fault.leaves === 'abort') response.abort();
      else if (fault.leaves === 'unsubscribe') leave();
      else if (fault.isGated) void openGate(fault, provider, places);
    },
  });
  return { response, hasEnded: () => hasEnded, text: () => text, ended };
}

/** All text of the messages. */
export function textOf(messages: readonly Message[]): string {
  return messages.flatMap(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : ''))).join('');
}
