import type { StreamEvent } from 'rxllm';
import { usage } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws } from '../support/operatorLaws.ts';

describe('usage', () => {
  keepsOperatorLaws(() => usage(), events.t, events.u, events.f);

  test(
    'emits the usage each time that it is reported',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const more = { input: 5, output: 9 };
      const source = cold<StreamEvent>('-t-u-t-v-f-|', { ...events, v: { type: 'usage', usage: more } });
      const subs = '                    ^----------!';
      const result = '                  ---1---2---|';
      expectObservable(source.pipe(usage())).toBe(result, { 1: events.u.usage, 2: more });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'completes without a value when none is reported',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-t-f-|', events);
      const result = '                  -----|';
      expectObservable(source.pipe(usage())).toBe(result);
    }),
  );
});
