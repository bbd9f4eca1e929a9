// The laws of chains, held against random turns, tools and users: answers that break off and begin anew, calls that are
// complete or not, tools of any latency that fail, pause and go on, a user who interrupts, aborts and leaves. In virtual time.
import * as fc from 'fast-check';
import { Observable, VirtualTimeScheduler, type Subscription } from 'rxjs';
import {
  defineModel,
  LlmError,
  MessageFold,
  PauseChain,
  user,
  type Message,
  type Model,
  type ModelRequest,
  type Steering,
  type StreamEvent,
  type Tool,
  type ToolApproval,
} from 'rxllm';
import { fromJSON } from 'rxllm/serialization';
import { callsOf, resultsOf } from '../support/chains.ts';

const numRuns = process.env.RXLLM_FULL ? 10_000 : 1000;

type Item =
  'text' | 'reasoning' | 'call' | 'open call' | 'eager call' | 'guarded call' | 'server call' | 'reset' | 'usage';

interface Script {
  readonly items: readonly Item[];
  readonly gaps: readonly number[];
  readonly end: 'complete' | 'error' | 'never';
  readonly finishes: boolean;
}

interface Behaviour {
  readonly ms: number;
  readonly how: 'value' | 'progress' | 'throw' | 'pause' | 'never';
}

interface Action {
  readonly at: number;
  readonly what: 'say' | 'interrupt' | 'approve' | 'deny' | 'abort' | 'leave' | 'no more approvals';
}

const item = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Item>('text', 'reasoning', 'usage', 'server call') },
  { weight: 6, arbitrary: fc.constantFrom<Item>('call', 'open call', 'eager call', 'guarded call') },
  { weight: 1, arbitrary: fc.constant<Item>('reset') },
);
const script: fc.Arbitrary<Script> = fc.record({
  items: fc.array(item, { maxLength: 6 }),
  gaps: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
  end: fc.constantFrom('complete', 'complete', 'complete', 'complete', 'error', 'never'),
  finishes: fc.boolean(),
});
const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  ms: fc.nat(6),
  how: fc.constantFrom('value', 'value', 'value', 'progress', 'throw', 'pause', 'never'),
});
const action: fc.Arbitrary<Action> = fc.record({
  at: fc.nat(40),
  what: fc.constantFrom(
    'say',
    'interrupt',
    'interrupt',
    'approve',
    'approve',
    'deny',
    'abort',
    'leave',
    'no more approvals',
  ),
});

/** The events of a turn; ids say which turn and where in it. */
function eventsOf({ items }: Script, turn: number): StreamEvent[] {
  return items.flatMap((what, at): StreamEvent[] => {
    const id = `c${turn}.${at}`;
    const base = { part_index: at, message_index: 0 };
    const name = what.split(' ')[0]!;
    const call = (end: boolean, more = {}): StreamEvent[] => [
      { type: 'tool_call_name', chunk: name, ...base, tool_call_id: id, ...more },
      { type: 'tool_call_args', chunk: '{"id":', ...base, tool_call_id: id, ...more },
      { type: 'tool_call_args', chunk: `"${id}"}`, ...base, tool_call_id: id, ...more },
      ...(end ? [{ type: 'part_end', part_index: at } as const] : []),
    ];
    switch (what) {
      case 'text':
      case 'reasoning':
        return [
          { type: what, chunk: `${what} `, ...base },
          { type: what, chunk: id, ...base },
        ];
      case 'usage':
        return [{ type: 'usage', usage: { input: 1, output: at } }];
      case 'reset':
        return [{ type: 'reset' }];
      case 'server call':
        return call(true, { server_executed: true });
      default:
        return call(what !== 'open call');
    }
  });
}

/** All that happens around one chain. */
class World {
  readonly scheduler = new VirtualTimeScheduler();
  readonly events: StreamEvent[] = [];
  readonly written: string[] = [];
  readonly ran: string[] = [];
  readonly faults: string[] = [];
  end: 'complete' | LlmError | undefined;
  hasLeft = false;
  open = 0;
  #asked = 0;
  readonly #fold = new MessageFold();
  readonly #behaviours: readonly Behaviour[];
  readonly #scripts: readonly Script[];
  readonly #prompt: readonly Message[];

  constructor(scripts: readonly Script[], behaviours: readonly Behaviour[], prompt: readonly Message[]) {
    this.#scripts = scripts;
    this.#behaviours = behaviours;
    this.#prompt = prompt;
  }

  get isOver(): boolean {
    return this.end !== undefined || this.hasLeft;
  }

  see(event: StreamEvent): void {
    if (this.isOver) this.faults.push(`${event.type} after the end`);
    this.events.push(event);
    this.written.push(JSON.stringify(event));
    this.#fold.add(event);
  }

  readonly model: Model = defineModel({
    id: 'random',
    stream: (request, { scheduler }) =>
      new Observable((subscriber) => {
        this.#check(request);
        const turn = this.#asked++;
        const played = this.#scripts[turn];
        this.open += 1;
        subscriber.add(() => (this.open -= 1));
        if (!played) {
          subscriber.next('done');
          subscriber.complete();
          return;
        }
        let now = 0;
        const last: StreamEvent[] = played.finishes ? [{ type: 'finish', reason: 'stop' }] : [];
        for (const [at, event] of [...eventsOf(played, turn), ...last].entries()) {
          now += played.gaps[at % played.gaps.length] ?? 0;
          if (now === 0) subscriber.next(event);
          else subscriber.add(scheduler.schedule(() => subscriber.next(event), now));
        }
        const stop = () => {
          if (played.end === 'complete') subscriber.complete();
          else if (played.end === 'error') subscriber.error(new LlmError('truncated', 'cut'));
        };
        if (now === 0) stop();
        else subscriber.add(scheduler.schedule(stop, now));
      }),
  });

  /** What the model is sent is the prompt and what has been seen, each call in it with one result. */
  #check({ messages }: ModelRequest): void {
    if (this.isOver) this.faults.push('a request after the end');
    const seen = [...this.#prompt, ...this.#fold.kept];
    if (JSON.stringify(messages) !== JSON.stringify(seen)) {
      this.faults.push(`sent ${JSON.stringify(messages)}, seen ${JSON.stringify(seen)}`);
    }
    const ids = callsOf(messages).flatMap((call) => (call.server_executed ? [] : [call.tool_call_id ?? '']));
    const answered = resultsOf(messages).map((result) => result.tool_call_id ?? '');
    if (ids.toSorted().join() !== answered.toSorted().join())
      this.faults.push(`calls ${ids.join()}, results ${answered.join()}`);
    for (const { arguments: args, tool_call_id } of callsOf(messages)) {
      if (JSON.stringify(args) !== JSON.stringify({ id: tool_call_id })) this.faults.push('half a call was sent');
    }
  }

  readonly tools: readonly Tool[] = ['call', 'open', 'eager', 'guarded'].map((name) => ({
    name,
    ...(name === 'eager' && { eager: true }),
    ...(name === 'guarded' && { needsApproval: true }),
    run: (args, { call, scheduler, signal }) => {
      if (this.isOver) this.faults.push('a tool after the end');
      if (args.id !== call.tool_call_id) this.faults.push('half a call was run');
      const { ms, how } = this.#behaviours[this.ran.length % this.#behaviours.length]!;
      this.ran.push(call.tool_call_id ?? '');
      return new Observable((subscriber) => {
        this.open += 1;
        subscriber.add(() => (this.open -= 1));
        const give = () => {
          if (signal.aborted || this.isOver) this.faults.push('a result after the end');
          if (how === 'throw') subscriber.error(new Error('on purpose'));
          else if (how === 'pause') subscriber.error(new PauseChain('on purpose'));
          else if (how !== 'never') {
            if (how === 'progress') subscriber.next('on the way');
            subscriber.next(`result of ${call.tool_call_id}`);
            subscriber.complete();
          }
        };
        if (ms === 0) give();
        else subscriber.add(scheduler.schedule(give, ms));
      });
    },
  }));
}

interface Run {
  readonly scripts: readonly Script[];
  readonly behaviours: readonly Behaviour[];
  readonly actions: readonly Action[];
  readonly concurrency: number | undefined;
  readonly hasApprovals: boolean;
  readonly limit: number;
  /** Of what the user does while he is told of an event: its number among the events. */
  readonly reacts: readonly { readonly to: number; readonly what: Action['what'] }[];
}

const run: fc.Arbitrary<Run> = fc.record({
  scripts: fc.array(script, { minLength: 1, maxLength: 4 }),
  behaviours: fc.array(behaviour, { minLength: 1, maxLength: 4 }),
  actions: fc.array(action, { maxLength: 5 }),
  concurrency: fc.constantFrom(undefined, 1, 2),
  hasApprovals: fc.boolean(),
  limit: fc.constantFrom(0, 0, 3),
  reacts: fc.array(
    fc.record({ to: fc.nat(25), what: fc.constantFrom('say', 'interrupt', 'approve', 'abort', 'leave') }),
    { maxLength: 2 },
  ),
});

const prompt = [user('Hi')];

/** Plays it to its end. */
function play({ scripts, behaviours, actions, concurrency, hasApprovals, limit, reacts }: Run) {
  const world = new World(scripts, behaviours, prompt);
  const { scheduler, model, tools } = world;
  // Subjects that are told at once, also while they are.
  const says = new Set<(steering: Steering) => void>();
  const decides = new Set<{ next(approval: ToolApproval): void; complete(): void }>();
  const input$ = new Observable<Steering>((subscriber) => {
    const say = (steering: Steering) => subscriber.next(steering);
    says.add(say);
    subscriber.add(() => says.delete(say));
  });
  const approvals$ = new Observable<ToolApproval>((subscriber) => {
    decides.add(subscriber);
    subscriber.add(() => decides.delete(subscriber));
  });
  const live = model
    .chain(prompt, { tools, scheduler, input$, limit, concurrency, ...(hasApprovals && { approvals$ }) })
    .share();

  const waiting: string[] = [];
  let subscription: Subscription | undefined;
  function act(what: Action['what']): void {
    const tool_call_id = waiting.shift() ?? 'nobody';
    if (what === 'say') for (const say of says) say('And?');
    else if (what === 'interrupt') for (const say of says) say({ input: 'Stop.', interrupt: true });
    else if (what === 'abort') live.abort();
    else if (what === 'no more approvals') for (const decide of decides) decide.complete();
    else if (what !== 'leave')
      for (const decide of decides) decide.next({ tool_call_id, approved: what === 'approve' });
    else if (world.end === undefined) {
      world.hasLeft = true;
      subscription?.unsubscribe();
    }
  }
  subscription = live.subscribe({
    next(event) {
      world.see(event);
      if (event.type === 'tool_approval') waiting.push(event.call.tool_call_id ?? '');
      for (const { to, what } of reacts)
        if (to === world.events.length && (what !== 'leave' || subscription)) act(what);
    },
    error: (error: LlmError) => (world.end = error),
    complete: () => (world.end = 'complete'),
  });
  for (const { at, what } of actions) scheduler.schedule(() => act(what), at);
  scheduler.schedule(() => {
    if (!world.isOver) live.abort('time is up');
  }, 10_000);
  scheduler.flush();
  return { world, live };
}

describe('a chain', () => {
  test('keeps the laws', () => {
    const ends = new Map<string, number>();
    const property = fc.property(run, (given) => {
      const { world, live } = play(given);
      const { events, written, end, ran, faults } = world;
      expect(faults).toEqual([]);
      expect(world.isOver).toBe(true);
      // Nobody is left running, and nothing that was handed out has changed.
      expect(world.open).toBe(0);
      expect(events.map((event) => JSON.stringify(event))).toEqual(written);
      expect(new Set(ran).size).toBe(ran.length);
      const how = world.hasLeft ? 'left' : end === 'complete' ? 'complete' : (end?.code ?? '');
      ends.set(how, (ends.get(how) ?? 0) + 1);

      // The fold of the events is the JSON, and the partial.
      const fold = new MessageFold();
      for (const event of events) fold.add(event);
      const json = live.toJSON();
      const messages = (end === 'complete' ? fold.end() : fold).messages;
      expect(json.messages).toEqual(messages);
      if (end instanceof LlmError) expect(end.partial).toEqual(json);
      const results = resultsOf(messages).map(({ tool_call_id }) => tool_call_id);
      expect(new Set(results).size).toBe(results.length);
      // What all turns have cost; a chain that is ended in the middle of taking a turn back has said so only in part.
      const lastReset = events.findLastIndex(({ type }) => type === 'reset');
      if (lastReset === -1 || lastReset < events.length - 3) {
        const turns = events.flatMap((event) => (event.type === 'turn_end' ? [event.response] : []));
        const spent = turns.reduce((sum, { usage }) => sum + (usage?.input ?? 0), 0);
        expect(json.usage?.input ?? 0).toBeGreaterThanOrEqual(spent);
      }

      // Whoever comes late gets the same.
      const late: string[] = [];
      live.subscribe({ next: (event) => late.push(JSON.stringify(event)), error: () => undefined });
      expect(late.slice(0, written.length)).toEqual(written);
      if (!world.hasLeft) expect(late).toHaveLength(written.length);

      // Written and read back it is the same, and so are the messages of its events.
      const text = JSON.stringify(live);
      const restored = fromJSON(text, { model: world.model });
      expect(JSON.stringify(restored)).toBe(text);
      const again = new MessageFold();
      restored.subscribe({ next: (event) => again.add(event), error: () => undefined });
      expect(again.end().messages).toEqual(json.messages);

      // Resumed, it runs what has no result, and nothing that has.
      const history = [...json.prompt.messages, ...json.messages];
      const resumed = new World([], [{ ms: 0, how: 'value' }], history);
      resumed.model
        .chain(history, {
          tools: resumed.tools.map((tool) => ({ ...tool, needsApproval: false })),
          scheduler: resumed.scheduler,
        })
        .subscribe((event) => resumed.see(event));
      expect(resumed.ran.filter((id) => results.includes(id))).toEqual([]);
      expect(resumed.faults.filter((fault) => !fault.startsWith('calls'))).toEqual([]);
    });
    fc.assert(property, { numRuns });
    // All kinds of ends were there.
    for (const how of ['complete', 'left', 'aborted', 'truncated', 'paused', 'tool_limit']) {
      expect([how, (ends.get(how) ?? 0) > 0]).toEqual([how, true]);
    }
  }, 120_000);
});
