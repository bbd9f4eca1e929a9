import { from } from 'rxjs';
import type { StreamEvent } from 'rxllm';
import { ofType } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';

describe('ofType', () => {
  keepsOperatorLaws(() => ofType('text'), events.r, events.t, events.t);

  test(
    'keeps the named type and drops the rest',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-r-t-a-|', events);
      const subs = '                    ^--------!';
      const result = '                  -t---t---|';
      expectObservable(source.pipe(ofType('text'))).toBe(result, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'keeps several types, in the order in which they come',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-t-r-t-u-#', events);
      const result = '                  ---r---u-#';
      expectObservable(source.pipe(ofType('usage', 'reasoning'))).toBe(result, events);
    }),
  );

  test('gives the very same event', () => {
    expect(record(from([events.t]).pipe(ofType('text'))).values[0]).toBe(events.t);
  });
});
