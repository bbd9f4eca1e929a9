// Subscribers that act on the hub in the midst of an event, and some that throw: nobody else notices.
import { config } from 'rxjs';
import { createHub, type HubEntry } from 'rxllm/server';
import { createSource, words } from '../support/hubs.ts';
import { record } from '../support/operatorLaws.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const seqsOf = (entries: readonly unknown[]) => (entries as HubEntry[]).map(({ seq }) => seq);

describe('a subscriber', () => {
  test('may stop the stream in the midst of an event', () => {
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    const first = record(hub.attach('s'));
    hub.attach('s').subscribe(({ seq }) => {
      if (seq === 2) hub.stop('s', 'that will do');
    });
    const last = record(hub.attach('s'));
    for (const word of words(5)) source.next(word);
    expect(seqsOf(first.values)).toEqual([1, 2, 3]);
    expect(last).toEqual(first);
    expect(first.values[2]).toMatchObject({ event: { type: 'end', state: 'aborted' } });
  });

  test('may make the source go on in the midst of an event', () => {
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    const first = record(hub.attach('s'));
    hub.attach('s').subscribe(({ seq }) => {
      if (seq < 50) source.next(`word ${seq}`);
      if (seq === 50) source.complete();
    });
    const last = record(hub.attach('s'));
    source.next('Go');
    expect(seqsOf(first.values)).toEqual(numbers(51));
    expect(last).toEqual(first);
    expect(record(hub.attach('s'))).toEqual(first);
  });

  test('may attach others in the midst of an event, who miss nothing and get nothing twice', () => {
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    const attached = [record(hub.attach('s'))];
    hub.attach('s').subscribe(({ seq, cursor }) => {
      attached.push(record(hub.attach('s')));
      const rest = record(hub.attach('s', { after: cursor }));
      rest.values.unshift(...attached[0]!.values.slice(0, seq));
      attached.push(rest);
      if (seq === 2) source.next('between');
    });
    for (const word of words(3)) source.next(word);
    source.complete();
    expect(attached).toHaveLength(11);
    expect(seqsOf(attached[0]!.values)).toEqual(numbers(5));
    for (const each of attached) expect(each).toEqual(attached[0]);
  });

  test('may publish the next run when it hears the end of the last', () => {
    const hub = createHub({ retention: { maxBytes: 0 } });
    const [first, second] = [createSource(), createSource()];
    hub.publish('s', first);
    hub.attach('s').subscribe(({ event }) => {
      if (event.type === 'end') hub.publish('s', second);
    });
    const old = record(hub.attach('s'));
    first.complete();
    expect(old).toMatchObject({ values: [{ seq: 1, event: { state: 'done' } }], end: 'complete' });
    const next = record(hub.attach('s'));
    second.next('new');
    second.complete();
    expect(next).toMatchObject({
      values: [{ event: { chunk: 'new' } }, { event: { state: 'done' } }],
      end: 'complete',
    });
    expect(hub.list()).toHaveLength(1);
  });

  test('that throws harms nobody else, and is told where RxJS tells it', async () => {
    const { onUnhandledError } = config;
    const thrown: unknown[] = [];
    const told = new Promise<void>((resolve) => {
      config.onUnhandledError = (error) => {
        thrown.push(error);
        if (thrown.length === 7) resolve();
      };
    });
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    source.next('before');
    const fail = () => {
      throw new Error('on purpose');
    };
    const first = record(hub.attach('s'));
    hub.attach('s').subscribe({ next: fail, complete: fail });
    hub.attach('s').subscribe(fail);
    const last = record(hub.attach('s'));
    source.next('a');
    source.complete();
    await told;
    config.onUnhandledError = onUnhandledError;
    expect(thrown).toEqual(Array.from({ length: 7 }, () => expect.objectContaining({ message: 'on purpose' })));
    expect(seqsOf(first.values)).toEqual([1, 2, 3]);
    expect(last).toEqual(first);
  });
});
