// fakeModel: a model whose answers are marble diagrams, and which remembers what it was asked.
import { Observable, type SchedulerLike, type Subscriber } from 'rxjs';
import { defineModel, type Model } from '../response/defineModel.ts';
import type { ModelDefinition, ModelRequest } from '../response/model.ts';
import { LlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import { toMoments, type Turn } from './turn.ts';

/** A turn, or its diagram alone: then each letter is a text. */
export type TurnLike = Turn | string;

/** A turn that depends on what is asked; calls are counted from 1. */
export type TurnFunction = (request: ModelRequest, call: number) => TurnLike;

/** When a run was subscribed and left, in frames of its scheduler; `Infinity` while it is open. RxJS's own form. */
export interface RunLog {
  subscribedFrame: number;
  unsubscribedFrame: number;
}

export interface FakeModel extends Model {
  /** The requests so far. */
  readonly requests: readonly ModelRequest[];
  /** The runs so far, for `expectSubscriptions` too. */
  readonly subscriptions: RunLog[];
  /** How many runs are open now. */
  readonly openRuns: number;
}

/** What else a fake model is. `id` is `fake` by default. */
export type FakeModelOptions = Partial<Omit<ModelDefinition, 'stream'>>;

/**
 * A model for tests. Its first request gets the first turn, and so on; a request after the last errors with LlmError
 * `invalid_input`. Turns run on the scheduler of the prompt, whichever it is.
 *
 * @param script The turns, in order, each a diagram, a `turn()` or a function that makes one for its request; or one
 *   function for all requests.
 * @throws LlmError `invalid_input` for a diagram that cannot be read.
 *
 * @example
 * const model = fakeModel([turn('--c|', { c: call('get_weather', { city: 'Paris' }, 'call_1') }), '-a-b-|']);
 */
export function fakeModel(
  script: TurnLike | TurnFunction | readonly (TurnLike | TurnFunction)[],
  options: FakeModelOptions = {},
): FakeModel {
  const requests: ModelRequest[] = [];
  const subscriptions: RunLog[] = [];
  const turns = isList(script) ? script : typeof script === 'function' ? undefined : [script];
  for (const one of turns ?? []) if (typeof one !== 'function') toMoments(toTurn(one));

  function turnOf(request: ModelRequest): Turn {
    const call = requests.push(request);
    const next = turns ? turns[call - 1] : (script as TurnFunction);
    if (next === undefined) throw beyond(model.id, call, turns?.length ?? 0);
    return toTurn(typeof next === 'function' ? next(request, call) : next);
  }

  const model = defineModel({
    id: 'fake',
    ...options,
    stream: (request, { scheduler }) =>
      new Observable<StreamEvent | string>((subscriber) => {
        const log: RunLog = { subscribedFrame: scheduler.now(), unsubscribedFrame: Infinity };
        subscriptions.push(log);
        subscriber.add(() => (log.unsubscribedFrame = scheduler.now()));
        play(turnOf(request), scheduler, subscriber);
      }),
  });
  return {
    ...model,
    requests,
    subscriptions,
    get openRuns() {
      return subscriptions.filter(({ unsubscribedFrame }) => unsubscribedFrame === Infinity).length;
    },
  };
}

/** All of it is scheduled at once, as RxJS does: of two things at one frame this one comes first. */
function play(turn: Turn, scheduler: SchedulerLike, subscriber: Subscriber<StreamEvent | string>): void {
  for (const { frame, events, end } of toMoments(turn)) {
    subscriber.add(
      scheduler.schedule(() => {
        for (const event of events) if (!subscriber.closed) subscriber.next(event);
        if (end?.kind === 'complete') subscriber.complete();
        else if (end) subscriber.error(end.error);
      }, frame),
    );
  }
}

function toTurn(turn: TurnLike): Turn {
  return typeof turn === 'string' ? { marbles: turn } : turn;
}

function isList<T>(script: T | readonly T[]): script is readonly T[] {
  return Array.isArray(script);
}

function beyond(id: string, call: number, count: number): LlmError {
  const there = count === 1 ? 'one turn' : `${count} turns`;
  return new LlmError('invalid_input', `call ${call} of the model "${id}" is beyond its script, which has ${there}`);
}
