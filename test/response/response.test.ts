// What a response promises about runs: how many there are, who holds them, how they end.
import { concat, from, lastValueFrom, NEVER, of, Subject, switchMap, take, throwError, toArray } from 'rxjs';
import { LlmError, LlmResponse, type ResponseJSON, type StreamEvent } from 'rxllm';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

const hello = () => from(['Hel', 'lo']);

describe('a cold response', () => {
  test('is an Observable that sends nothing before it is subscribed', () => {
    const model = countingModel(hello);
    const response = model.prompt('Hi');
    response.reply('more');
    response.share();
    expect(response).toBeInstanceOf(LlmResponse);
    expect(model.requests).toHaveLength(0);
  });

  test('runs once for each subscription', () => {
    const model = countingModel(hello);
    const response = model.prompt('Hi');
    for (let index = 0; index < 3; index += 1) response.subscribe();
    expect(model.requests).toHaveLength(3);
  });

  test('emits start first and finish last, and numbers every event', async () => {
    const events = await lastValueFrom(countingModel(hello).prompt('Hi').pipe(toArray()));
    expect(events).toEqual([
      {
        type: 'start',
        id: expect.stringMatching(/^[0-9a-z]{26}$/),
        model: 'counting',
        datetime_utc: expect.any(String),
      },
      { type: 'text', chunk: 'Hel', part_index: 0, message_index: 0 },
      { type: 'text', chunk: 'lo', part_index: 0, message_index: 0 },
      { type: 'finish', reason: 'unknown' },
    ]);
  });

  test('takes the resolved model from a provider that says it first', async () => {
    const start: StreamEvent = { type: 'start', id: '', model: '', datetime_utc: '', resolved_model: 'counting-2026' };
    const response = countingModel(() => from([start, 'Hi'])).prompt('Hi');
    expect(await response.result()).toMatchObject({ model: 'counting', resolved_model: 'counting-2026', text: 'Hi' });
  });

  test('gives every run an id of its own, in rising order', async () => {
    const model = countingModel(hello);
    const ids = [];
    for (let index = 0; index < 50; index += 1) ids.push((await model.prompt('Hi').result()).id);
    expect(ids).toEqual([...new Set(ids)].toSorted());
  });

  test('stops its source at once when a synchronous subscriber has enough', () => {
    let produced = 0;
    const model = countingModel(() =>
      from(
        (function* () {
          for (;;) {
            produced += 1;
            yield 'x';
          }
        })(),
      ),
    );
    model.prompt('Hi').pipe(take(3)).subscribe();
    expect(produced).toBeLessThanOrEqual(4);
    expect(model.running()).toBe(0);
  });

  test('follows switchMap: the run left behind stops', () => {
    const model = countingModel(() => concat(of('x'), NEVER));
    const questions$ = new Subject<string>();
    const subscription = questions$.pipe(switchMap((question) => model.prompt(question))).subscribe();
    questions$.next('a');
    questions$.next('b');
    expect(model.requests).toHaveLength(2);
    expect(model.running()).toBe(1);
    subscription.unsubscribe();
    expect(model.running()).toBe(0);
  });

  test('passes an unknown type of event on', async () => {
    const unknown = JSON.parse('{"type":"weather","chunk":"rain"}') as StreamEvent;
    const events = await lastValueFrom(
      countingModel(() => of(unknown))
        .prompt('Hi')
        .pipe(toArray()),
    );
    expect(events[1]).toMatchObject({ type: 'weather', chunk: 'rain' });
  });
});

describe('ended$', () => {
  test('has every run as it ends, whatever its end, and begins none', async () => {
    const ends = [
      of('done'),
      concat(
        of('half'),
        throwError(() => new LlmError('truncated', 'cut')),
      ),
      NEVER,
    ];
    const model = countingModel((_, index) => ends[index] ?? NEVER);
    const response = model.prompt('Hi');
    const seen: ResponseJSON[] = [];
    response.ended$.subscribe((json) => seen.push(json));
    expect(model.requests).toEqual([]);
    expect(await response.text()).toBe('done');
    record(response);
    response.subscribe().unsubscribe();
    expect(seen.map(({ status, messages }) => [status, messages.length])).toEqual([
      [undefined, 1],
      ['truncated', 1],
      ['aborted', 0],
    ]);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(3);
    expect(seen.every(({ prompt }) => prompt.messages.length === 1)).toBe(true);
  });

  test('holds nobody: a shared run is aborted when its subscribers go', () => {
    const model = countingModel(() => NEVER);
    const live = model.prompt('Hi').share();
    const seen: ResponseJSON[] = [];
    live.ended$.subscribe((json) => seen.push(json));
    const subscription = live.subscribe();
    expect(model.running()).toBe(1);
    subscription.unsubscribe();
    expect([model.running(), seen.map(({ status }) => status)]).toEqual([0, ['aborted']]);
  });

  test('has what fits together of events that do not', () => {
    const events: StreamEvent[] = [
      { type: 'text', chunk: 'a', part_index: 0, message_index: 0 },
      { type: 'reasoning', chunk: 'b', part_index: 0, message_index: 0 },
    ];
    const seen: ResponseJSON[] = [];
    const response = countingModel(() => from(events)).prompt('Hi');
    response.ended$.subscribe((json) => seen.push(json));
    record(response);
    expect(seen).toMatchObject([{ status: 'failed', messages: [{ parts: [{ text: 'a' }] }] }]);
  });
});
