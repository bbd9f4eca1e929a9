// A span that has begun ends, once, whatever becomes of the run.
import { diag } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { config, Observable, of, Subject, take } from 'rxjs';
import { defineModel, LlmError, type StreamEvent } from 'rxllm';
import { withTelemetry } from 'rxllm/telemetry';
import { rawRun } from '../operators/arbitraryEvents.ts';
import { numRuns } from '../support/arbitraries.ts';
import { diagErrors, recorder } from './recorder.ts';

let errors: unknown[][];
beforeEach(() => (errors = diagErrors()));
afterEach(() => diag.disable());

const finish: StreamEvent = { type: 'finish', reason: 'stop' };
const ends = ['completes', 'finishes', 'hangs', 'throws', 'truncated', 'aborted', 'rate_limited'] as const;

interface Script {
  readonly events: readonly (StreamEvent | string)[];
  readonly end: (typeof ends)[number];
  /** Whether everything happens while the model is being subscribed. */
  readonly isSynchronous: boolean;
  /** After how many events the subscriber goes; 0 is at once. */
  readonly leaveAfter: number | undefined;
  readonly captureContent: boolean;
}

const script: fc.Arbitrary<Script> = fc.record({
  events: rawRun,
  end: fc.constantFrom(...ends),
  isSynchronous: fc.boolean(),
  leaveAfter: fc.option(fc.nat(30), { nil: undefined }),
  captureContent: fc.boolean(),
});

/** Plays a script, and says how the run ended as its subscriber saw it. */
function play({ events, end, isSynchronous, leaveAfter, captureContent }: Script) {
  const record = recorder();
  const act = (subscriber: Pick<Subject<StreamEvent | string>, 'next' | 'error' | 'complete'>) => {
    for (const event of events) subscriber.next(event);
    if (end === 'finishes') subscriber.next(finish);
    if (end === 'completes' || end === 'finishes') subscriber.complete();
    else if (end === 'throws') subscriber.error(new Error('oops'));
    else if (end !== 'hangs') subscriber.error(new LlmError(end, end));
  };
  const later = new Subject<StreamEvent | string>();
  const source = isSynchronous ? new Observable<StreamEvent | string>((subscriber) => act(subscriber)) : later;
  const model = withTelemetry(defineModel({ id: 'm', stream: () => source }), { ...record.here, captureContent });
  const seen: string[] = [];
  const response = model.prompt('Hello');
  const left$ = leaveAfter === undefined ? response : response.pipe(take(leaveAfter || 1));
  const subscription = left$.subscribe({
    next: ({ type }) => seen.push(type),
    error: ({ code }: LlmError) => seen.push(code),
    complete: () => seen.push('complete'),
  });
  if (leaveAfter === 0) subscription.unsubscribe();
  if (!isSynchronous) act(later);
  const startedAndEnded = [record.started, record.spans.length];
  subscription.unsubscribe();
  return { record, seen, startedAndEnded };
}

test('as many spans end as begin, each once, and say how the run ended', () => {
  fc.assert(
    fc.property(script, (given) => {
      const { record, seen, startedAndEnded } = play(given);
      // A run that hangs ends when its subscriber goes.
      const isOpen = given.end === 'hangs' && given.leaveAfter === undefined;
      if (isOpen) expect(startedAndEnded).toEqual([1, 0]);
      else if (seen.includes('complete') || seen.at(-1) === given.end) expect(startedAndEnded).toEqual([1, 1]);
      expect(record.started).toBe(1);
      expect(record.span.ended).toBe(true);
      const last = seen.at(-1) ?? '';
      const status = record.span.attributes['rxllm.status'];
      if (given.leaveAfter !== undefined) expect(['done', 'aborted', 'failed', 'truncated']).toContain(status);
      else if (last === 'complete') expect(status).toBe('done');
      else if (last === 'aborted' || last === 'truncated') expect(status).toBe(last);
      else expect(status).toBe(given.end === 'hangs' ? 'aborted' : 'failed');
      // A second end would have been reported here.
      expect(errors).toEqual([]);
    }),
    { numRuns },
  );
});

test('telemetry changes nothing of what a subscriber sees', () => {
  fc.assert(
    fc.property(rawRun, fc.constantFrom('completes', 'throws'), (events, end) => {
      const source = new Observable<StreamEvent | string>((subscriber) => {
        for (const event of events) subscriber.next(event);
        if (end === 'throws') subscriber.error(new LlmError('connection', 'gone'));
        else subscriber.complete();
      });
      const model = defineModel({ id: 'm', stream: () => source });
      const seenOf = (response: Observable<StreamEvent>) => {
        const seen: unknown[] = [];
        response.subscribe({
          next: (event) => seen.push(event.type === 'start' ? event.type : event),
          error: ({ code }: LlmError) => seen.push(code),
          complete: () => seen.push('complete'),
        });
        return seen;
      };
      const traced = withTelemetry(model, { ...recorder().here, captureContent: true });
      expect(seenOf(traced.prompt('Hello'))).toEqual(seenOf(model.prompt('Hello')));
    }),
    { numRuns },
  );
});

test('a source that emits while it is being subscribed stops when its subscriber goes', () => {
  const record = recorder();
  let emitted = 0;
  const source = new Observable<string>((subscriber) => {
    while (!subscriber.closed && emitted < 1000) subscriber.next(String((emitted += 1)));
  });
  withTelemetry(defineModel({ id: 'm', stream: () => source }), record.here)
    .prompt('Hello')
    .pipe(take(2))
    .subscribe();
  expect(emitted).toBeLessThan(10);
  expect(record.span.attributes).toMatchObject({ 'rxllm.status': 'aborted' });
});

describe('a subscriber that throws', () => {
  const unhandled: unknown[] = [];
  beforeEach(() => (config.onUnhandledError = (error: unknown) => void unhandled.push(error)));
  afterEach(() => (config.onUnhandledError = null));

  test('harms no span', async () => {
    const record = recorder();
    const model = withTelemetry(
      defineModel({ id: 'm', stream: () => of<StreamEvent[]>({ type: 'text', chunk: 'Hi' }, finish) }),
      record.here,
    );
    model.prompt('Hello').subscribe(() => {
      throw new Error('a mistake of its own');
    });
    expect(record.span.attributes).toMatchObject({ 'rxllm.status': 'done' });
    // RxJS reports it when the stack is empty.
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
    expect(unhandled).toHaveLength(3);
  });
});
