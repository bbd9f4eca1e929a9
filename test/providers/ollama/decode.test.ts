// Streams written by hand: what the recordings have no case of.
import type { StreamEvent } from 'rxllm';
import { ollama } from 'rxllm/ollama';
import { outcomeOf } from '../../support/outcome.ts';
import { fetchOf } from '../../support/servers.ts';
import { done, encode, line, outcomeOfBytes, outcomeOfLines, streamOf } from './lines.ts';

const finishOf = ({ events }: { events: readonly StreamEvent[] }) => events.at(-1);
const call = (name: string, args: unknown, id?: string) => ({
  ...(id !== undefined && { id }),
  function: { name, arguments: args },
});

describe('an Ollama stream', () => {
  test('gives thinking, text and whole calls, each a part of its own that ends', async () => {
    const { events, messages } = await outcomeOfLines(
      line({ thinking: 'H' }),
      line({ thinking: 'm' }),
      line({ content: 'Let ' }),
      line({ content: 'me' }),
      line({ tool_calls: [call('f', { x: 1 }, 'call_1'), call('g', {}, 'call_2')] }),
      done('stop', { prompt_eval_count: 3, eval_count: 4, eval_duration: 5, total_duration: 6 }),
    );
    expect(events.slice(1)).toEqual([
      { type: 'reasoning', chunk: 'H', part_index: 0, message_index: 0 },
      { type: 'reasoning', chunk: 'm', part_index: 0, message_index: 0 },
      { type: 'part_end', part_index: 0 },
      { type: 'text', chunk: 'Let ', part_index: 1, message_index: 0 },
      { type: 'text', chunk: 'me', part_index: 1, message_index: 0 },
      { type: 'part_end', part_index: 1 },
      { type: 'tool_call_name', chunk: 'f', part_index: 2, message_index: 0, tool_call_id: 'call_1' },
      { type: 'tool_call_args', chunk: '{"x":1}', part_index: 2, message_index: 0, tool_call_id: 'call_1' },
      { type: 'part_end', part_index: 2 },
      { type: 'tool_call_name', chunk: 'g', part_index: 3, message_index: 0, tool_call_id: 'call_2' },
      { type: 'tool_call_args', chunk: '{}', part_index: 3, message_index: 0, tool_call_id: 'call_2' },
      { type: 'part_end', part_index: 3 },
      {
        type: 'usage',
        usage: {
          input: 3,
          output: 4,
          details: { raw: { prompt_eval_count: 3, eval_count: 4, eval_duration: 5, total_duration: 6 } },
        },
      },
      { type: 'finish', reason: 'tool_calls', raw_reason: 'stop' },
    ]);
    expect(messages[0]?.parts.map((part) => part.type)).toEqual(['reasoning', 'text', 'tool_call', 'tool_call']);
    expect(events[0]).toMatchObject({ type: 'start', resolved_model: 'served' });
  });

  test('gives calls without an id one that differs from answer to answer, and is the same for the same bytes', async () => {
    const lines = [line({ tool_calls: [call('f', {}), call('f', {})] }), done()];
    const ids = async (given: readonly object[]) =>
      (await outcomeOfLines(...given)).messages[0]?.parts.map((part) => [
        'tool_call_id' in part && part.tool_call_id,
        part.provider_metadata,
      ]);
    const mark = { rxllm: { synthetic_id: true } };
    expect(await ids(lines)).toEqual([
      ['tc_20260102T030405678Z_0', mark],
      ['tc_20260102T030405678Z_1', mark],
    ]);
    const later = lines.map((item) => ({ ...item, created_at: '2026-01-02T03:04:06Z' }));
    expect((await ids(later))?.[0]?.[0]).toBe('tc_20260102T030406Z_0');
  });

  test.each<[string, boolean, string]>([
    ['stop', false, 'stop'],
    ['stop', true, 'tool_calls'],
    ['length', false, 'length'],
    ['length', true, 'length'],
    ['load', false, 'other'],
    ['unload', false, 'other'],
  ])('that is done because of "%s" (calls: %p) finishes with %s', async (raw_reason, hasCalls, reason) => {
    const lines = hasCalls ? [line({ tool_calls: [call('f', {}, 'a')] })] : [];
    expect(finishOf(await outcomeOfLines(...lines, done(raw_reason)))).toEqual({ type: 'finish', reason, raw_reason });
  });

  test('that is done for no reason finishes with unknown', async () => {
    expect(finishOf(await outcomeOfLines(line({ content: 'a' }, { done: true })))).toEqual({
      type: 'finish',
      reason: 'unknown',
    });
  });

  test('gives images that the model made', async () => {
    const { messages } = await outcomeOfLines(
      line({ content: 'Here', images: ['iVBORw0KGgoAAAA='] }),
      line({ content: 'it is' }),
      done(),
    );
    expect(messages[0]?.parts).toEqual([
      { type: 'text', text: 'Here' },
      { type: 'attachment', attachment: { type: 'image/png', content: 'iVBORw0KGgoAAAA=' } },
      { type: 'text', text: 'it is' },
    ]);
  });

  test('keeps log probabilities on the part whose tokens they are of', async () => {
    const entry = (token: string) => ({ token, logprob: -0.5 });
    const { messages } = await outcomeOfLines(
      line({ thinking: 'H' }, { logprobs: [entry('H')] }),
      line({ content: 'a' }, { logprobs: [entry('a')] }),
      line({}, { logprobs: [entry('b')] }),
      line({ content: 'bc' }, { logprobs: [entry('c')] }),
      done(),
    );
    expect(messages[0]?.parts).toEqual([
      { type: 'reasoning', text: 'H', provider_metadata: { ollama: { logprobs: [entry('H')] } } },
      { type: 'text', text: 'abc', provider_metadata: { ollama: { logprobs: ['a', 'b', 'c'].map(entry) } } },
    ]);
  });

  test('is truncated when it ends before it is done, and keeps what had come', async () => {
    const { error, messages } = await outcomeOfLines(line({ content: 'a' }));
    expect(error).toMatchObject({ code: 'truncated', retryable: true });
    expect(messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }]);
  });

  test.each(['', '\n\n'])('that holds nothing is truncated (%j)', async (text) => {
    expect((await outcomeOfBytes([encode(text)])).error?.code).toBe('truncated');
  });

  test('that breaks off with an error is a provider_error, with what had come', async () => {
    const { error, messages } = await outcomeOfLines(line({ content: 'a' }), { error: 'an error was encountered' });
    expect(error).toMatchObject({ code: 'provider_error', cause: { error: 'an error was encountered' } });
    expect(error?.message).toContain('an error was encountered');
    expect(messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }]);
  });

  test('is over when it is done: what follows changes nothing', async () => {
    const { error, events } = await outcomeOfLines(
      line({ content: 'a' }),
      done(),
      { error: 'late' },
      line({ content: 'b' }),
    );
    expect([error, events.filter((event) => event.type === 'text').length]).toEqual([undefined, 1]);
  });

  test('that is any JSON gives an answer or an error of ours', async () => {
    const odd = [null, 1, 'x', [], {}, [null], [1], [{}], { function: null }, [{ function: { name: 1 } }]];
    for (const value of odd) {
      const strange = { model: value, created_at: value, logprobs: value, eval_count: value, done_reason: value };
      const message = { thinking: value, content: value, images: value, tool_calls: value };
      const { error } = await outcomeOfLines({ ...strange, message }, { message: value }, { ...done(), ...strange });
      expect([undefined, 'bad_response']).toContain(error?.code);
    }
  });

  test('hands over each line as it came when raw events are wanted', async () => {
    const lines = [line({ content: 'a' }), done()];
    const model = ollama({
      model: 'm',
      maxRetries: 0,
      fetch: fetchOf([encode(streamOf(lines))], 'application/x-ndjson'),
    });
    const { events } = await outcomeOf(model, { raw: true });
    expect(events.flatMap((event) => (event.type === 'raw' ? [event.payload] : []))).toEqual(lines);
  });

  test('is read from one document when nothing is streamed', async () => {
    const whole = line(
      { thinking: 'Hm', content: 'a', tool_calls: [call('f', {}, 'x')] },
      { done: true, done_reason: 'stop' },
    );
    for (const text of [JSON.stringify(whole), `${JSON.stringify(whole)}\n`]) {
      const { messages, events } = await outcomeOfBytes([encode(text)], 'application/json; charset=utf-8');
      expect(messages[0]?.parts).toEqual([
        { type: 'reasoning', text: 'Hm' },
        { type: 'text', text: 'a' },
        { type: 'tool_call', name: 'f', arguments: {}, tool_call_id: 'x' },
      ]);
      expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls', raw_reason: 'stop' });
    }
  });
});
