// How streams end: each source in exactly one of four ways, with what was said before.
import { concat, from, map, Observable, of, throwError } from 'rxjs';
import { LlmError, type StreamEvent } from 'rxllm';
import { createHub, type EndEvent, type HubEntry, type HubSource } from 'rxllm/server';
import { playTurns } from '../support/chains.ts';
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

const endOf = (source: HubSource) => publish(source).at(-1) as EndEvent;

describe('a stream ends', () => {
  test('as done, with a number of its own', () => {
    const hub = createHub();
    hub.publish('s', of('a'));
    expect(record(hub.attach('s')).values.at(-1)).toMatchObject({ seq: 2, event: { type: 'end', state: 'done' } });
  });

  test.each([
    ['failed', new LlmError('rate_limited', 'slow down', { status: 429, cause: new Error('secret') }), true],
    ['truncated', new LlmError('truncated', 'the connection was cut'), true],
    ['aborted', new LlmError('aborted', 'enough'), false],
  ])(
    'as %s, and tells of its error code, message and whether to try again: nothing else',
    (state, error, retryable) => {
      const { code, message } = error;
      const model = countingModel(() =>
        concat(
          of('half'),
          throwError(() => error),
        ),
      );
      for (const source of [model.prompt('secret'), throwError(() => error), model.prompt('secret').share()]) {
        expect(endOf(source)).toStrictEqual({ type: 'end', state, error: { code, message, retryable } });
      }
    },
  );

  test.each<[string, () => HubSource, LlmError['code'], string]>([
    ['an error that is no LlmError', () => throwError(() => new TypeError('boom')), 'provider_error', 'boom'],
    ['an error that is a text', () => throwError(() => 'boom'), 'provider_error', 'boom'],
    ['nothing as its error', () => throwError(() => undefined), 'provider_error', 'undefined'],
    ['a throw when it is subscribed', () => new Observable(throwing), 'provider_error', 'on purpose'],
    ['a throw in a synchronous source', () => from(generate()), 'provider_error', 'on purpose'],
    ['null', () => junk(null), 'bad_response', 'a stream takes events and strings, not null'],
    ['a number', () => junk(5), 'bad_response', 'a stream takes events and strings, not 5'],
    ['an object', () => junk({ a: 1 }), 'bad_response', 'a stream takes events and strings, not {"a":1}'],
    ['a text without a chunk', () => junk({ type: 'text' }), 'bad_response', 'an event of type "text" has no chunk'],
    [
      'an end of its own',
      () => junk({ type: 'end', state: 'done' }),
      'bad_response',
      'an event of type "end" is the hub\'s own; a source ends by completing',
    ],
    [
      'a bigint',
      () => of(progress(5n)),
      'bad_response',
      'an event of type "tool_progress" cannot be written as JSON: Do not know how to serialize a BigInt',
    ],
    [
      'a cycle',
      () => of(progress(cycle())),
      'bad_response',
      'an event of type "tool_progress" cannot be written as JSON: Converting circular structure to JSON',
    ],
  ])('as failed after %s, with what was said before', (_, source, code, message) => {
    const events = publish(concat(of('before'), source(), of('after')));
    expect(events).toEqual([
      expect.objectContaining({ chunk: 'before' }),
      { type: 'end', state: 'failed', error: { code, message: expect.stringContaining(message), retryable: false } },
    ]);
  });

  test('once: what a source says of itself after it has no effect', () => {
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    source.next(progress(5n));
    expect(source.observed).toBe(false);
    source.next('more');
    source.complete();
    expect(eventsOf(record(hub.attach('s')).values)).toMatchObject([{ type: 'end', state: 'failed' }]);
  });
});

describe('a source', () => {
  test('may be a response, which is asked once', () => {
    const model = countingModel(() => from(words(3)));
    const response = model.prompt('Hi');
    const events = publish(response);
    expect(model.requests).toHaveLength(1);
    const { id, model: name, datetime_utc } = response.toJSON();
    expect(events).toMatchObject([
      { type: 'start', id, model: name, datetime_utc },
      ...words(3).map((chunk) => ({ type: 'text', chunk })),
      { type: 'finish', reason: 'unknown' },
      { type: 'end', state: 'done' },
    ]);
  });

  test('may be a response that others share, before, during and after its run', () => {
    const source$ = createSource();
    const model = countingModel(() => source$);
    const live = model.prompt('Hi').share();
    const hub = createHub();
    const other = record(live);
    source$.next('a');
    hub.publish('during', live);
    source$.next('b');
    source$.complete();
    hub.publish('after', live);
    const [during, after] = ['during', 'after'].map((id) => eventsOf(record(hub.attach(id)).values));
    expect(model.requests).toHaveLength(1);
    expect(during).toEqual([...other.values, { type: 'end', state: 'done' }]);
    expect(after).toEqual(during);
  });

  test('may be a response that has failed already', async () => {
    const live = countingModel(() => throwError(() => new LlmError('overloaded', 'busy')))
      .prompt('Hi')
      .share();
    await expect(live.text()).rejects.toThrow('busy');
    const error = { code: 'overloaded', message: 'busy', retryable: true };
    expect(publish(live)).toMatchObject([{ type: 'start' }, { type: 'end', state: 'failed', error }]);
  });

  test('may be a chain', () => {
    const types = publish(playTurns(['Hi']).chain('Hi')).map(({ type }) => type);
    expect(types).toEqual(['start', 'turn_start', 'text', 'turn_end', 'finish', 'end']);
  });

  test('may be what another hub has', () => {
    const hub = createHub();
    hub.publish('s', from(words(3)));
    const events = publish(hub.attach('s').pipe(map(({ event }) => (event.type === 'end' ? 'over' : event))));
    expect(events).toMatchObject([...words(3).map((chunk) => ({ chunk })), { chunk: 'over' }, { state: 'done' }]);
  });
});

function progress(value: unknown): StreamEvent {
  return { type: 'tool_progress', tool_name: 't', value: value as never };
}

function cycle(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}

function throwing(): never {
  throw new Error('on purpose');
}

function* generate(): Generator<string> {
  yield throwing();
}

function junk(event: unknown): Observable<string> {
  return of(event as string);
}
