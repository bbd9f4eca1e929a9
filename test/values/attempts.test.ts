// Several attempts at one response, wherever each of them broke off: what all of them emitted is one response.
import * as fc from 'fast-check';
import { concat, defer, from, throwError, VirtualTimeScheduler, type Observable } from 'rxjs';
import { foldMessages, LlmError, MessageFold, type Part, type StreamEvent, type Usage } from 'rxllm';
import { retryBeforeContent } from 'rxllm/operators';
import { numRuns } from '../support/arbitraries.ts';
import { record } from '../support/operatorLaws.ts';

type Events = readonly StreamEvent[];

const finish: StreamEvent = { type: 'finish', reason: 'stop' };
const chunks = fc.array(fc.constantFrom(' ', 'a', 'bc'), { minLength: 1, maxLength: 3 });
const count = fc.nat(9);

const piece: fc.Arbitrary<StreamEvent[]> = fc.oneof(
  chunks.map((all) => all.map((chunk): StreamEvent => ({ type: 'text', chunk }))),
  chunks.map((all) => all.map((chunk): StreamEvent => ({ type: 'reasoning', chunk }))),
  fc.tuple(count, count).map(([input, output]): StreamEvent[] => [{ type: 'usage', usage: { input, output } }]),
  // Half a call: its end has not come.
  fc.constant<StreamEvent[]>([
    { type: 'tool_call_name', chunk: 'add', tool_call_id: 'c' },
    { type: 'tool_call_args', chunk: '{"a', tool_call_id: 'c' },
  ]),
);

/** As many events as came before the attempt broke off. */
const attempt = fc
  .tuple(fc.array(piece, { maxLength: 5 }), fc.nat())
  .map(([pieces, end]) => pieces.flat().slice(0, end % (pieces.flat().length + 1)));

/** What is kept of an attempt that broke off. */
function partsOf(events: Events): readonly Part[] {
  const fold = new MessageFold();
  for (const event of events) fold.add(event);
  return fold.kept.flatMap(({ parts }) => parts);
}

/** A text goes on where the last attempt left it. */
function joined(base: readonly Part[], events: Events, rest: readonly Part[]): readonly Part[] {
  const [last, first] = [base.at(-1), rest[0]];
  const begins = events.find(({ type }) => type !== 'usage');
  if (last?.type !== 'text' || first?.type !== 'text' || begins?.type !== 'text') return [...base, ...rest];
  return [...base.slice(0, -1), { ...last, text: last.text + first.text }, ...rest.slice(1)];
}

/** The usage that was reported last and not taken back. */
function usageOf(events: Events): Usage | undefined {
  return events.reduce<Usage | undefined>((usage, event) => {
    if (event.type === 'reset') return undefined;
    return event.type === 'usage' ? event.usage : usage;
  }, undefined);
}

function sum(usages: readonly Usage[]): Usage | undefined {
  if (usages.length === 0) return undefined;
  const total = (key: 'input' | 'output') => usages.reduce((all, usage) => all + (usage[key] ?? 0), 0);
  return { input: total('input'), output: total('output') };
}

/** All events of the attempts, of which only the last ends well. */
function emitted(attempts: readonly Events[], mode: 'restart' | 'continue'): Events {
  const scheduler = new VirtualTimeScheduler();
  const rest = attempts[Symbol.iterator]();
  const busy = throwError(() => new LlmError('overloaded', 'busy'));
  const next = (): Observable<StreamEvent> => {
    const events = rest.next().value as Events;
    return events === attempts.at(-1) ? from([...events, finish]) : concat(from(events), busy);
  };
  const options = { afterContent: mode === 'restart' ? mode : next, maxRetries: 9, scheduler };
  const { values } = record(defer(next).pipe(retryBeforeContent(options)));
  scheduler.flush();
  return values as Events;
}

test.each(['restart', 'continue'] as const)('attempts with %s fold to one response, and cost what all cost', (mode) => {
  fc.assert(
    fc.property(fc.array(attempt, { minLength: 1, maxLength: 4 }), (attempts) => {
      const last = attempts.at(-1) ?? [];
      const isWorthKeeping = (part: Part) => part.type === 'text' && part.text.trim() !== '';
      const baseOf = (kept: readonly Part[]) => (mode === 'continue' && kept.some(isWorthKeeping) ? kept : []);
      const kept = attempts.slice(0, -1).reduce<readonly Part[]>((before, events) => {
        const saysNothing = events.every(({ type }) => type === 'usage');
        return saysNothing ? before : joined(baseOf(before), events, partsOf(events));
      }, []);
      const whole = joined(
        baseOf(kept),
        last,
        foldMessages(last).flatMap(({ parts }) => parts),
      );

      const events = emitted(attempts, mode);
      expect(events.at(-1)).toEqual(finish);
      expect(foldMessages(events).flatMap(({ parts }) => parts)).toEqual(whole);
      expect(usageOf(events)).toEqual(sum(attempts.flatMap((some) => usageOf(some) ?? [])));
    }),
    { numRuns },
  );
});
