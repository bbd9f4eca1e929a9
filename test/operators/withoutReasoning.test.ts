import * as fc from 'fast-check';
import { from } from 'rxjs';
import { foldMessages, type Message, type StreamEvent } from 'rxllm';
import { withoutReasoning } from 'rxllm/operators';
import { numRuns } from '../support/arbitraries.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';
import { interleavedRun, rawRun } from './arbitraryEvents.ts';

describe('withoutReasoning', () => {
  keepsOperatorLaws(() => withoutReasoning(), events.s, events.r, events.q, events.t, events.f);

  test(
    'drops reasoning and its part_end, and passes the rest',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-s-r-q-t-n-a-e-f-|', events);
      const subs = '                    ^----------------!';
      const result = '                  -s-----t-n-a-e-f-|';
      expectObservable(source.pipe(withoutReasoning())).toBe(result, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'knows the parts of a run that begins anew by their new indexes',
    marbles(({ cold, expectObservable }) => {
      const again = { ...events, t: { ...events.t, part_index: 0 } };
      const source = cold<StreamEvent>('-r-x-t-q-|', again);
      const result = '                  ---x-t-q-|';
      expectObservable(source.pipe(withoutReasoning())).toBe(result, again);
    }),
  );

  test('passes events as they are, also those of a type that it does not know', () => {
    const unknown = { type: 'video', chunk: '', part_index: 4, message_index: 0 } as StreamEvent & { type: 'video' };
    const { values } = record(from<StreamEvent[]>([unknown, events.t]).pipe(withoutReasoning()));
    expect(values[0]).toBe(unknown);
    expect(values[1]).toBe(events.t);
  });

  test('keeps raw text before and after reasoning in parts of its own', () => {
    const source = from<(StreamEvent | string)[]>(['a', { type: 'reasoning', chunk: 'Hm' }, 'b']);
    expect(record(source.pipe(withoutReasoning())).values).toEqual([
      { type: 'text', chunk: 'a', part_index: 0, message_index: 0 },
      { type: 'text', chunk: 'b', part_index: 2, message_index: 0 },
    ]);
  });

  test('never changes how the rest assembles', () => {
    fc.assert(
      fc.property(fc.oneof(rawRun, interleavedRun), (run) => {
        const shown: StreamEvent[] = [];
        from(run)
          .pipe(withoutReasoning())
          .subscribe((event) => shown.push(event));
        expect(foldMessages(shown)).toEqual(dropReasoning(foldMessages(run)));
      }),
      { numRuns },
    );
  });
});

function dropReasoning(messages: readonly Message[]): readonly Message[] {
  return messages
    .map(({ role, parts }) => ({ role, parts: parts.filter(({ type }) => type !== 'reasoning') }))
    .filter(({ parts }) => parts.length > 0);
}
