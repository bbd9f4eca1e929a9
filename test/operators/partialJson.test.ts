import * as fc from 'fast-check';
import { from, map } from 'rxjs';
import type { JsonValue, StreamEvent } from 'rxllm';
import { partialJson } from 'rxllm/operators';
import { numRuns } from '../support/arbitraries.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';
import { cut } from './arbitraryEvents.ts';

const chunks = ['{"a":', ' ', '"x"', ',"b":[2]}'];
const [one, two, three, four] = chunks.map((chunk) => ({ ...events.t, chunk })) as [
  StreamEvent,
  StreamEvent,
  StreamEvent,
  StreamEvent,
];
const alphabet = { ...events, 1: one, 2: two, 3: three, 4: four };
const values = { a: {}, b: { a: 'x' }, c: { a: 'x', b: [2] } };

describe('partialJson', () => {
  keepsOperatorLaws(() => partialJson(), events.s, one, two, events.r, three, four, events.f);

  test(
    'emits the value so far when a text event has changed it',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-1-2-3-4-|', alphabet);
      const subs = '                    ^--------!';
      const result = '                  -a---b-c-|';
      expectObservable(source.pipe(partialJson())).toBe(result, values);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'begins anew at a reset',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-1-3-x-1-3-4-|', alphabet);
      const result = '                  -a-b---a-b-c-|';
      expectObservable(source.pipe(partialJson())).toBe(result, values);
    }),
  );

  test(
    'errors at the first character that cannot be JSON, and lets go of its source',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-1-3-t-4-|', alphabet);
      const subs = '                    ^----!';
      const result = '                  -a-b-#';
      const seen$ = source.pipe(partialJson());
      expectObservable(seen$).toBe(result, values, expect.objectContaining({ code: 'bad_response' }));
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test('names in its error the place and what was seen', () => {
    const { end } = record(from<StreamEvent[]>([events.s, one, events.t]).pipe(partialJson()));
    expect(end).toMatchObject({
      message: expect.stringMatching(/not JSON: unexpected "H" at line 1, column 6.*begins "{\\"a\\":Hi"/),
      cause: { name: 'JsonSyntaxError', offset: 5 },
      partial: { model: 'demo', status: 'failed', messages: [{ parts: [{ type: 'text', text: '{"a":Hi' }] }] },
    });
  });

  test('errors at completion when the JSON has not ended, or has not begun', () => {
    const unfinished = record(from([one, three]).pipe(partialJson()));
    expect(unfinished.values).toEqual([{}, { a: 'x' }]);
    expect(unfinished.end).toMatchObject({ code: 'bad_response', message: expect.stringContaining('end of text') });
    expect(record(from([events.s, events.f]).pipe(partialJson())).end).toMatchObject({ code: 'bad_response' });
  });

  test('keeps the objects that are complete', () => {
    const seen: JsonValue[] = [];
    from(['[{"a":1}', ',{"b":', '2}]'])
      .pipe(partialJson())
      .subscribe((value) => seen.push(value));
    const firsts = seen.map((value) => (Array.isArray(value) ? (value as JsonValue[])[0] : undefined));
    expect(seen).toHaveLength(3);
    expect(firsts).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }]);
    expect(firsts[2]).toBe(firsts[0]);
  });

  test('has no field that is sure to be there, in its type', () => {
    const names$ = from(['{"name":"Ada"}']).pipe(
      partialJson<{ name: string; tags: { label: string }[] }>(),
      // @ts-expect-error A tag that has begun may have no label yet.
      map(({ name, tags }) => name?.length ?? tags?.[0]?.label.length),
    );
    expect(record(names$).values).toEqual([3]);
  });

  test('ends with the whole value, wherever the text was cut', () => {
    fc.assert(
      fc.property(cut(fc.json()), (pieces) => {
        const result = record(from(pieces).pipe(partialJson()));
        expect(result.values.at(-1)).toEqual(JSON.parse(pieces.join('')));
        expect(result.end).toBe('complete');
      }),
      { numRuns },
    );
  });
});
