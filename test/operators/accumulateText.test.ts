import { from } from 'rxjs';
import type { StreamEvent } from 'rxllm';
import { accumulateText } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';

describe('accumulateText', () => {
  keepsOperatorLaws(() => accumulateText(), events.t, events.r, events.t);

  test(
    'emits the text so far at each text event, and starts anew at a reset',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-r-t-x-t-|', events);
      const subs = '                    ^----------!';
      const result = '                  -1---2-0-1-|';
      expectObservable(source.pipe(accumulateText())).toBe(result, { 0: '', 1: 'Hi', 2: 'HiHi' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test('joins the text of all parts and messages, strings too', () => {
    const source = from<(StreamEvent | string)[]>(['a', { type: 'text', chunk: 'b', message_index: 1 }, 'c']);
    expect(record(source.pipe(accumulateText())).values).toEqual(['a', 'ab', 'abc']);
  });

  test(
    'emits nothing for a response without text',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-r-n-f-|', events);
      const result = '                  -------|';
      expectObservable(source.pipe(accumulateText())).toBe(result);
    }),
  );
});
