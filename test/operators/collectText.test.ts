import { EMPTY, from } from 'rxjs';
import type { StreamEvent } from 'rxllm';
import { collectText } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';

describe('collectText', () => {
  keepsOperatorLaws(() => collectText(), events.t, events.r, events.t);

  test(
    'emits the whole text when the source completes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-r-t-|', events);
      const subs = '                    ^------!';
      const result = '                  -------(2|)';
      expectObservable(source.pipe(collectText())).toBe(result, { 2: 'HiHi' });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'emits nothing when the source errors',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-t-r-t-#', events);
      const result = '                  -------#';
      expectObservable(source.pipe(collectText())).toBe(result);
    }),
  );

  test('emits the empty text when there is none, or none after a reset', () => {
    expect(record(EMPTY.pipe(collectText())).values).toEqual(['']);
    expect(record(from([events.t, events.x]).pipe(collectText())).values).toEqual(['']);
    expect(record(from(['Hel', 'lo']).pipe(collectText())).values).toEqual(['Hello']);
  });
});
