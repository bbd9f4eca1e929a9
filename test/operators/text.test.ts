import { from } from 'rxjs';
import type { StreamEvent } from 'rxllm';
import { text } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';

describe('text', () => {
  keepsOperatorLaws(() => text(), events.r, events.t, events.a, events.t);

  test(
    'emits the chunk of each text event',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-r-t-a-|', events);
      const subs = '                    ^--------!';
      const result = '                  -1---1---|';
      expectObservable(source.pipe(text())).toBe(result, { 1: 'Hi' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test('takes strings for text, and keeps chunks that are empty', () => {
    const source = from<(StreamEvent | string)[]>(['Hel', { type: 'text', chunk: '' }, 'lo', events.f]);
    expect(record(source.pipe(text())).values).toEqual(['Hel', '', 'lo']);
  });
});
