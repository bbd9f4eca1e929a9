import { concat, finalize, from, NEVER, retry, VirtualTimeScheduler } from 'rxjs';
import { LlmError, type StreamEvent } from 'rxllm';
import { idleTimeout } from 'rxllm/operators';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';

const partial = { model: '', prompt: { messages: [] }, messages: [], status: 'failed' as const };
const idle = (ms: number, what: object = {}) =>
  new LlmError('idle_timeout', `no event came for ${ms} ms; retry, or wait longer with a larger limit`, {
    partial: { ...partial, ...what },
  });

describe('idleTimeout', () => {
  keepsOperatorLaws(() => idleTimeout(5), events.s, events.t, events.f);

  test(
    'errors when the next event takes too long, with what had arrived',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-t------t-|', events);
      const subs = '                    ^-------!';
      const result = '                  -t-t----#';
      const messages = [{ role: 'assistant', parts: [{ type: 'text' as const, text: 'HiHi' }] }];
      expectObservable(source.pipe(idleTimeout(5))).toBe(result, events, idle(5, { messages }));
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'counts the wait for the first event, and that for the end',
    marbles(({ cold, expectObservable }) => {
      const late = cold<StreamEvent>('    ------t|', events);
      const lateResult = '                -----#';
      const open = cold<StreamEvent>('    -s-----|', events);
      const openResult = '                -s----#';
      const { id, model, datetime_utc } = events.s;
      expectObservable(late.pipe(idleTimeout(5))).toBe(lateResult, events, idle(5));
      expectObservable(open.pipe(idleTimeout(5))).toBe(openResult, events, idle(5, { id, model, datetime_utc }));
    }),
  );

  test(
    'lets events through that come in time',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('----t----t----f|', events);
      const subs = '                    ^--------------!';
      const result = '                  ----t----t----f|';
      expectObservable(source.pipe(idleTimeout(5))).toBe(result, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'completes when the silence comes after finish: nothing was missing then',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-f--------', events);
      const subs = '                    ^-------!---';
      const result = '                  -t-f----|   ';
      expectObservable(source.pipe(idleTimeout(5))).toBe(result, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'leaves a second run its own time',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-----', events);
      const subs = ['                   ^--!', '---^--!'];
      const result = '                  -t--t-#';
      const messages = [{ role: 'assistant', parts: [{ type: 'text' as const, text: 'Hi' }] }];
      expectObservable(source.pipe(idleTimeout(2), retry(1))).toBe(result, events, idle(2, { messages }));
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test('takes its time from the scheduler that it is given', () => {
    const scheduler = new VirtualTimeScheduler();
    const recording = record(NEVER.pipe(idleTimeout(5, { scheduler })));
    scheduler.flush();
    expect(recording.end).toMatchObject({ code: 'idle_timeout' });
    expect(scheduler.now()).toBe(5);
  });

  test(
    'has unsubscribed its source before it errors',
    marbles(({ flush }) => {
      const order: string[] = [];
      concat(from<StreamEvent[]>([events.t]), NEVER)
        .pipe(
          finalize(() => order.push('unsubscribed')),
          idleTimeout(5),
        )
        .subscribe({ error: () => order.push('error') });
      flush();
      expect(order).toEqual(['unsubscribed', 'error']);
    }),
  );

  test('marks its error as worth a retry', () => {
    expect(idle(5).retryable).toBe(true);
  });

  test.each([0, -1, NaN, Infinity])('refuses %d at the call', (ms) => {
    expect(() => idleTimeout(ms)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});
