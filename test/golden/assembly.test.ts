// llm's rules of allocation and assembly, case by case.
import { from, lastValueFrom, toArray } from 'rxjs';
import { createAllocator, LlmError, type StreamEvent } from 'rxllm';
import { accumulateText, collectMessages, collectText, text } from 'rxllm/operators';
import { goldenCases, samePlaceholders, toEvents, type AssemblyCase } from '../support/golden.ts';
import { needs } from '../support/needs.ts';

const { describe } = needs('corpus');

describe('assembly', () => {
  test.each(goldenCases<AssemblyCase>('assembly'))('%s', async (_name, golden) => {
    const events$ = from(toEvents(golden.events));
    const emitted = golden.events.filter(
      (step): step is StreamEvent | string => typeof step === 'string' || 'type' in step,
    );

    const allocate = createAllocator();
    expect(emitted.map((event) => allocate(event))).toEqual(
      golden.part_indexes.map((part_index) => expect.objectContaining({ part_index })),
    );

    const strings$ = from(emitted.map(createAllocator()));
    expect(await lastValueFrom(strings$.pipe(text(), toArray()))).toEqual(golden.text_chunks);
    expect(await lastValueFrom(strings$.pipe(collectText()))).toBe(golden.text);
    expect(await lastValueFrom(strings$.pipe(accumulateText()), { defaultValue: '' })).toBe(golden.text);

    const messages = lastValueFrom(events$.pipe(collectMessages()));
    if (golden.error) await expect(messages).rejects.toThrow(LlmError);
    else samePlaceholders()(await messages, golden.messages);
  });
});
