// Marble tests: virtual time, `toEqual` on frames, and one alphabet of events, so that diagrams read alike everywhere.
import { expect } from '@jest/globals';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import type { StreamEvent } from 'rxllm';

/** Helpers of RxJS's run mode, and the scheduler itself to pass to what takes one. */
export interface MarbleHelpers extends RunHelpers {
  readonly scheduler: TestScheduler;
}

/** Makes a jest test of a marble test. It fails when nothing was asserted: a forgotten `expectObservable` passes otherwise. */
export function marbles(test: (helpers: MarbleHelpers) => void): () => void {
  return () => {
    expect.hasAssertions();
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run((helpers) => test({ ...helpers, scheduler }));
  };
}

const call = { part_index: 2, message_index: 0, tool_call_id: 'c1' } as const;
const other = { part_index: 3, message_index: 0, tool_call_id: 'c2' } as const;

/**
 * Events by the letter that stands for them in a diagram. `n`, `a`, `e` are name, arguments and end of a first tool
 * call, `m`, `b`, `c` of a second; `q` ends the reasoning of `r`.
 */
export const events = {
  s: { type: 'start', id: '01k0', model: 'demo', datetime_utc: '2026-01-01T00:00:00+00:00' },
  t: { type: 'text', chunk: 'Hi', part_index: 1, message_index: 0 },
  r: { type: 'reasoning', chunk: 'Hm', part_index: 0, message_index: 0 },
  q: { type: 'part_end', part_index: 0 },
  n: { type: 'tool_call_name', chunk: 'add', ...call },
  a: { type: 'tool_call_args', chunk: '{}', ...call },
  e: { type: 'part_end', part_index: 2 },
  m: { type: 'tool_call_name', chunk: 'sub', ...other },
  b: { type: 'tool_call_args', chunk: '[1]', ...other },
  c: { type: 'part_end', part_index: 3 },
  u: { type: 'usage', usage: { input: 5, output: 7 } },
  f: { type: 'finish', reason: 'stop' },
  x: { type: 'reset' },
} as const satisfies Record<string, StreamEvent>;
