import type { StreamEvent } from 'rxllm';
import { reasoning } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws } from '../support/operatorLaws.ts';

describe('reasoning', () => {
  keepsOperatorLaws(() => reasoning(), events.t, events.r, events.r);

  test(
    'emits the chunk of each reasoning event',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-r-r-t-a-|', events);
      const subs = '                    ^--------!';
      const result = '                  -1-1-----|';
      expectObservable(source.pipe(reasoning())).toBe(result, { 1: 'Hm' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});
