// What becomes of a run when nobody watches it any more: each policy, down to the source.
import { map, type Observable } from 'rxjs';
import { createHub, type Hub } from 'rxllm/server';
import { createSource } from '../support/hubs.ts';
import { marbles } from '../support/marbles.ts';
import { record } from '../support/operatorLaws.ts';

/** What the stream says, and at its end `D` for done and `A` for aborted. */
function said(hub: Hub): Observable<string> {
  return hub.attach('s').pipe(
    map(({ event }) => {
      if (event.type === 'end') return event.state[0]!.toUpperCase();
      return event.type === 'text' ? event.chunk : event.type;
    }),
  );
}

describe('a run that nobody watches any more', () => {
  test(
    'goes on when it is kept, as is the default',
    marbles(({ cold, expectObservable, expectSubscriptions, scheduler }) => {
      const hub = createHub({ scheduler });
      const source = cold('        a----b----c----d----|');
      const watch = '              --^-----!';
      const watched = '            --a--b';
      const late = '               ------------------------^';
      const told = '               ------------------------(abcdD|)';
      const subs = '               ^-------------------!';
      hub.publish('s', source);
      expectObservable(said(hub), watch).toBe(watched);
      expectObservable(said(hub), late).toBe(told);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'is stopped at once when it is to be aborted, but not before somebody came',
    marbles(({ cold, expectObservable, expectSubscriptions, scheduler }) => {
      const hub = createHub({ onEmpty: 'abort', scheduler });
      const source = cold('        a----b----c----d----|');
      const first = '              --^-----!';
      const toldFirst = '          --a--b';
      const second = '             ----^-------!';
      const toldSecond = '         ----ab----c';
      const late = '               --------------^';
      const toldLate = '           --------------(abcA|)';
      const subs = '               ^-----------!';
      hub.publish('s', source);
      expectObservable(said(hub), first).toBe(toldFirst);
      expectObservable(said(hub), second).toBe(toldSecond);
      expectObservable(said(hub), late).toBe(toldLate);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'is stopped when the grace is over',
    marbles(({ cold, expectObservable, expectSubscriptions, scheduler }) => {
      const hub = createHub({ onEmpty: { graceMs: 4 }, scheduler });
      const source = cold('        a----b----c----d----|');
      const watch = '              ------^!';
      const watched = '            ------(ab)';
      const late = '               ------------^';
      const told = '               ------------(abcA|)';
      const subs = '               ^----------!';
      hub.publish('s', source);
      expectObservable(said(hub), watch).toBe(watched);
      expectObservable(said(hub), late).toBe(told);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'goes on when a newcomer is there within the grace, each time anew',
    marbles(({ cold, expectObservable, expectSubscriptions, scheduler }) => {
      const hub = createHub({ onEmpty: { graceMs: 4 }, scheduler });
      const source = cold('        a----b----c----d----|');
      const first = '              ^-!';
      const toldFirst = '          a';
      const second = '             ----^--!';
      const toldSecond = '         ----ab';
      const third = '              ----------^--!';
      const toldThird = '          ----------(abc)';
      const late = '               ------------------^';
      const toldLate = '           ------------------(abcdA|)';
      const subs = '               ^----------------!';
      hub.publish('s', source);
      expectObservable(said(hub), first).toBe(toldFirst);
      expectObservable(said(hub), second).toBe(toldSecond);
      expectObservable(said(hub), third).toBe(toldThird);
      expectObservable(said(hub), late).toBe(toldLate);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'is not stopped after its end',
    marbles(({ cold, expectObservable, scheduler }) => {
      const hub = createHub({ onEmpty: { graceMs: 4 }, scheduler });
      const source = cold('        a-|');
      const watch = '              ^!';
      const late = '               ----------^';
      const told = '               ----------(aD|)';
      hub.publish('s', source);
      expectObservable(said(hub), watch).toBe('a');
      expectObservable(said(hub), late).toBe(told);
    }),
  );

  test(
    'is not stopped by who was refused',
    marbles(({ cold, expectObservable, expectSubscriptions, scheduler }) => {
      const hub = createHub({ onEmpty: 'abort', scheduler });
      const source = cold('              --a--|');
      const late = '               ------^';
      const told = '               --------a--(D|)';
      const subs = '               ------^----!';
      hub.publish('s', source, { start: 'first-attach' });
      const after = `${hub.list()[0]!.run}.1`;
      expect(record(hub.attach('s', { after })).end).toMatchObject({ code: 'gone' });
      expectObservable(said(hub), late).toBe(told);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );
});

test('a subscriber that leaves twice counts once', () => {
  const hub = createHub({ onEmpty: 'abort' });
  const source = createSource();
  hub.publish('s', source);
  const [one, two] = [hub.attach('s').subscribe(), hub.attach('s').subscribe()];
  one.unsubscribe();
  one.unsubscribe();
  expect(hub.list()).toMatchObject([{ state: 'running', subscribers: 1 }]);
  expect(source.observed).toBe(true);
  two.unsubscribe();
  expect(source.observed).toBe(false);
  expect(hub.list()).toMatchObject([{ state: 'aborted', subscribers: 0 }]);
});
