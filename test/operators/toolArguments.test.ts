import * as fc from 'fast-check';
import { from } from 'rxjs';
import { foldMessages, type JsonValue, type StreamEvent } from 'rxllm';
import { toolArguments, type ToolArguments } from 'rxllm/operators';
import { numRuns } from '../support/arbitraries.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';
import { cut } from './arbitraryEvents.ts';

const alphabet = {
  ...events,
  a: { ...events.a, chunk: '{"a":[1,' },
  b: { ...events.b, chunk: '{' },
  d: { ...events.a, chunk: '"x"]}' },
} as const;

const add = { part_index: 2, tool_call_id: 'c1', name: 'add' };
const sub = { part_index: 3, tool_call_id: 'c2', name: 'sub' };

describe('toolArguments', () => {
  keepsOperatorLaws(() => toolArguments(), alphabet.n, alphabet.m, alphabet.a, alphabet.b, alphabet.d);

  test(
    'emits the call so far at its name and at each fragment of its arguments',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-n-a-t-m-b-d-|', alphabet);
      const subs = '                    ^------------!';
      const result = '                  -1-2---3-4-5-|';
      expectObservable(source.pipe(toolArguments())).toBe(result, {
        1: { ...add, value: undefined },
        2: { ...add, value: { a: [1] } },
        3: { ...sub, value: undefined },
        4: { ...sub, value: {} },
        5: { ...add, value: { a: [1, 'x'] } },
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'forgets the calls at a reset',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-n-a-x-m-n-b-|', alphabet);
      const result = '                  -1-2---3-1-4-|';
      expectObservable(source.pipe(toolArguments())).toBe(result, {
        1: { ...add, value: undefined },
        2: { ...add, value: { a: [1] } },
        3: { ...sub, value: undefined },
        4: { ...sub, value: {} },
      });
    }),
  );

  test('keeps to the last readable value when the arguments are not JSON', () => {
    const run: StreamEvent[] = [alphabet.n, alphabet.a, { ...events.a, chunk: 'oops' }, alphabet.d];
    const { values, end } = record(from(run).pipe(toolArguments()));
    expect(values.slice(1)).toEqual([1, 2, 3].map(() => ({ ...add, value: { a: [1] } })));
    expect(end).toBe('complete');
  });

  test('takes raw events, and says which calls the provider runs', () => {
    const run: (StreamEvent | string)[] = [
      'Hi',
      { type: 'tool_call_name', chunk: 'web_', server_executed: true },
      { type: 'tool_call_args', chunk: '"q' },
    ];
    expect(record(from(run).pipe(toolArguments())).values).toEqual([
      { part_index: 1, name: 'web_', server_executed: true, value: undefined },
      { part_index: 1, name: 'web_', server_executed: true, value: 'q' },
    ]);
  });

  test('gives the value of its own time, however late and often it is read', () => {
    fc.assert(
      fc.property(cut(fc.json()), fc.infiniteStream(fc.boolean()), (chunks, coins) => {
        const run: StreamEvent[] = [events.n, ...chunks.map((chunk) => ({ ...events.a, chunk }))];
        const atOnce: (JsonValue | undefined)[] = [];
        from(run)
          .pipe(toolArguments())
          .subscribe(({ value }) => atOnce.push(value));
        const late: ToolArguments[] = [];
        from(run)
          .pipe(toolArguments())
          .subscribe((call) => {
            late.push(call);
            // Some are read at once, too.
            if (coins.next().value) expect(call.value).toEqual(atOnce[late.length - 1]);
          });
        expect(late.map(({ value }) => value)).toEqual(atOnce);
        for (const call of late) expect(call.value).toBe(call.value);
      }),
      { numRuns },
    );
  });

  test('ends with the arguments that the call has among the messages', () => {
    fc.assert(
      fc.property(cut(fc.json()), (chunks) => {
        const run: StreamEvent[] = [events.n, ...chunks.map((chunk) => ({ ...events.a, chunk }))];
        const { values } = record(from(run).pipe(toolArguments()));
        const [message] = foldMessages(run);
        expect(message?.parts).toMatchObject([{ arguments: readable((values.at(-1) as ToolArguments).value, chunks) }]);
      }),
      { numRuns },
    );
  });

  test('costs nothing for values that nobody reads', () => {
    const fragments = 100_000;
    const element: StreamEvent = { ...events.a, chunk: '1,' };
    const run = Array.from({ length: fragments }, () => element);
    let last: ToolArguments | undefined;
    const begin = performance.now();
    from<StreamEvent[]>([{ ...events.a, chunk: '[' }, ...run])
      .pipe(toolArguments())
      .subscribe((call) => (last = call));
    expect(last?.value).toHaveLength(fragments);
    // Copying the array for each fragment would take many seconds.
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});

/** A number may go on for as long as its text has not ended, so what is read of it may be nothing yet. */
function readable(value: JsonValue | undefined, chunks: readonly string[]): unknown {
  return value === undefined ? JSON.parse(chunks.join('')) : value;
}
