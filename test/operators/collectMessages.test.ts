import { EMPTY, from } from 'rxjs';
import type { Message, StreamEvent } from 'rxllm';
import { collectMessages } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';

const text: Message = { role: 'assistant', parts: [{ type: 'text', text: 'Hi' }] };
const call = { type: 'tool_call', name: 'add', arguments: {}, tool_call_id: 'c1' } as const;

describe('collectMessages', () => {
  keepsOperatorLaws(() => collectMessages(), events.r, events.t, events.n, events.a, events.e);

  test(
    'emits the messages when the source completes, with the calls that were open',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-n-a-|', events);
      const subs = '                    ^------!';
      const result = '                  -------(1|)';
      expectObservable(source.pipe(collectMessages())).toBe(result, { 1: [{ ...text, parts: [...text.parts, call] }] });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'emits nothing when the source errors',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-t-n-a-#', events);
      const result = '                  -------#';
      expectObservable(source.pipe(collectMessages())).toBe(result);
    }),
  );

  test(
    'forgets what came before a reset',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-n-x-t-|', events);
      const result = '                  -------(1|)';
      expectObservable(source.pipe(collectMessages())).toBe(result, { 1: [text] });
    }),
  );

  test('takes strings and events without indexes', () => {
    const source = from<(StreamEvent | string)[]>(['Hi', { type: 'tool_call_name', chunk: 'clock' }]);
    expect(record(source.pipe(collectMessages())).values).toEqual([
      [{ role: 'assistant', parts: [...text.parts, { type: 'tool_call', name: 'clock', arguments: {} }] }],
    ]);
  });

  test('emits an empty list for no events', () => {
    expect(record(EMPTY.pipe(collectMessages())).values).toEqual([[]]);
  });

  test('errors when events of different kinds were sent for one part, with what did fit', () => {
    const stray: StreamEvent = { type: 'reasoning', chunk: 'Hm', part_index: 1, message_index: 0 };
    const { values, end } = record(from<StreamEvent[]>([events.s, events.t, stray]).pipe(collectMessages()));
    expect(values).toEqual([]);
    expect(end).toMatchObject({
      code: 'assembly',
      message: expect.stringContaining('part 1 is text'),
      partial: { model: 'demo', status: 'failed', messages: [text] },
    });
  });
});
