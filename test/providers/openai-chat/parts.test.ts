// Text, refusals, reasoning in its many spellings, and what providers say about them.
import type { Part } from 'rxllm';
import { call, delta, done, finish, outcomeOfChunks } from './chunks.ts';

async function partsOf(...chunks: readonly (object | string)[]): Promise<readonly Part[]> {
  const { messages, error } = await outcomeOfChunks(...chunks, finish('stop'), done);
  expect(error).toBeUndefined();
  return messages.flatMap(({ parts }) => parts);
}

const openai = (data: object) => ({ provider_metadata: { openai: data } });
const encrypted = { type: 'reasoning.encrypted', data: 'ABC', index: 0, id: 'rs_1' };

describe('text of Chat Completions', () => {
  test('is one part, however it comes', async () => {
    expect(
      await partsOf(delta({ content: 'a' }), delta({ content: '' }), delta({ content: [{ type: 'text', text: 'b' }] })),
    ).toEqual([{ type: 'text', text: 'ab' }]);
  });

  test('is a new part after reasoning or a call', async () => {
    const parts = await partsOf(
      delta({ content: 'a' }),
      delta({ reasoning: 'hm' }),
      delta({ content: 'b' }),
      call({ index: 0, id: 'c', function: { name: 'f' } }),
      delta({ content: 'c' }),
    );
    expect(parts.map((part) => part.type)).toEqual(['text', 'reasoning', 'text', 'tool_call', 'text']);
  });

  test('that refuses is a part of its own, marked', async () => {
    expect(await partsOf(delta({ content: 'Hm. ' }), delta({ refusal: 'I ' }), delta({ refusal: 'cannot' }))).toEqual([
      { type: 'text', text: 'Hm. ' },
      { type: 'text', text: 'I cannot', ...openai({ refusal: true }) },
    ]);
  });

  test('keeps what the provider says about it, also what comes before and after it', async () => {
    const { messages, events } = await outcomeOfChunks(
      delta({ annotations: [{ url: 1 }] }),
      { ...delta({ content: 'a' }, { logprobs: { content: [{ token: 'a' }] } }), citations: ['x'] },
      { ...delta({ content: 'b' }, { logprobs: { content: [{ token: 'b' }], refusal: null } }), citations: ['x', 'y'] },
      finish('stop'),
      { ...delta({ annotations: [{ url: 2 }] }), search_results: [{ title: 't' }] },
      done,
    );
    const said = {
      annotations: [{ url: 1 }, { url: 2 }],
      citations: ['x', 'y'],
      logprobs: [{ token: 'a' }, { token: 'b' }],
      search_results: [{ title: 't' }],
    };
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'ab', ...openai(said) }]);
    // Once, at the end: sent with every chunk it would grow with the square of the response.
    expect(events.filter((event) => 'provider_metadata' in event)).toHaveLength(1);
  });

  test('keeps it with the part that it was said about', async () => {
    const parts = await partsOf(
      delta({ annotations: [{ url: 1 }] }),
      delta({ content: 'a' }),
      call({ index: 0, id: 'c', function: { name: 'f' } }),
      delta({ content: 'b', annotations: [{ url: 2 }] }),
    );
    expect(parts.filter((part) => part.type === 'text')).toEqual([
      { type: 'text', text: 'a', ...openai({ annotations: [{ url: 1 }] }) },
      { type: 'text', text: 'b', ...openai({ annotations: [{ url: 2 }] }) },
    ]);
  });

  test('of choices other than the first is left out', async () => {
    expect(
      await partsOf(delta({ content: 'a' }), delta({ content: 'other' }, { index: 1, finish_reason: 'stop' })),
    ).toEqual([{ type: 'text', text: 'a' }]);
  });

  test('is the delta, not the message beside it', async () => {
    expect(
      await partsOf(
        delta({ content: 'a' }, { message: { content: 'a' } }),
        delta({ content: 'b' }, { message: { content: 'ab' } }),
      ),
    ).toEqual([{ type: 'text', text: 'ab' }]);
  });

  test('goes with images that the model makes, each a part of its own', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } };
    expect(await partsOf(delta({ content: 'a' }), delta({ images: [image] }), delta({ content: 'b' }))).toEqual([
      { type: 'text', text: 'a' },
      { type: 'attachment', attachment: { type: 'image/png', content: 'iVBORw0KGgo=' } },
      { type: 'text', text: 'b' },
    ]);
  });
});

describe('reasoning of Chat Completions', () => {
  test.each(['reasoning_content', 'reasoning'])('comes as %s, which is remembered', async (field) => {
    expect(await partsOf(delta({ [field]: 'a' }), delta({ [field]: 'b' }), delta({ content: 'c' }))).toEqual([
      { type: 'reasoning', text: 'ab', ...openai({ reasoning_field: field }) },
      { type: 'text', text: 'c' },
    ]);
  });

  test('comes as thinking in the content (Mistral)', async () => {
    const think = (text: string) => delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] });
    expect(await partsOf(think('a'), think('b'), delta({ content: 'c' }))).toEqual([
      { type: 'reasoning', text: 'ab', ...openai({ reasoning_field: 'thinking' }) },
      { type: 'text', text: 'c' },
    ]);
  });

  test('is not doubled when it comes under two names', async () => {
    expect(await partsOf(delta({ reasoning: 'a', reasoning_content: 'a' }))).toMatchObject([
      { type: 'reasoning', text: 'a' },
    ]);
  });

  test('is not doubled by its details, whose pieces are joined', async () => {
    const detail = (text: string, more = {}) => ({ type: 'reasoning.text', index: 0, text, ...more });
    const parts = await partsOf(
      delta({ reasoning: 'a', reasoning_details: [detail('a')] }),
      delta({ reasoning: 'b', reasoning_details: [detail('b')] }),
      delta({ reasoning_details: [{ type: 'reasoning.text', index: 0, signature: 'S' }] }),
      delta({ content: 'c' }),
    );
    const details = [{ type: 'reasoning.text', index: 0, text: 'ab', signature: 'S' }];
    expect(parts[0]).toEqual({
      type: 'reasoning',
      text: 'ab',
      ...openai({ reasoning_field: 'reasoning', reasoning_details: details }),
    });
  });

  test.each([
    ['text', 'reasoning.text'],
    ['summary', 'reasoning.summary'],
  ])('comes as %s of details alone', async (key, type) => {
    expect(await partsOf(delta({ content: '', reasoning_details: [{ type, [key]: 'a', index: 0 }] }))).toEqual([
      { type: 'reasoning', text: 'a', ...openai({ reasoning_details: [{ type, [key]: 'a', index: 0 }] }) },
    ]);
  });

  test.each([
    ['before', [delta({ reasoning_details: [encrypted] }), delta({ content: 'a' })]],
    ['after', [delta({ content: 'a' }), delta({ reasoning_details: [encrypted] })]],
    [
      'within',
      [delta({ content: 'a' }), delta({ content: '', reasoning_details: [encrypted] }), delta({ content: '' })],
    ],
  ])('that is only encrypted is a redacted part when it comes %s the text', async (_, chunks) => {
    expect(await partsOf(...chunks)).toEqual([
      { type: 'reasoning', text: '', redacted: true, ...openai({ reasoning_details: [encrypted] }) },
      { type: 'text', text: 'a' },
    ]);
  });

  test('does not cut the text in two when it comes encrypted in the middle', async () => {
    const parts = await partsOf(
      delta({ content: 'a' }),
      delta({ reasoning_details: [encrypted] }),
      delta({ content: 'b' }),
    );
    expect(parts.map((part) => (part.type === 'text' ? part.text : part.type))).toEqual(['reasoning', 'ab']);
  });

  test('keeps encrypted details that come after the answer has begun', async () => {
    const parts = await partsOf(
      delta({ reasoning: 'a' }),
      delta({ content: 'b' }),
      delta({ reasoning_details: [encrypted] }),
    );
    expect(parts).toMatchObject([
      { type: 'reasoning', text: 'a', ...openai({ reasoning_field: 'reasoning', reasoning_details: [encrypted] }) },
      { type: 'text', text: 'b' },
    ]);
    expect(parts[0]).not.toHaveProperty('redacted');
  });

  test('that was only counted is an empty redacted part', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 7 } };
    expect(await partsOf(delta({ content: 'a' }), { choices: [], usage })).toEqual([
      { type: 'reasoning', text: '', redacted: true },
      { type: 'text', text: 'a' },
    ]);
    expect(await partsOf(delta({ reasoning: 'r' }), { choices: [], usage })).toHaveLength(1);
  });
});

describe('what Chat Completions say beside the parts', () => {
  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool_calls', 'tool_calls'],
    ['function_call', 'tool_calls'],
    ['content_filter', 'content_filter'],
    ['error', 'error'],
    ['eos', 'other'],
  ])('finish reason %s means %s', async (raw, reason) => {
    const { events } = await outcomeOfChunks(delta({ content: 'a' }), finish(raw), done);
    expect(events.at(-1)).toEqual({ type: 'finish', reason, raw_reason: raw });
  });

  test('no finish reason but the end marker means unknown', async () => {
    const { events, error } = await outcomeOfChunks(delta({ content: 'a' }), done);
    expect([error, events.at(-1)]).toEqual([undefined, { type: 'finish', reason: 'unknown' }]);
  });

  test.each([
    ['usage', { usage: { prompt_tokens: 1, completion_tokens: 2 } }],
    ['x_groq', { x_groq: { usage: { prompt_tokens: 1, completion_tokens: 2 } } }],
    ['a choice', { choices: [{ delta: {}, usage: { prompt_tokens: 1, completion_tokens: 2 } }] }],
  ])('usage comes in %s', async (_, chunk) => {
    const { events } = await outcomeOfChunks({ choices: [], ...chunk }, finish('stop'));
    const raw = { prompt_tokens: 1, completion_tokens: 2 };
    expect(events).toContainEqual({ type: 'usage', usage: { input: 1, output: 2, details: { raw } } });
  });

  test.each([
    [{ prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 4 } }, { cached: 3, cache_write: 4 }],
    [{ cached_tokens: 3 }, { cached: 3 }],
    [{ prompt_cache_hit_tokens: 3 }, { cached: 3 }],
    [{ cache_creation_input_tokens: 4 }, { cache_write: 4 }],
    [{ completion_tokens_details: { reasoning_tokens: 5 } }, { reasoning: 5 }],
    [{ completion_tokens_details: null, prompt_tokens: null }, {}],
  ])('usage %j has details %j', async (usage, details) => {
    const { events } = await outcomeOfChunks({ choices: [], usage }, finish('stop'));
    expect(events.find((event) => event.type === 'usage')?.usage).toEqual({ details: { ...details, raw: usage } });
  });

  test('the model that was used is in the start', async () => {
    const filter = { id: '', model: '', choices: [], prompt_filter_results: [] };
    const { events } = await outcomeOfChunks(filter, delta({ content: 'a' }), finish('stop'));
    expect(events[0]).toMatchObject({ type: 'start', model: 'm', resolved_model: 'served' });
  });
});
