import * as fc from 'fast-check';
import { from } from 'rxjs';
import { foldMessages, type StreamEvent, type ToolCallPart } from 'rxllm';
import { toolCalls } from 'rxllm/operators';
import { numRuns } from '../support/arbitraries.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';
import { interleavedRun } from './arbitraryEvents.ts';

const calls: Record<string, ToolCallPart> = {
  1: { type: 'tool_call', name: 'add', arguments: {}, tool_call_id: 'c1' },
  2: { type: 'tool_call', name: 'sub', arguments: [1], tool_call_id: 'c2' },
};

describe('toolCalls', () => {
  keepsOperatorLaws(() => toolCalls(), events.n, events.m, events.a, events.b, events.e, events.c);

  test(
    'emits a call at its part_end, or at the end',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-n-a-e-m-b-|', events);
      const subs = '                    ^----------!';
      const result = '                  -----1-----(2|)';
      expectObservable(source.pipe(toolCalls())).toBe(result, calls);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'tells interleaved calls apart, and emits them as they complete',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-n-m-a-b-c-e-|', events);
      const result = '                  ---------2-1-|';
      expectObservable(source.pipe(toolCalls())).toBe(result, calls);
    }),
  );

  test(
    'emits calls that are open at the end in the order in which they began',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-m-n-a-b-|', events);
      const result = '                  ---------(21|)';
      expectObservable(source.pipe(toolCalls())).toBe(result, calls);
    }),
  );

  test(
    'emits no open call when the source errors, though its arguments look whole',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-n-a-#', events);
      const result = '                  -----#';
      expectObservable(source.pipe(toolCalls())).toBe(result);
    }),
  );

  test(
    'does not take a closed brace for the end of the arguments',
    marbles(({ cold, expectObservable }) => {
      // `{}` and then `[1]`: no JSON together.
      const source = cold<StreamEvent>('-n-a-b-e-|', { ...events, b: { ...events.a, chunk: '[1]' } });
      const result = '                  -------1-|';
      expectObservable(source.pipe(toolCalls())).toBe(result, { 1: { ...calls[1], arguments: { _raw: '{}[1]' } } });
    }),
  );

  test(
    'emits a call once, whatever still comes for it',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-n-a-e-e-a-|', events);
      const result = '                  -----1-----|';
      expectObservable(source.pipe(toolCalls())).toBe(result, calls);
    }),
  );

  test(
    'forgets open calls at a reset, and takes indexes that come again for new calls',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-n-e-m-x-n-a-e-|', events);
      const result = '                  ---1---------1-|';
      expectObservable(source.pipe(toolCalls())).toBe(result, calls);
    }),
  );

  test('leaves out calls that the provider runs', () => {
    const name: StreamEvent = { ...events.n, server_executed: true };
    expect(record(from<StreamEvent[]>([name, events.a, events.e]).pipe(toolCalls())).values).toEqual([]);
  });

  test('takes raw events, and keeps what the provider wants back', () => {
    const provider_metadata = { gemini: { thoughtSignature: 'x' } };
    const raw: (StreamEvent | string)[] = [
      'Let me see.',
      { type: 'tool_call_name', chunk: 'add', provider_metadata },
      { type: 'tool_call_args', chunk: '{"a"' },
      { type: 'tool_call_args', chunk: ':1}' },
      { type: 'tool_call_name', chunk: 'clock' },
    ];
    expect(record(from(raw).pipe(toolCalls())).values).toEqual([
      { type: 'tool_call', name: 'add', arguments: { a: 1 }, provider_metadata },
      { type: 'tool_call', name: 'clock', arguments: {} },
    ]);
  });

  test('emits the same calls as the messages hold, for any interleaving', () => {
    fc.assert(
      fc.property(interleavedRun, (run) => {
        const expected = foldMessages(run).flatMap(({ parts }) =>
          parts.filter((part) => part.type === 'tool_call' && part.server_executed !== true),
        );
        const { values, end } = record(from(run).pipe(toolCalls()));
        expect(inAnyOrder(values)).toEqual(inAnyOrder(expected));
        expect(end).toBe('complete');
      }),
      { numRuns },
    );
  });
});

function inAnyOrder(values: readonly unknown[]): readonly string[] {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
}
