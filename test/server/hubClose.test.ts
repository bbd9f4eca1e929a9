// The list of streams, and the end of a hub.
import { NEVER, of } from 'rxjs';
import { createHub, type HubEntry } from 'rxllm/server';
import { createSource, words } from '../support/hubs.ts';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

describe('list', () => {
  test('has the streams that there are, the oldest first', () => {
    const hub = createHub();
    expect(hub.list()).toEqual([]);
    const source = createSource();
    hub.publish('one', source, { owner: 'ada' });
    hub.publish('two', of('a'));
    hub.publish('three', NEVER, { start: 'first-attach' });
    for (const word of words(2)) source.next(word);
    const watching = [hub.attach('one').subscribe(), hub.attach('one').subscribe()];
    const run = expect.stringMatching(/^[\w-]{12}$/) as string;
    expect(hub.list()).toStrictEqual([
      { stream: 'one', run, state: 'running', first: 1, last: 2, subscribers: 2, owner: 'ada' },
      { stream: 'two', run, state: 'done', first: 1, last: 2, subscribers: 0 },
      { stream: 'three', run, state: 'waiting', first: 1, last: 0, subscribers: 0 },
    ]);
    expect(new Set(hub.list().map((info) => info.run)).size).toBe(3);
    watching[0]?.unsubscribe();
    hub.stop('three');
    source.error(new Error('on purpose'));
    expect(hub.list()).toMatchObject([
      { state: 'failed', last: 3, subscribers: 0 },
      { state: 'done' },
      { state: 'aborted', last: 1 },
    ]);
  });

  test('is as it was when it was asked for', () => {
    const hub = createHub();
    hub.publish('s', NEVER);
    const before = hub.list();
    hub.stop('s');
    expect(before).toMatchObject([{ state: 'running', last: 0 }]);
  });
});

describe('close', () => {
  test('stops all runs with its reason, and tells all who watch', () => {
    const hub = createHub();
    const model = countingModel(() => NEVER);
    const source = createSource();
    hub.publish('one', model.prompt('Hi'));
    hub.publish('two', source);
    hub.publish('waiting', model.prompt('Hi'), { start: 'first-attach' });
    hub.publish('done', of('a'));
    const watching = ['one', 'two'].map((id) => record(hub.attach(id)));
    hub.close('the server restarts');
    expect(model.running()).toBe(0);
    expect(model.requests).toHaveLength(1);
    expect(source.observed).toBe(false);
    for (const { values, end } of watching) {
      expect(end).toBe('complete');
      expect((values.at(-1) as HubEntry).event).toEqual({
        type: 'end',
        state: 'aborted',
        error: { code: 'aborted', message: 'the stream was stopped: the server restarts', retryable: false },
      });
    }
    expect(hub.list().map(({ state }) => state)).toEqual(['aborted', 'aborted', 'aborted', 'done']);
  });

  test('leaves what there is to be read, and takes nothing more', () => {
    const hub = createHub();
    hub.publish('s', of('a'));
    hub.close();
    expect(record(hub.attach('s'))).toMatchObject({ values: [{ seq: 1 }, { seq: 2 }], end: 'complete' });
    const publish = () => hub.publish('t', of('a'));
    expect(publish).toThrow('the hub was closed');
    expect(publish).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    hub.stop('s');
  });

  test('has no effect a second time', () => {
    const hub = createHub();
    hub.publish('s', NEVER);
    hub.close('first');
    hub.close('second');
    const { values } = record(hub.attach('s'));
    expect(values).toMatchObject([{ event: { error: { message: 'the stream was stopped: first' } } }]);
  });

  test('by a subscriber in the midst of an event reaches everybody once', () => {
    const hub = createHub();
    const [one, two] = [createSource(), createSource()];
    hub.publish('one', one);
    hub.publish('two', two);
    const other = record(hub.attach('two'));
    const first = record(hub.attach('one'));
    hub.attach('one').subscribe(({ seq }) => {
      if (seq === 1) hub.close();
    });
    one.next('a');
    expect(first).toMatchObject({ values: [{ seq: 1 }, { seq: 2 }], end: 'complete' });
    expect(other).toMatchObject({ values: [{ seq: 1 }], end: 'complete' });
  });
});
