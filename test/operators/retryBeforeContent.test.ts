import type { StreamEvent } from 'rxllm';
import { LlmError } from 'rxllm';
import { retryBeforeContent } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws } from '../support/operatorLaws.ts';
import { defer } from 'rxjs';

const busy = new LlmError('overloaded', 'busy');

describe('retryBeforeContent', () => {
  const { s, r, q, t, n, a, e, u, f } = events;
  keepsOperatorLaws(() => retryBeforeContent(), s, r, q, t, n, a, e, u, f);
  keepsOperatorLaws(() => retryBeforeContent({ afterContent: 'restart' }), s, r, q, t, n, a, e, u, f);

  test(
    'asks again after a wait when its source errors before content',
    marbles(({ cold, expectObservable, expectSubscriptions, scheduler }) => {
      const source = cold<StreamEvent>('---#             ', events, busy);
      const subs = '                    ^--!             ';
      const again = cold<StreamEvent>('       -t-t-|   ', events);
      const againSubs = '               ------^----!   ';
      const result = '                  -------t-t-|   ';
      const attempts = [source, again];
      const asked = defer(() => attempts.shift() ?? again);
      const options = { initialDelayMs: 3, random: () => 1, scheduler };
      expectObservable(asked.pipe(retryBeforeContent(options))).toBe(result, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(again.subscriptions).toBe(againSubs);
    }),
  );
});
