// Random runs for property tests: raw events as a model may send them, and numbered ones with interleaved parts.
import * as fc from 'fast-check';
import type { StreamEvent } from 'rxllm';
import { partEvent } from '../support/arbitraries.ts';

const chunk = fc.oneof(
  fc.constantFrom('', 'a', '{"a":', '1}', 'é', '😀', '\ud83d', '\ude00'),
  fc.string({ unit: 'grapheme' }),
);

/** Events and strings without indexes, with the odd `reset`. */
export const rawRun: fc.Arbitrary<(StreamEvent | string)[]> = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: partEvent },
      { weight: 2, arbitrary: chunk },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('part_end'), part_index: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.constant<StreamEvent>({ type: 'usage', usage: { input: 1, output: 1 } }) },
      {
        weight: 1,
        arbitrary: fc.constant<StreamEvent>({ type: 'attachment', attachment: { url: 'https://x.test/a' } }),
      },
      { weight: 1, arbitrary: fc.constant<StreamEvent>({ type: 'reset' }) },
    ),
  )
  .map(countMessagesUp);

// llm puts messages in the order of their first events. Where `message_index` goes back (no provider does that), it
// then matters whether that first event was reasoning that is dropped.
function countMessagesUp(run: readonly (StreamEvent | string)[]): (StreamEvent | string)[] {
  let last = 0;
  return run.map((event) => {
    if (typeof event === 'string') return last === 0 ? event : { type: 'text', chunk: event, message_index: last };
    if (event.type === 'reset') last = 0;
    if (!('chunk' in event) && event.type !== 'attachment') return event;
    last = Math.max(last, event.message_index ?? 0);
    return last === 0 ? event : { ...event, message_index: last };
  });
}

const id = fc.constantFrom('c1', 'c2', 'c3');

const eventsOfPart = (part_index: number): fc.Arbitrary<StreamEvent[]> => {
  const at = { part_index, message_index: 0 };
  const end: StreamEvent = { type: 'part_end', part_index };
  const ending = fc.constantFrom<StreamEvent[]>([], [end]);
  const chunks = fc.array(chunk, { maxLength: 5 });
  return fc.oneof(
    fc
      .tuple(fc.constantFrom('text', 'reasoning'), chunks, ending)
      .map(([type, texts, last]) => [...texts.map((text) => ({ type, chunk: text, ...at })), ...last]),
    fc
      .tuple(fc.option(id, { nil: undefined }), fc.boolean(), chunks, ending)
      .map(([tool_call_id, server_executed, texts, last]): StreamEvent[] => {
        const call = { ...at, ...(tool_call_id && { tool_call_id }), ...(server_executed && { server_executed }) };
        return [
          { type: 'tool_call_name', chunk: 'tool', ...call },
          ...texts.map((text) => ({ type: 'tool_call_args' as const, chunk: text, ...call })),
          ...last,
        ];
      }),
  );
};

/** Numbered events of up to six parts, interleaved at random; each part's own events are in order. */
export const interleavedRun: fc.Arbitrary<StreamEvent[]> = fc
  .nat(6)
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => eventsOfPart(index))))
  .chain((parts) => {
    const turns = parts.flatMap((part, index) => part.map(() => index));
    return fc.shuffledSubarray(turns, { minLength: turns.length }).map((order) => {
      const queues = parts.map((part) => part[Symbol.iterator]());
      return order.flatMap((index) => {
        const next = queues[index]?.next();
        return next?.done === false ? [next.value] : [];
      });
    });
  });

/** A text, cut at random places. */
export function cut(text: fc.Arbitrary<string>): fc.Arbitrary<string[]> {
  return text.chain((whole) =>
    fc.array(fc.nat(whole.length)).map((places) => {
      const at = [0, ...places.toSorted((a, b) => a - b), whole.length];
      return at.slice(1).map((end, index) => whole.slice(at[index], end));
    }),
  );
}
