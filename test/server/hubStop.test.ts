// Stopping: down to the source, for everybody, with what was held back.
import { concat, from, NEVER, Observable, of, type Subscriber } from 'rxjs';
import { createHub, type HubEntry, type HubSource } from 'rxllm/server';
import { playTurns } from '../support/chains.ts';
import { createSource, words } from '../support/hubs.ts';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

const eventsOf = (entries: readonly unknown[]) => (entries as HubEntry[]).map(({ event }) => event);

/** The end of a stream that was stopped, and never one with a partial in it. */
const stopped = (message: string) => ({
  type: 'end',
  state: 'aborted',
  error: { code: 'aborted', message, retryable: false },
});

describe('stop', () => {
  test('unsubscribes the source, and ends the stream for all who watch', () => {
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    const watching = [record(hub.attach('s')), record(hub.attach('s'))];
    source.next('a');
    expect(source.observed).toBe(true);
    hub.stop('s', 'the user has read enough');
    expect(source.observed).toBe(false);
    for (const { values, end } of [...watching, record(hub.attach('s'))]) {
      const end$ = stopped('the stream was stopped: the user has read enough');
      expect(eventsOf(values)).toStrictEqual([{ type: 'text', chunk: 'a', part_index: 0, message_index: 0 }, end$]);
      expect(end).toBe('complete');
    }
    expect(hub.list()).toMatchObject([{ state: 'aborted', last: 2, subscribers: 0 }]);
  });

  test('has no effect a second time, nor after the end', () => {
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    hub.stop('s', 'first');
    hub.stop('s', 'second');
    hub.publish('done', of('a'));
    hub.stop('done');
    expect(eventsOf(record(hub.attach('s')).values)).toEqual([stopped('the stream was stopped: first')]);
    expect(hub.list()).toMatchObject([{ state: 'aborted' }, { state: 'done', last: 2 }]);
  });

  test('before its beginning leaves the source alone', () => {
    const hub = createHub();
    const model = countingModel(() => of('a'));
    hub.publish('s', model.prompt('Hi'), { start: 'first-attach' });
    hub.stop('s');
    expect(eventsOf(record(hub.attach('s')).values)).toEqual([stopped('the stream was stopped: stop() was called')]);
    expect(model.requests).toHaveLength(0);
  });

  test('throws for an id that there is not', () => {
    const stop = () => createHub().stop('nobody');
    expect(stop).toThrow('there is no stream "nobody"');
    expect(stop).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  test('frees the id', () => {
    const hub = createHub();
    hub.publish('s', NEVER);
    hub.stop('s');
    hub.publish('s', of('next'));
    expect(eventsOf(record(hub.attach('s')).values)).toMatchObject([{ chunk: 'next' }, { state: 'done' }]);
  });

  test('aborts the model of a response', () => {
    const model = countingModel(() => concat(of('a'), NEVER));
    const hub = createHub();
    hub.publish('s', model.prompt('Hi'));
    expect(model.running()).toBe(1);
    hub.stop('s');
    expect(model.running()).toBe(0);
    expect(eventsOf(record(hub.attach('s')).values)).toMatchObject([
      { type: 'start' },
      { chunk: 'a' },
      stopped('the stream was stopped: stop() was called'),
    ]);
  });

  test('aborts a tool of a chain', () => {
    let isRunning = false;
    const wait = () =>
      new Observable(() => {
        isRunning = true;
        return () => (isRunning = false);
      });
    const call = { type: 'tool_call_name', chunk: 'wait', tool_call_id: 'c1' } as const;
    const hub = createHub();
    hub.publish('s', playTurns([call]).chain('Hi', { tools: [{ name: 'wait', run: wait }] }));
    expect(isRunning).toBe(true);
    hub.stop('s');
    expect(isRunning).toBe(false);
  });

  test('aborts a shared response for all who have it', () => {
    const model = countingModel(() => concat(of('a'), NEVER));
    const live = model.prompt('Hi').share({ onEmpty: 'keep' });
    const other = record(live);
    const hub = createHub();
    hub.publish('s', live);
    hub.stop('s', 'enough');
    const message = 'the response was aborted: enough';
    expect(other.end).toMatchObject({ code: 'aborted', message });
    expect(model.running()).toBe(0);
    expect(eventsOf(record(hub.attach('s')).values).at(-1)).toEqual(stopped(message));
  });

  test('after its end leaves a shared response to the others', () => {
    const model = countingModel(() =>
      concat(of({ type: 'tool_progress', tool_name: 't', value: 5n as never } as const), NEVER),
    );
    const live = model.prompt('Hi').share();
    const other = record(live);
    const hub = createHub();
    hub.publish('s', live);
    // For what JSON cannot say.
    expect(hub.list()).toMatchObject([{ state: 'failed' }]);
    hub.stop('s');
    expect(model.running()).toBe(1);
    expect(other.end).toBeUndefined();
    live.abort();
  });

  test('by the source itself, while it is being subscribed, ends it', () => {
    const hub = createHub();
    let subscriber: Subscriber<string> | undefined;
    const source = new Observable<string>((it) => {
      subscriber = it;
      it.next('a');
      hub.stop('s');
      it.next('b');
    });
    hub.publish('s', source);
    expect(subscriber?.closed).toBe(true);
    expect(eventsOf(record(hub.attach('s')).values)).toMatchObject([{ chunk: 'a' }, { state: 'aborted' }]);
  });

  test('ends a stream whose source throws when it is unsubscribed', () => {
    const hub = createHub();
    const source = new Observable<string>(() => () => {
      throw new Error('on purpose');
    });
    hub.publish('s', source);
    const seen = record(hub.attach('s'));
    hub.stop('s');
    expect(seen.end).toBe('complete');
    expect(hub.list()).toMatchObject([{ state: 'aborted' }]);
  });
});

describe('what is held back by coalesce', () => {
  const joined = words(3).join('');

  test.each<[string, (hub: ReturnType<typeof createHub>) => void, object]>([
    ['stopped', (hub) => hub.stop('s'), { state: 'aborted' }],
    ['closed', (hub) => hub.close(), { state: 'aborted' }],
  ])('comes before the end of a stream that is %s', (_, end, state) => {
    const model = countingModel(() => concat(from(words(3)), NEVER));
    const sources: readonly HubSource[] = [
      concat(from(words(3)), NEVER),
      model.prompt('Hi'),
      model.prompt('Hi').share(),
    ];
    for (const source of sources) {
      const hub = createHub({ coalesce: { maxBytes: 1000 } });
      hub.publish('s', source);
      const live = record(hub.attach('s'));
      end(hub);
      expect(eventsOf(live.values).slice(-2)).toMatchObject([{ type: 'text', chunk: joined }, state]);
      expect(record(hub.attach('s'))).toEqual(live);
    }
  });

  test('comes before the end of a stream that fails', () => {
    const hub = createHub({ coalesce: { maxBytes: 1000 } });
    const source = createSource();
    hub.publish('s', source);
    for (const word of words(3)) source.next(word);
    source.error(new Error('on purpose'));
    const junk = { type: 'tool_progress', tool_name: 't', value: 5n as never } as const;
    hub.publish('junk', concat(from(words(3)), of(junk)));
    for (const id of ['s', 'junk']) {
      const { values } = record(hub.attach(id));
      expect(eventsOf(values)).toMatchObject([{ type: 'text', chunk: joined }, { state: 'failed' }]);
    }
  });
});
