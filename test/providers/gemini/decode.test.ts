// Answers of Gemini, chunk by chunk: what has a signature, tools of Google's, files, ends and usage.
import type { JsonObject, Part } from 'rxllm';
import { chunk, outcomeOfBody, outcomeOfChunks, stop, streamOf } from './chunks.ts';
import { own } from './sent.ts';

/** The parts of the message that chunks with one part each make. */
async function partsOf(...parts: readonly JsonObject[]): Promise<readonly Part[] | undefined> {
  const { messages, error } = await outcomeOfChunks([...parts.map((part) => chunk([part])), stop]);
  expect(error).toBeUndefined();
  return messages[0]?.parts;
}

describe('signatures', () => {
  test('keep a text with one apart from the texts around it', async () => {
    expect(await partsOf({ text: 'a' }, { text: 'b' }, { text: 'c', thoughtSignature: 'S' }, { text: 'd' })).toEqual([
      { type: 'text', text: 'ab' },
      { type: 'text', text: 'c', ...own({ thoughtSignature: 'S' }) },
      { type: 'text', text: 'd' },
    ]);
  });

  test('keep a thought with one apart from the thoughts around it', async () => {
    const thought = (text: string, more = {}) => ({ text, thought: true, ...more });
    expect(await partsOf(thought('a'), thought('b', { thoughtSignature: 'S' }), thought('c'), { text: 'd' })).toEqual([
      { type: 'reasoning', text: 'a', ...own({ thought: true }) },
      { type: 'reasoning', text: 'b', ...own({ thought: true, thoughtSignature: 'S' }) },
      { type: 'reasoning', text: 'c', ...own({ thought: true }) },
      { type: 'text', text: 'd' },
    ]);
  });

  test('that come with an empty text ride along on the part before', async () => {
    const empty = { text: '', thoughtSignature: 'S' };
    expect(await partsOf({ text: 'a' }, empty)).toEqual([{ type: 'text', text: 'a', ...own({ after: [empty] }) }]);
    expect(await partsOf({ text: 'a' }, empty, { text: '', thoughtSignature: 'T' }, { text: 'b' })).toEqual([
      { type: 'text', text: 'a', ...own({ after: [empty, { text: '', thoughtSignature: 'T' }] }) },
      { type: 'text', text: 'b' },
    ]);
    expect(await partsOf({ functionCall: { id: 'i', name: 'f', args: {} }, thoughtSignature: 'F' }, empty)).toEqual([
      {
        type: 'tool_call',
        name: 'f',
        arguments: {},
        tool_call_id: 'i',
        ...own({ thoughtSignature: 'F', after: [empty] }),
      },
    ]);
  });

  test('that come alone have a part of their own, the text that is missing added', async () => {
    expect(await partsOf({ thoughtSignature: 'S' })).toEqual([
      { type: 'reasoning', text: '', redacted: true, ...own({ after: [{ text: '', thoughtSignature: 'S' }] }) },
    ]);
  });

  test('that come after a file have a part of their own, marked', async () => {
    const empty = { text: '', thoughtSignature: 'S' };
    expect(await partsOf({ text: 'a' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }, empty)).toEqual([
      { type: 'reasoning', text: '', redacted: true, ...own({ after: [empty], last: true }) },
      { type: 'text', text: 'a' },
      { type: 'attachment', attachment: { type: 'image/png', content: 'AAAA' } },
    ]);
  });
});

describe('function calls', () => {
  test('have the id that Gemini gives, or one that says that it was made', async () => {
    const call = (name: string, more = {}) => ({ functionCall: { name, args: { x: 1 }, ...more } });
    expect(await partsOf(call('f', { id: 'a' }), call('f'), { ...call('g'), thoughtSignature: 'S' })).toEqual([
      { type: 'tool_call', name: 'f', arguments: { x: 1 }, tool_call_id: 'a' },
      {
        type: 'tool_call',
        name: 'f',
        arguments: { x: 1 },
        tool_call_id: 'tc_r1_1',
        provider_metadata: { rxllm: { synthetic_id: true } },
      },
      {
        type: 'tool_call',
        name: 'g',
        arguments: { x: 1 },
        tool_call_id: 'tc_r1_2',
        provider_metadata: { gemini: { thoughtSignature: 'S' }, rxllm: { synthetic_id: true } },
      },
    ]);
  });

  test('end at once when they come whole', async () => {
    const { events } = await outcomeOfChunks([chunk([{ functionCall: { id: 'a', name: 'f' } }, { text: 'b' }]), stop]);
    expect(events.map(({ type }) => type)).toEqual([
      'start',
      'tool_call_name',
      'part_end',
      'text',
      'part_end',
      'finish',
    ]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls', raw_reason: 'STOP' });
  });

  test('that the server answers are the server’s, by their ids or their names', async () => {
    const response = (name: string, id?: string) => ({
      functionResponse: { ...(id && { id }), name, response: { y: 1 } },
    });
    const [a, b] = [
      { functionCall: { id: 'a', name: 'f' } },
      { functionCall: { name: 'f', args: {} }, thoughtSignature: 'S' },
    ];
    const parts = await partsOf(a, b, response('f', 'a'), response('f'), { text: 'done' });
    expect(parts).toEqual([
      { type: 'tool_call', name: 'f', arguments: {}, tool_call_id: 'a', server_executed: true, ...own({ part: a }) },
      {
        type: 'tool_call',
        name: 'f',
        arguments: {},
        tool_call_id: 'tc_r1_1',
        server_executed: true,
        provider_metadata: { gemini: { thoughtSignature: 'S', part: b }, rxllm: { synthetic_id: true } },
      },
      {
        type: 'tool_result',
        name: 'f',
        output: '{"y":1}',
        tool_call_id: 'a',
        server_executed: true,
        ...own({ part: response('f', 'a') }),
      },
      {
        type: 'tool_result',
        name: 'f',
        output: '{"y":1}',
        tool_call_id: 'tc_r1_1',
        server_executed: true,
        ...own({ part: response('f') }),
      },
      { type: 'text', text: 'done' },
    ]);
  });
});

describe('tools that Google runs', () => {
  test('are calls and results with the part as it came', async () => {
    const code = { executableCode: { language: 'PYTHON', code: 'print(1)' }, thoughtSignature: 'S' };
    const ran = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } };
    expect(await partsOf(code, ran)).toEqual([
      {
        type: 'tool_call',
        name: 'code_execution',
        arguments: { language: 'PYTHON', code: 'print(1)' },
        tool_call_id: 'tc_r1_0',
        server_executed: true,
        provider_metadata: { gemini: { part: code }, rxllm: { synthetic_id: true } },
      },
      {
        type: 'tool_result',
        name: 'code_execution',
        output: '1\n',
        tool_call_id: 'tc_r1_0',
        server_executed: true,
        ...own({ part: ran }),
      },
    ]);
  });

  test('have the names and ids that Gemini 3 gives them', async () => {
    const call = {
      toolCall: { id: 's1', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['a'] } },
      thoughtSignature: 'S',
    };
    const response = { toolResponse: { id: 's1', toolType: 'GOOGLE_SEARCH_WEB', response: { found: [1] } } };
    const marks = { tool_call_id: 's1', server_executed: true };
    expect(await partsOf(call, response)).toEqual([
      { type: 'tool_call', name: 'google_search_web', arguments: { queries: ['a'] }, ...marks, ...own({ part: call }) },
      { type: 'tool_result', name: 'google_search_web', output: '{"found":[1]}', ...marks, ...own({ part: response }) },
    ]);
  });

  test('leave the finish reason alone', async () => {
    const { events } = await outcomeOfChunks([chunk([{ executableCode: { language: 'PYTHON', code: '1' } }]), stop]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', raw_reason: 'STOP' });
  });

  test('of a kind that is not known ride along on the part before', async () => {
    const unknown = { newThing: { x: 1 }, thoughtSignature: 'S' };
    expect(await partsOf({ text: 'a' }, unknown)).toEqual([{ type: 'text', text: 'a', ...own({ after: [unknown] }) }]);
  });
});

describe('files', () => {
  test('are attachments with their signature, and with a mark when they were only thought of', async () => {
    const data = { mimeType: 'image/png', data: 'AAAA' };
    expect(
      await partsOf(
        { inlineData: data, thought: true },
        { inlineData: data, thoughtSignature: 'S' },
        {
          fileData: { mimeType: 'video/mp4', fileUri: 'gs://b/v.mp4' },
        },
      ),
    ).toEqual([
      { type: 'attachment', attachment: { type: 'image/png', content: 'AAAA' }, ...own({ thought: true }) },
      { type: 'attachment', attachment: { type: 'image/png', content: 'AAAA' }, ...own({ thoughtSignature: 'S' }) },
      { type: 'attachment', attachment: { type: 'video/mp4', url: 'gs://b/v.mp4' } },
    ]);
  });
});

describe('what is said about the text', () => {
  test('stands on the last text, the last of each kind', async () => {
    const { messages } = await outcomeOfChunks([
      chunk([{ text: 'a' }], { groundingMetadata: {}, citationMetadata: { citationSources: [1] } }),
      chunk([{ functionCall: { id: 'i', name: 'f' } }, { text: 'b' }], {
        groundingMetadata: { webSearchQueries: ['q'] },
        urlContextMetadata: { urlMetadata: [] },
        logprobsResult: { chosenCandidates: [{ token: 'a' }], topCandidates: [] },
      }),
      chunk([], {
        finishReason: 'STOP',
        groundingMetadata: { groundingChunks: [1] },
        citationMetadata: { citationSources: [1, 2] },
        logprobsResult: { chosenCandidates: [{ token: 'b' }], topCandidates: [{ candidates: [] }] },
        avgLogprobs: -0.5,
        safetyRatings: [{ category: 'C' }],
        finishMessage: 'ok',
      }),
    ]);
    expect(messages[0]?.parts.at(-1)).toEqual({
      type: 'text',
      text: 'b',
      ...own({
        groundingMetadata: { webSearchQueries: ['q'], groundingChunks: [1] },
        citationMetadata: { citationSources: [1, 2] },
        urlContextMetadata: { urlMetadata: [] },
        avgLogprobs: -0.5,
        logprobsResult: { topCandidates: [{ candidates: [] }], chosenCandidates: [{ token: 'a' }, { token: 'b' }] },
      }),
    });
    expect(messages[0]?.parts[0]).toEqual({ type: 'text', text: 'a' });
  });

  test('leaves no mark when nothing is said', async () => {
    const { events } = await outcomeOfChunks([chunk([{ text: 'a' }], { groundingMetadata: {} }), stop]);
    expect(JSON.stringify(events)).not.toContain('provider_metadata');
  });

  test('tells why the answer was broken off', async () => {
    const safetyRatings = [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'HIGH', blocked: true }];
    const { messages } = await outcomeOfChunks([
      chunk([{ text: 'a' }], { finishReason: 'SAFETY', safetyRatings, finishMessage: 'Unsafe.' }),
    ]);
    expect(messages[0]?.parts).toEqual([
      { type: 'text', text: 'a', ...own({ finishMessage: 'Unsafe.', safetyRatings }) },
    ]);
  });
});

describe('the end', () => {
  test.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['CONTINUATION', 'length'],
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['BLOCKLIST', 'content_filter'],
    ['PROHIBITED_CONTENT', 'content_filter'],
    ['SPII', 'content_filter'],
    ['IMAGE_SAFETY', 'content_filter'],
    ['MALFORMED_FUNCTION_CALL', 'error'],
    ['UNEXPECTED_TOOL_CALL', 'error'],
    ['LANGUAGE', 'other'],
    ['NO_IMAGE', 'other'],
    ['SOMETHING_NEW', 'other'],
  ])('%s is %s', async (finishReason, reason) => {
    const { events } = await outcomeOfChunks([chunk([{ text: 'a' }], { finishReason })]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason, raw_reason: finishReason });
  });

  test('is the length also when there are calls', async () => {
    const call = { functionCall: { id: 'i', name: 'f' } };
    const { events } = await outcomeOfChunks([chunk([call], { finishReason: 'MAX_TOKENS' })]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'length', raw_reason: 'MAX_TOKENS' });
  });

  test('of a prompt that was refused says why', async () => {
    const { events, messages } = await outcomeOfChunks([{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }]);
    expect(messages).toEqual([]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'content_filter', raw_reason: 'PROHIBITED_CONTENT' });
  });

  test('without a finish reason is no end', async () => {
    const unspecified = { finishReason: 'FINISH_REASON_UNSPECIFIED' };
    for (const candidate of [{}, unspecified]) {
      const { error } = await outcomeOfChunks([chunk([{ text: 'a' }], candidate)]);
      expect(error).toMatchObject({ code: 'truncated', retryable: true });
      expect(error?.partial?.messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }]);
    }
  });

  test('leaves out other candidates than the first', async () => {
    const other = { candidates: [{ index: 1, content: { parts: [{ text: 'other' }] }, finishReason: 'SAFETY' }] };
    const { messages, events } = await outcomeOfChunks([
      other,
      chunk([{ text: 'a' }], { finishReason: 'STOP' }),
      other,
    ]);
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'a' }]);
    expect(events.at(-1)).toMatchObject({ reason: 'stop' });
  });
});

describe('usage', () => {
  const usageMetadata = {
    promptTokenCount: 10,
    candidatesTokenCount: 20,
    thoughtsTokenCount: 30,
    cachedContentTokenCount: 5,
    totalTokenCount: 60,
  };

  test('is passed on as it comes, with thinking apart', async () => {
    const { events } = await outcomeOfChunks([
      chunk([{ text: 'a' }], {}, { usageMetadata: { trafficType: 'ON_DEMAND' } }),
      chunk([{ text: 'b' }], { finishReason: 'STOP' }, { usageMetadata }),
    ]);
    expect(events.filter(({ type }) => type === 'usage')).toEqual([
      { type: 'usage', usage: { input: 10, output: 20, details: { reasoning: 30, cached: 5, raw: usageMetadata } } },
    ]);
  });

  test('says by a redacted part that it thought when it does not show it', async () => {
    const { messages } = await outcomeOfChunks([chunk([{ text: 'a' }], { finishReason: 'STOP' }, { usageMetadata })]);
    expect(messages[0]?.parts).toEqual([
      { type: 'reasoning', text: '', redacted: true },
      { type: 'text', text: 'a' },
    ]);
  });
});

test('the model that answered is that of the response', async () => {
  const { events } = await outcomeOfChunks([chunk([{ text: 'a' }], { finishReason: 'STOP' })]);
  expect(events[0]).toMatchObject({ type: 'start', model: 'gemini-3-test', resolved_model: 'gemini-3-test' });
});

test('a chunk without a candidate, a content or a part says nothing', async () => {
  const empty = [
    {},
    { candidates: [] },
    { candidates: [{ index: 0 }] },
    { candidates: [{ content: {} }] },
    chunk([{}]),
  ];
  const { messages, error } = await outcomeOfChunks([...empty, chunk([{ text: 'a' }], { finishReason: 'STOP' })]);
  expect(error).toBeUndefined();
  expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'a' }]);
});

test('raw events come before what is made of them', async () => {
  const first = chunk([{ text: 'a' }]);
  const { events } = await outcomeOfBody(streamOf([first, stop]), { raw: true });
  expect(events.slice(0, 2)).toEqual([expect.objectContaining({ type: 'start' }), { type: 'raw', payload: first }]);
});
