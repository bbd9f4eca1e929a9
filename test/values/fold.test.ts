// The fold: what it keeps, what it hands out, and the laws it obeys.
import * as fc from 'fast-check';
import { createAllocator, foldMessages, MessageFold, user, type StreamEvent } from 'rxllm';
import { numRuns, partEvent, partEvents } from '../support/arbitraries.ts';

const text = (chunk: string, part_index = 0): StreamEvent => ({ type: 'text', chunk, part_index, message_index: 0 });

/** The events with every chunk cut in two. */
function cut(events: readonly StreamEvent[]): StreamEvent[] {
  return events.flatMap((event): StreamEvent[] => {
    if (!('chunk' in event)) return [event];
    const at = event.chunk.length >> 1;
    return [
      { ...event, chunk: event.chunk.slice(0, at) },
      { ...event, chunk: event.chunk.slice(at) },
    ];
  });
}

describe('the fold', () => {
  test('does not depend on where chunks were cut', () => {
    fc.assert(
      fc.property(partEvents, (raw) => {
        const events = raw.map(createAllocator());
        expect(foldMessages(cut(events))).toEqual(foldMessages(events));
      }),
      { numRuns },
    );
  });

  test('gives the same whether it is read after each event or once, and changes nothing that it gave', () => {
    const others = fc.oneof(
      fc.record({ type: fc.constant('part_end' as const), part_index: fc.nat(4) }),
      fc.record({
        type: fc.constant('turn_start' as const),
        turn: fc.nat(3),
        message_index: fc.integer({ min: 2, max: 4 }),
      }),
      fc.constant({ type: 'reset' as const }),
    );
    const events$ = fc.array(fc.oneof({ weight: 6, arbitrary: partEvent }, { weight: 1, arbitrary: others }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(events$, (given) => {
        const events = given.map((event): StreamEvent =>
          event.type === 'turn_start' ? { ...event, messages: [user('And?')] } : event,
        );
        const fold = new MessageFold();
        const read = events.map((event, at) => {
          fold.add(event);
          expect(fold.kept).toBe(fold.kept);
          const whole = new MessageFold();
          for (const before of events.slice(0, at + 1)) whole.add(before);
          expect(fold.kept).toEqual(whole.kept);
          return [fold.kept, JSON.stringify(fold.kept)] as const;
        });
        expect(fold.end().messages).toEqual(foldMessages(events));
        for (const [messages, written] of read) expect(JSON.stringify(messages)).toBe(written);
      }),
      { numRuns },
    );
  });

  test('cut anywhere, the text of each part is a prefix of what it becomes', () => {
    const textsOf = (events: readonly StreamEvent[]) =>
      foldMessages(events).flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.nat(3))), fc.nat(30), (pieces, at) => {
        const events = pieces.map(([chunk, index]) => text(chunk, index));
        const whole = textsOf(events);
        for (const prefix of textsOf(events.slice(0, at)))
          expect(whole.some((one) => one.startsWith(prefix))).toBe(true);
      }),
      { numRuns },
    );
  });

  test('keeps parts and messages that did not change the same objects', () => {
    const fold = new MessageFold();
    fold.add(text('a', 0));
    fold.add({ type: 'text', chunk: 'b', part_index: 1, message_index: 1 });
    const [first, second] = fold.messages;
    fold.add({ type: 'text', chunk: 'c', part_index: 1, message_index: 1 });
    expect(fold.messages[0]).toBe(first);
    expect(fold.messages[1]).not.toBe(second);
    expect(second!.parts).toEqual([{ type: 'text', text: 'b' }]);
    fold.add(text('d', 2));
    expect(fold.messages[0]!.parts[0]).toBe(first!.parts[0]);
    expect(first!.parts).toHaveLength(1);
  });

  test('shows a tool call only when it is complete', () => {
    const fold = new MessageFold();
    fold.add({ type: 'tool_call_name', chunk: 'add', tool_call_id: 'c1' });
    fold.add({ type: 'tool_call_args', chunk: '{}', tool_call_id: 'c1' });
    expect(fold.messages).toEqual([]);
    expect(fold.incomplete).toEqual([{ name: 'add', arguments_raw: '{}', tool_call_id: 'c1' }]);
    fold.add({ type: 'part_end', part_index: 0 });
    expect(fold.messages).toEqual([
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'add', arguments: {}, tool_call_id: 'c1' }] },
    ]);
    expect(fold.incomplete).toEqual([]);
  });

  test('leaves the messages the same object while an open call grows', () => {
    const fold = new MessageFold();
    fold.add('Let me see');
    fold.add({ type: 'tool_call_name', chunk: 'add', tool_call_id: 'c1' });
    const { messages } = fold;
    fold.add({ type: 'tool_call_args', chunk: '{', tool_call_id: 'c1' });
    expect(fold.messages).toBe(messages);
  });

  test('keeps arguments that are no JSON as they came', () => {
    expect(
      foldMessages([
        { type: 'tool_call_name', chunk: 'add', tool_call_id: 'c1' },
        { type: 'tool_call_args', chunk: '{"a":', tool_call_id: 'c1' },
      ]),
    ).toMatchObject([{ parts: [{ arguments: { _raw: '{"a":' } }] }]);
  });

  test('makes an attachment a part of its own each time', () => {
    const image = { type: 'image/png', content: 'iVBORw0KGgo=' };
    expect(
      foldMessages([{ type: 'attachment', attachment: image }, 'and', { type: 'attachment', attachment: image }]),
    ).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'attachment', attachment: image },
          { type: 'text', text: 'and' },
          { type: 'attachment', attachment: image },
        ],
      },
    ]);
  });

  test('begins anew at reset', () => {
    expect(foldMessages(['old', { type: 'reset' }, 'new'])).toEqual([
      { role: 'assistant', parts: [{ type: 'text', text: 'new' }] },
    ]);
  });

  test('keeps metadata under a key __proto__ as data', () => {
    const provider_metadata = JSON.parse('{"__proto__":{"polluted":true}}');
    const [message] = foldMessages([{ type: 'text', chunk: 'a', provider_metadata }]);
    expect(Object.keys(message!.parts[0]!.provider_metadata!)).toEqual(['__proto__']);
    expect({}).not.toHaveProperty('polluted');
  });

  test('names the part and the types that do not fit together', () => {
    const fold = new MessageFold();
    fold.add(text('a', 3));
    fold.add({ type: 'reasoning', chunk: 'b', part_index: 3, message_index: 0 });
    expect(() => fold.messages).toThrow('part 3 is text, but an event of type "reasoning" was sent for it');
    expect(fold.kept).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }]);
  });
});

describe('allocation', () => {
  test('gives every event of a part both indexes, and leaves one that has them the same object', () => {
    const allocate = createAllocator();
    expect(allocate('a')).toEqual({ type: 'text', chunk: 'a', part_index: 0, message_index: 0 });
    const numbered = text('b', 4);
    expect(allocate(numbered)).toBe(numbered);
    expect(allocate({ type: 'reasoning', chunk: 'c' })).toMatchObject({ part_index: 5 });
  });

  test('begins at 0 again after reset, and joins nothing to what was before', () => {
    const allocate = createAllocator();
    allocate('a');
    allocate({ type: 'tool_call_name', chunk: 'add', tool_call_id: 'c1' });
    allocate('b');
    allocate({ type: 'reset' });
    expect(allocate('c')).toMatchObject({ part_index: 0 });
    expect(allocate({ type: 'tool_call_args', chunk: '{}', tool_call_id: 'c1' })).toMatchObject({ part_index: 1 });
  });

  test('once done, filtering one kind away does not change how the rest assembles', () => {
    fc.assert(
      fc.property(partEvents, (raw) => {
        const events = raw.map(createAllocator());
        const without = foldMessages(events.filter(({ type }) => type !== 'reasoning'));
        const parts = (messages: ReturnType<typeof foldMessages>) =>
          messages.flatMap((message) => message.parts).filter(({ type }) => type !== 'reasoning');
        const sorted = (list: readonly unknown[]) => list.map((part) => JSON.stringify(part)).toSorted();
        expect(sorted(parts(without))).toEqual(sorted(parts(foldMessages(events))));
      }),
      { numRuns },
    );
  });
});
