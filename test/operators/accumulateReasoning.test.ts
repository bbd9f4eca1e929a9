import type { StreamEvent } from 'rxllm';
import { accumulateReasoning } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws } from '../support/operatorLaws.ts';

describe('accumulateReasoning', () => {
  keepsOperatorLaws(() => accumulateReasoning(), events.r, events.t, events.r);

  test(
    'emits the reasoning so far at each reasoning event, and starts anew at a reset',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-r-r-t-x-r-|', events);
      const subs = '                    ^----------!';
      const result = '                  -1-2---0-1-|';
      expectObservable(source.pipe(accumulateReasoning())).toBe(result, { 0: '', 1: 'Hm', 2: 'HmHm' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
