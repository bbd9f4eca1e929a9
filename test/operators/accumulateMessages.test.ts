import * as fc from 'fast-check';
import { EMPTY, from, lastValueFrom } from 'rxjs';
import { foldMessages, type Message, type StreamEvent } from 'rxllm';
import { accumulateMessages } from 'rxllm/operators';
import { numRuns } from '../support/arbitraries.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';
import { interleavedRun, rawRun } from './arbitraryEvents.ts';

const message = (...texts: string[]): Message[] => [
  { role: 'assistant', parts: texts.map((text) => ({ type: 'text', text })) },
];
const call = { type: 'tool_call', name: 'add', arguments: {}, tool_call_id: 'c1' } as const;

describe('accumulateMessages', () => {
  keepsOperatorLaws(() => accumulateMessages(), events.s, events.r, events.t, events.n, events.a, events.t);

  test(
    'emits the messages so far when they change, and at the end those with the calls that were open',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-n-a-t-|', events);
      const subs = '                    ^--------!';
      const result = '                  -1-----2-(3|)';
      expectObservable(source.pipe(accumulateMessages())).toBe(result, {
        1: message('Hi'),
        2: message('HiHi'),
        3: [{ role: 'assistant', parts: [{ type: 'text', text: 'HiHi' }, call] }],
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'shows a call at its part_end, and says nothing twice',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-s-n-a-e-u-f-|', events);
      const result = '                  -------1-----|';
      expectObservable(source.pipe(accumulateMessages())).toBe(result, { 1: [{ role: 'assistant', parts: [call] }] });
    }),
  );

  test(
    'emits an empty list at a reset, if there was anything to forget',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-x-t-x-x-t-|', events);
      const result = '                  ---1-0---1-|';
      expectObservable(source.pipe(accumulateMessages())).toBe(result, { 0: [], 1: message('Hi') });
    }),
  );

  test(
    'completes no open call when the source errors',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-t-n-a-#', events);
      const result = '                  -1-----#';
      expectObservable(source.pipe(accumulateMessages())).toBe(result, { 1: message('Hi') });
    }),
  );

  test('keeps the objects of parts and messages that did not change', () => {
    const lists: (readonly Message[])[] = [];
    const later: StreamEvent = { type: 'text', chunk: 'Well', part_index: 5, message_index: 1 };
    from<StreamEvent[]>([events.r, events.t, later])
      .pipe(accumulateMessages())
      .subscribe((messages) => lists.push(messages));
    const [first, second, third] = lists;
    expect(lists).toHaveLength(3);
    expect(second?.[0]?.parts[0]).toBe(first?.[0]?.parts[0]);
    expect(third?.[0]).toBe(second?.[0]);
  });

  test('emits nothing for no events', () => {
    expect(record(EMPTY.pipe(accumulateMessages()))).toEqual({ values: [], end: 'complete' });
  });

  test('ends with the messages of the whole run', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(rawRun, interleavedRun), async (run) => {
        const last = await lastValueFrom(from(run).pipe(accumulateMessages()), { defaultValue: [] });
        expect(last).toEqual(foldMessages(run));
      }),
      { numRuns },
    );
  });
});
