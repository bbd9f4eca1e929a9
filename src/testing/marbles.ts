// marbles: a test in virtual time, for any test runner.
import type { Observable } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { compareStreams, type TestMessage } from './compareStreams.ts';
import { compareSubscriptions, drawRuns } from './compareSubscriptions.ts';
import { compareCount, compareRequests, type ExpectedRequest } from './expectRequests.ts';
import type { FakeModel, RunLog } from './fakeModel.ts';
import { parseSubscription } from './turn.ts';
import { messageOf } from '../values/describe.ts';

/** What a marble test works with: the helpers of RxJS's run mode, and a few more. */
export interface MarbleHelpers extends RunHelpers {
  /** To be passed to what takes a scheduler. Inside of a test RxJS's own schedulers are in virtual time too. */
  readonly scheduler: TestScheduler;
  /** What the model was asked by the end of the test. */
  readonly expectRequests: (model: Pick<FakeModel, 'requests'>) => RequestsExpectation;
  /** In the end nobody is subscribed to the model any more. */
  readonly expectClosed: (model: Pick<FakeModel, 'subscriptions'>) => ClosedExpectation;
  /** Runs when virtual time is over, with the expectations of any library. Counts as one. */
  readonly atEnd: (check: () => void) => void;
}

export interface RequestsExpectation {
  toHaveCount(count: number): void;
  /** One expected request for each; fields that are not named are not looked at. */
  toBe(expected: readonly ExpectedRequest[]): void;
}

export interface ClosedExpectation {
  /** When each run was begun and left: `^--!`. */
  toBe(diagrams: string | readonly string[]): void;
}

/**
 * Makes a test of a marble test: `test('streams', marbles(({ expectObservable }) => { … }))`. The test is synchronous;
 * expectations are looked at when all of virtual time has passed, and all that failed are told at once.
 *
 * The function that it returns throws an Error when an expectation fails, and when there was none.
 */
export function marbles(test: (helpers: MarbleHelpers) => void): () => void {
  return () => {
    const scheduler = new MarbleScheduler();
    const { expectRequests, expectClosed, atEnd } = scheduler;
    const returned: unknown = scheduler.run((helpers) =>
      test({ ...helpers, scheduler, expectRequests, expectClosed, atEnd }),
    );
    if (typeof returned === 'object' && returned !== null && 'then' in returned) {
      throw new Error(
        'a marble test is synchronous; this one returned a Promise, for which virtual time does not wait',
      );
    }
    scheduler.checkCount();
  };
}

/** An expectation, looked at when time is over. */
interface Expectation {
  readonly name: string;
  /** Where it was made, for the stack of the error. */
  made?: string | undefined;
  /** Compares what RxJS recorded with the diagram. RxJS hands both over when it flushes, in the order of these. */
  compare?: (actual: unknown, expected: unknown) => string | undefined;
  /** What is wrong, if anything. */
  check?: () => string | undefined;
}

class MarbleScheduler extends TestScheduler {
  #expectations: Expectation[] = [];
  #count = 0;

  constructor() {
    super(() => undefined);
    this.assertDeepEqual = (actual, expected) => {
      const entry = this.#expectations.find(({ compare, check }) => compare && !check);
      if (entry) entry.check = () => entry.compare?.(actual, expected);
    };
  }

  override expectObservable<T>(observable: Observable<T>, subscriptionMarbles: string | null = null) {
    const recorded = super.expectObservable(observable, subscriptionMarbles);
    const entry = this.#expect('expectObservable');
    const compareWith = (values: unknown): NonNullable<Expectation['compare']> => {
      const letters = typeof values === 'object' && values !== null ? values : {};
      return (actual, expected) => compareStreams(actual as TestMessage[], expected as TestMessage[], { ...letters });
    };
    return {
      toBe: (diagram: string, values?: unknown, error?: unknown) => {
        recorded.toBe(diagram, values, error);
        say(entry, { compare: compareWith(values) });
      },
      toEqual: (other: Observable<T>) => {
        recorded.toEqual(other);
        say(entry, { compare: compareWith(undefined) });
      },
    };
  }

  override expectSubscriptions(logs: RunLog[]) {
    const { toBe } = super.expectSubscriptions(logs);
    const entry = this.#expect('expectSubscriptions');
    return {
      toBe: (diagrams: string | string[]) => {
        toBe(diagrams);
        say(entry, { compare: (actual, expected) => compareSubscriptions(actual as RunLog[], expected as RunLog[]) });
      },
    };
  }

  readonly expectRequests = ({ requests }: Pick<FakeModel, 'requests'>): RequestsExpectation => {
    const entry = this.#expect('expectRequests');
    return {
      toHaveCount: (count) => say(entry, { check: () => compareCount(requests, count) }),
      toBe: (expected) => say(entry, { check: () => compareRequests(requests, expected) }),
    };
  };

  readonly expectClosed = ({ subscriptions }: Pick<FakeModel, 'subscriptions'>): ClosedExpectation => {
    const entry = this.#expect('expectClosed');
    say(entry, { check: () => openRuns(subscriptions) });
    return {
      toBe: (diagrams) => {
        const expected = [diagrams].flat().map((diagram) => parseSubscription(diagram));
        say(entry, { check: () => openRuns(subscriptions) ?? compareSubscriptions(subscriptions, expected) });
      },
    };
  };

  readonly atEnd = (check: () => void): void => {
    const run = () => {
      check();
      return undefined;
    };
    say(this.#expect('atEnd'), { check: run });
  };

  override flush(): void {
    super.flush();
    const ready = this.#expectations.filter(({ check }) => check);
    this.#expectations = this.#expectations.filter(({ check }) => !check);
    const failures = ready.flatMap((entry) => failureOf(entry));
    const [first] = failures;
    if (!first) return;
    const text = failures.map(({ name, wrong }) => `${name}\n${wrong}`).join('\n\n');
    const error = new Error(`the marble test failed\n\n${text}\n`, 'cause' in first ? { cause: first.cause } : {});
    if (first.made) error.stack = `${error.name}: ${error.message}\n${first.made}`;
    throw error;
  }

  /** @throws Error when nothing was expected, or an expectation does not say what. */
  checkCount(): void {
    const [unsaid] = this.#expectations;
    if (unsaid) throw new Error(`${unsaid.name} does not say what it expects: add toBe()`);
    if (this.#count === 0) throw new Error('the marble test expected nothing: it would pass whatever happens');
  }

  #expect(kind: string): Expectation {
    this.#count += 1;
    const entry: Expectation = { name: `${kind}(), expectation ${this.#count}` };
    this.#expectations.push(entry);
    return entry;
  }
}

function say(entry: Expectation, said: Pick<Expectation, 'compare' | 'check'>): void {
  // The first lines are those of this file.
  const frames = (new Error().stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  Object.assign(entry, said, { made: frames.slice(2).join('\n') });
}

interface Failure extends Expectation {
  readonly wrong: string;
  readonly cause?: unknown;
}

function failureOf(entry: Expectation): readonly Failure[] {
  try {
    const wrong = entry.check?.();
    return wrong === undefined ? [] : [{ ...entry, wrong }];
  } catch (cause) {
    return [{ ...entry, wrong: messageOf(cause), cause }];
  }
}

function openRuns(runs: readonly RunLog[]): string | undefined {
  const open = runs.filter(({ unsubscribedFrame }) => unsubscribedFrame === Infinity);
  if (open.length === 0) return undefined;
  return [`  ${open.length} of ${runs.length} runs are still open:`, ...drawRuns(runs).map((row) => `    ${row}`)].join(
    '\n',
  );
}
