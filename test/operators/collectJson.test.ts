import * as fc from 'fast-check';
import { from, map } from 'rxjs';
import type { StreamEvent } from 'rxllm';
import { collectJson } from 'rxllm/operators';
import { z } from 'zod';
import { numRuns } from '../support/arbitraries.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';
import { cut } from './arbitraryEvents.ts';

const alphabet: Record<string, StreamEvent> = {
  ...events,
  1: { ...events.t, chunk: '{"a":' },
  2: { ...events.t, chunk: ' ' },
  3: { ...events.t, chunk: '"x"' },
  4: { ...events.t, chunk: ',"b":[2]}' },
};
const c = { a: 'x', b: [2] };
const schema = z.object({ a: z.string(), b: z.array(z.number()) });

describe('collectJson', () => {
  keepsOperatorLaws(() => collectJson(), { ...events.t, chunk: '["a",' }, events.r, { ...events.t, chunk: '1]' });

  test(
    'emits the value when the source completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-1-2-3-4-|', alphabet);
      const subs = '                    ^--------!';
      const result = '                  ---------(c|)';
      expectObservable(source.pipe(collectJson())).toBe(result, { c });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'emits nothing when the source errors, and forgets what came before a reset',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold<StreamEvent>('-1-3-4-#', alphabet).pipe(collectJson())).toBe('-------#');
      expectObservable(cold<StreamEvent>('-1-x-1-3-4-|', alphabet).pipe(collectJson())).toBe('-----------(c|)', { c });
    }),
  );

  test('gives what the schema makes of it, in its type', () => {
    const trimmed = z.object({ name: z.string().trim(), at: z.coerce.date() });
    const source = from(['{"name": " Ada ",', ' "at": "2026-01-01"}']);
    const years$ = source.pipe(
      collectJson(trimmed),
      map(({ name, at }) => `${name} ${at.getUTCFullYear()}`),
    );
    expect(record(years$).values).toEqual(['Ada 2026']);
  });

  test('errors with path, reason and what was seen when the value does not fit the schema', () => {
    const source = from<(StreamEvent | string)[]>([events.s, '{"a":"x","b":[2,"three"]}']);
    const { values, end } = record(source.pipe(collectJson(schema)));
    expect(values).toEqual([]);
    expect(end).toMatchObject({
      name: 'LlmError',
      code: 'bad_response',
      message: expect.stringMatching(/b\.1: Invalid input: expected number.*begins "{\\"a\\":\\"x\\"/),
      cause: [expect.objectContaining({ path: ['b', 1] })],
      partial: { model: 'demo', status: 'failed', messages: [{ parts: [{ type: 'text' }] }] },
    });
  });

  test('errors with the place and what was seen when the text is not JSON', () => {
    expect(record(from(['Here is ', 'your JSON: {}']).pipe(collectJson(schema))).end).toMatchObject({
      code: 'bad_response',
      message: expect.stringMatching(/unexpected "H" at line 1, column 1.*begins "Here is your JSON: {}"/),
      cause: { name: 'JsonSyntaxError', offset: 0 },
    });
    expect(record(from(['{"a":']).pipe(collectJson())).end).toMatchObject({ code: 'bad_response' });
    expect(record(from([events.f]).pipe(collectJson())).end).toMatchObject({ code: 'bad_response' });
  });

  test('refuses a schema that answers later', () => {
    const later = z.string().refine(async () => Promise.resolve(true));
    expect(record(from(['"x"']).pipe(collectJson(later))).end).toMatchObject({ code: 'unsupported' });
  });

  test('gives the value that the text says, wherever it was cut', () => {
    fc.assert(
      fc.property(cut(fc.json()), (pieces) => {
        expect(record(from(pieces).pipe(collectJson())).values).toEqual([JSON.parse(pieces.join(''))]);
      }),
      { numRuns },
    );
  });
});
