// Publishing: which ids, which sources, and when they begin.
import { from, of, type Observable } from 'rxjs';
import { createHub, type HubEntry, type HubOptions, type HubSource } from 'rxllm/server';
import { createSource, words } from '../support/hubs.ts';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

const eventsOf = (entries: readonly unknown[]) => (entries as HubEntry[]).map(({ event }) => event);

/** All that a hub has of a source that says everything at once. */
function publish(source: HubSource) {
  const hub = createHub();
  hub.publish('s', source);
  const { values, end } = record(hub.attach('s'));
  expect(end).toBe('complete');
  return eventsOf(values);
}

describe('publish', () => {
  test('begins at once, whoever watches', () => {
    const model = countingModel(() => from(words(3)));
    const hub = createHub();
    hub.publish('s', model.prompt('Hi'));
    expect(model.requests).toHaveLength(1);
    expect(hub.list()).toMatchObject([{ stream: 's', state: 'done', first: 1, last: 6, subscribers: 0 }]);
  });

  test('with first-attach begins when the first subscriber comes, once', () => {
    const source$ = createSource();
    const model = countingModel(() => source$);
    const hub = createHub();
    hub.publish('s', model.prompt('Hi'), { start: 'first-attach' });
    expect(model.requests).toHaveLength(0);
    expect(hub.list()).toMatchObject([{ state: 'waiting', last: 0 }]);
    const [one, two] = [record(hub.attach('s')), record(hub.attach('s'))];
    expect(model.requests).toHaveLength(1);
    expect(hub.list()).toMatchObject([{ state: 'running', subscribers: 2 }]);
    source$.next('a');
    source$.complete();
    expect(eventsOf(one.values)).toMatchObject([
      { type: 'start' },
      { chunk: 'a' },
      { type: 'finish' },
      { state: 'done' },
    ]);
    expect(two).toEqual(one);
  });

  test('with first-attach does not begin for who cannot be given what it asks for', () => {
    const hub = createHub();
    const { cursor } = hub.publish('s', of('old'));
    const model = countingModel(() => of('new'));
    hub.publish('s', model.prompt('Hi'), { start: 'first-attach' });
    expect(record(hub.attach('s', { after: cursor })).end).toMatchObject({ code: 'gone' });
    expect(model.requests).toHaveLength(0);
  });

  test('gives the place before the first event', () => {
    const hub = createHub();
    const { stream, cursor } = hub.publish('s', of('a'));
    expect(stream).toBe('s');
    expect(record(hub.attach('s', { after: cursor }))).toEqual(record(hub.attach('s')));
  });

  test('gives events their places, and strings, too', () => {
    const call = { type: 'tool_call_name', chunk: 'add', tool_call_id: 'c1' } as const;
    expect(publish(of('a', 'b', { type: 'reasoning', chunk: 'c' } as const, call))).toEqual([
      { type: 'text', chunk: 'a', part_index: 0, message_index: 0 },
      { type: 'text', chunk: 'b', part_index: 0, message_index: 0 },
      { type: 'reasoning', chunk: 'c', part_index: 1, message_index: 0 },
      { ...call, part_index: 2, message_index: 0 },
      { type: 'end', state: 'done' },
    ]);
  });

  test('passes on events of types that nobody knows yet', () => {
    const unknown = { type: 'from_the_future', part_index: 0, message_index: 0, what: [1] };
    expect(publish(junk(unknown))[0]).toEqual(unknown);
  });

  test('throws for an id that is live, which goes on', () => {
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    const again = () => hub.publish('s', of('b'));
    expect(again).toThrow('stream "s" is live; stop it first');
    expect(again).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    hub.publish('waiting', of('a'), { start: 'first-attach' });
    expect(() => hub.publish('waiting', of('b'))).toThrow('is live');
    const seen = record(hub.attach('s'));
    source.next('a');
    expect(seen.values).toHaveLength(1);
  });

  test('begins an id anew that has ended, as another run', () => {
    const hub = createHub();
    hub.publish('s', of('one'));
    const [before] = hub.list();
    const old = record(hub.attach('s')).values as HubEntry[];
    hub.publish('s', of('two'));
    const [now, ...others] = hub.list();
    expect(others).toEqual([]);
    expect(now?.run).not.toBe(before?.run);
    expect(eventsOf(record(hub.attach('s')).values)).toMatchObject([{ chunk: 'two' }, { state: 'done' }]);
    expect(record(hub.attach('s', { after: old[1]!.cursor })).end).toMatchObject({ code: 'gone' });
  });

  test.each<[string, unknown, unknown, string]>([
    ['an empty id', '', of('a'), 'the id of a stream is a text of 1 to 256 characters, not ""'],
    [
      'an id that is too long',
      'x'.repeat(257),
      of('a'),
      'the id of a stream is a text of 1 to 256 characters, not "xx',
    ],
    ['an id that is no text', 5, of('a'), 'the id of a stream is a text of 1 to 256 characters, not 5'],
    ['no source', 's', undefined, 'a stream is a response or an Observable of events, not undefined'],
    ['a source that is a text', 's', 'Hi', 'a stream is a response or an Observable of events, not "Hi"'],
  ])('throws for %s', (_, id, source, message) => {
    const hub = createHub();
    hub.publish('kept', of('a'));
    const call = () => hub.publish(id as string, source as HubSource);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    expect(() => hub.publish('kept', source as HubSource, { start: 'soon' } as never)).toThrow();
    expect(hub.list()).toMatchObject([{ stream: 'kept', last: 2 }]);
  });

  test('throws for a start that there is not', () => {
    const call = () => createHub().publish('s', of('a'), { start: 'later' } as never);
    expect(call).toThrow('start is "now" or "first-attach", not "later"');
  });
});

describe('createHub throws for', () => {
  test.each<[string, unknown, string]>([
    ['a limit that is none', { limits: { connections: -1 } }, 'connections of a hub is a number from 0, not -1'],
    ['bytes that are none', { retention: { maxBytes: NaN } }, 'maxBytes of a hub is a number from 0, not NaN'],
    ['an age in words', { retention: { maxAgeMs: '5m' } }, 'maxAgeMs of a hub is a number from 0, not "5m"'],
    ['an unknown onEmpty', { onEmpty: 'stop' }, 'onEmpty is "abort", "keep" or {graceMs}, not "stop"'],
    ['an unknown slowConsumer', { slowConsumer: 'x' }, 'slowConsumer of a hub is "catch-up" or "disconnect", not "x"'],
    ['coalesce without a limit', { coalesce: {} }, 'coalesce() got no limit; give it maxMs, maxBytes or both'],
    ['coalesce that joins nothing', { coalesce: { maxBytes: 0 } }, 'as maxBytes a finite number from 1, not 0'],
  ])('%s', (_, options, message) => {
    const create = () => createHub(options as HubOptions);
    expect(create).toThrow(message);
    expect(create).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

function junk(event: unknown): Observable<string> {
  return of(event as string);
}
