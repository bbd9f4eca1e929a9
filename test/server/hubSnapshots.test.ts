// Snapshots, which take the place of the beginning of a long stream: nothing that was said is lost.
import * as fc from 'fast-check';
import { from, of } from 'rxjs';
import { foldMessages, user, type LlmError, type StreamEvent, type Tool } from 'rxllm';
import { demo } from 'rxllm/demo';
import { fromJSON } from 'rxllm/serialization';
import { createHub, GoneError, type HubSource, type Snapshot } from 'rxllm/server';
import { interleavedRun, rawRun } from '../operators/arbitraryEvents.ts';
import { numRuns } from '../support/arbitraries.ts';
import { calls, outline, playTurns } from '../support/chains.ts';
import { words } from '../support/hubs.ts';
import { record } from '../support/operatorLaws.ts';

const model = demo();

interface Watched {
  /** All that there was, as one saw it who watched from the beginning. */
  readonly events: readonly StreamEvent[];
  /** What was given instead of the beginning, at any time. */
  readonly snapshots: readonly Snapshot[];
}

/** Publishes a source; who has no cursor attaches anew at every event, and once more at the end. */
function watch(source: HubSource, maxStreamBytes: number): Watched {
  const hub = createHub({ retention: { maxStreamBytes } });
  hub.publish('s', source, { start: 'first-attach' });
  const events: StreamEvent[] = [];
  const snapshots = new Map<number, Snapshot>();
  const look = () => {
    const late = record(hub.attach('s'));
    if (late.end instanceof GoneError && late.end.gone.snapshot) {
      const { snapshot } = late.end.gone;
      snapshots.set(snapshot.seq, snapshot);
    }
  };
  hub.attach('s').subscribe({
    next({ event }) {
      if (event.type !== 'end') events.push(event);
      look();
    },
  });
  return { events, snapshots: [...snapshots.values()] };
}

/** The events that a response from JSON has. */
function eventsOf({ response }: Snapshot): readonly StreamEvent[] {
  return record(fromJSON(response, { model })).values as StreamEvent[];
}

/** The messages as text, or why there are none. */
function folded(events: readonly StreamEvent[]): string {
  try {
    // As they are written: JSON has one zero only.
    return JSON.stringify(foldMessages(events));
  } catch (error) {
    return (error as LlmError).code;
  }
}

function expectSnapshotsFit({ events, snapshots }: Watched): void {
  for (const snapshot of snapshots) {
    expect(folded([...eventsOf(snapshot), ...events.slice(snapshot.seq)])).toBe(folded(events));
  }
}

/** Whether arguments came for a call that was said to be complete: no protocol does that. */
function hasLateArguments(events: readonly StreamEvent[]): boolean {
  const ended = new Set<number>();
  return events.some((event) => {
    if (event.type === 'reset') ended.clear();
    if (event.type === 'part_end') ended.add(event.part_index);
    return event.type === 'tool_call_args' && ended.has(event.part_index ?? 0);
  });
}

const turnStart: fc.Arbitrary<StreamEvent> = fc.record({
  type: fc.constant('turn_start'),
  turn: fc.constant(1),
  messages: fc.constantFrom([], [user('Go on')], [user('One'), user('Two')]),
  message_index: fc.nat(3),
});

const toolOutput: fc.Arbitrary<StreamEvent> = fc.record({
  type: fc.constant('tool_output'),
  result: fc.record({
    type: fc.constant('tool_result'),
    name: fc.constant('add'),
    output: fc.string({ maxLength: 3 }),
  }),
  part_index: fc.nat(4),
  message_index: fc.nat(3),
});

const chainLike = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: rawRun },
      { weight: 2, arbitrary: interleavedRun },
      { weight: 2, arbitrary: turnStart.map((event) => [event]) },
      { weight: 2, arbitrary: toolOutput.map((event) => [event]) },
    ),
    { maxLength: 5 },
  )
  .map((runs) => runs.flat());

describe('a snapshot', () => {
  test.each([
    ['raw events', rawRun],
    ['numbered parts, interleaved', interleavedRun],
    ['what chains are made of, in any order', chainLike],
  ])('with the events after it makes the messages that all events make: %s', (_, run) => {
    let given = 0;
    fc.assert(
      fc.property(run, fc.constantFrom(0, 100, 1000), (events, maxStreamBytes) => {
        const watched = watch(from(events), maxStreamBytes);
        fc.pre(!hasLateArguments(watched.events));
        given += watched.snapshots.length;
        expectSnapshotsFit(watched);
      }),
      { numRuns },
    );
    expect(given).toBeGreaterThan(numRuns / 10);
  });

  test('of a chain has what was said and done before, whatever was going on', () => {
    const echo: Tool = { name: 'echo', run: ({ id }) => `echo ${id as string}`.repeat(20) };
    const chain = playTurns(
      ['Look. ', ...calls('echo', 'c1', 'c2')],
      [{ type: 'reasoning', chunk: 'Hm.' }, 'Again. ', ...calls('echo', 'c3')],
      words(20),
    ).chain('Hi', { tools: [echo], system: 'secret' });
    const watched = watch(chain, 600);
    expect(watched.snapshots.length).toBeGreaterThan(5);
    expectSnapshotsFit(watched);
    const { response } = watched.snapshots.at(-1)!;
    expect(response).toMatchObject({ status: 'truncated', prompt: { messages: [] }, model: 'counting' });
    expect(outline(response.messages)).toEqual([
      'assistant: Look. , echo(c1), echo(c2)',
      `tool: ${'echo c1'.repeat(20)}, ${'echo c2'.repeat(20)}`,
      'assistant: reasoning, Again. , echo(c3)',
      `tool: ${'echo c3'.repeat(20)}`,
      expect.stringMatching(/^assistant: word 1 word 2 /),
    ]);
  });

  test('of a whole demo run fits at every place', () => {
    expectSnapshotsFit(watch(demo({ chunkMs: 0 }).prompt('What is a cold Observable?'), 300));
  });

  test('is never made in mid tool call', () => {
    const at = { part_index: 1, message_index: 0, tool_call_id: 'c1' };
    const args = Array.from({ length: 50 }, (): StreamEvent => ({ type: 'tool_call_args', chunk: '1', ...at }));
    const { events, snapshots } = watch(
      of('Hm.', { type: 'tool_call_name', chunk: 'add', ...at } as const, ...args, {
        type: 'part_end',
        part_index: 1,
      } as const),
      0,
    );
    expect(events).toHaveLength(53);
    // Before the call, and after it.
    expect(snapshots.map(({ seq }) => seq)).toEqual([1, 53]);
    expect(snapshots[0]?.response).not.toHaveProperty('incomplete');
    expect(outline(snapshots[1]!.response.messages)).toEqual(['assistant: Hm., add(c1)']);
  });

  test('is not made of a stream whose events do not fit together, which stays whole', () => {
    const at = { part_index: 0, message_index: 0 };
    const mixed = [{ type: 'text', chunk: 'a', ...at } as const, { type: 'reasoning', chunk: 'b', ...at } as const];
    const { events, snapshots } = watch(of(...mixed, ...words(50)), 0);
    expect(events).toHaveLength(52);
    // That of the first event fits still.
    expect(snapshots.map(({ seq }) => seq)).toEqual([1]);
    const nothing = { type: 'turn_start', turn: 1 } as never as StreamEvent;
    expect(watch(of(nothing, ...words(50)), 1000).snapshots).toEqual([]);
  });

  test('is not made where parts would change places', () => {
    const at = (part_index: number) =>
      ({ type: 'reasoning', chunk: `${part_index}`, part_index, message_index: 0 }) as const;
    const { events, snapshots } = watch(of(at(0), { ...at(1), redacted: true }, at(0), at(1)), 0);
    expect(foldMessages(events)[0]?.parts).toMatchObject([{ text: '11', redacted: true }, { text: '00' }]);
    expect(snapshots.map(({ seq }) => seq)).toEqual([1]);
  });

  test('has nothing of what a reset has taken back', () => {
    const image = { type: 'from_the_future', chunk: '', message_index: 0 } as never as StreamEvent;
    const { snapshots } = watch(of('a', image, 'b', { type: 'reset' } as const, 'c', 'd'), 0);
    expect(snapshots.map(({ seq }) => seq)).toEqual([1, 4, 5, 6]);
    expect(outline(snapshots[3]!.response.messages)).toEqual(['assistant: cd']);
  });

  test('leaves the reason why the model stopped to the log', () => {
    const { events, snapshots } = watch(of('Hi', { type: 'finish', reason: 'length' } as const), 0);
    expect(events.map(({ type }) => type)).toEqual(['text', 'finish']);
    expect(snapshots.map(({ seq }) => seq)).toEqual([1]);
  });
});
