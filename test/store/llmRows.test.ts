// Rows of `llm logs --json`: their keys, what stands in them, and how they become turns again.
import {
  assistant,
  system,
  toolMessage,
  user,
  type JsonObject,
  type LlmError,
  type Message,
  type ResponseJSON,
} from 'rxllm';
import { createLog, fromLlmRow, memoryAdapter, toLlmRow, type AppendOptions } from 'rxllm/store';
import { turnOf } from './turns.ts';

/** The row of a turn that was kept. */
async function rowOf(json: ResponseJSON, options?: AppendOptions, before: readonly ResponseJSON[] = []) {
  const log = createLog(memoryAdapter());
  for (const one of before) await log.append(one, options);
  await log.append(json, options);
  return toLlmRow((await log.turn(json.id!))!);
}

const call = { type: 'tool_call', name: 'add', arguments: { a: 1 }, tool_call_id: 'c1' } as const;
const result = { type: 'tool_result', name: 'add', output: '2', tool_call_id: 'c1' } as const;

/** A turn that has everything. */
const whole: ResponseJSON = {
  model: 'model-a',
  prompt: {
    messages: [
      system('Be brief.'),
      user('What is\n this?', { type: 'attachment', attachment: { type: 'image/png', content: 'AAECAw==' } }),
      user('And that?', { type: 'attachment', attachment: { url: 'https://example.com/a.pdf' } }),
    ],
    options: { temperature: 0.5 },
    system: 'Be brief.',
  },
  messages: [
    assistant({ type: 'reasoning', text: 'Hm' }, { type: 'reasoning', text: ', well' }, 'It is ', call),
    toolMessage({ ...result, exception: 'Error: no' }),
    assistant('a cat.'),
  ],
  id: '01kdvr2t000000000000000000',
  usage: { input: 10, output: 20, details: { cached: 5 } },
  datetime_utc: '2026-01-01T00:00:00+00:00',
};

const details: AppendOptions = {
  thread: '01kdvr00000000000000000000',
  resolved_model: 'model-a-2026',
  duration_ms: 1200,
  tools: ['add', 'sub'],
  schema: { type: 'object', properties: { name: { type: 'string' } } },
};

const row = {
  id: '01kdvr2t000000000000000000',
  model: 'model-a',
  resolved_model: 'model-a-2026',
  options_json: { temperature: 0.5 },
  conversation_id: '01kdvr00000000000000000000',
  duration_ms: 1200,
  datetime_utc: '2026-01-01T00:00:00+00:00',
  input_tokens: 10,
  output_tokens: 20,
  token_details: '{"cached":5}',
  conversation_name: 'And that?',
  conversation_model: 'model-a',
  schema_json: { type: 'object', properties: { name: { type: 'string' } } },
  prompt: 'What is\n this?\nAnd that?',
  system: 'Be brief.',
  response: 'It is a cat.',
  reasoning: 'Hm, well',
  prompt_json: null,
  response_json: null,
  prompt_fragments: [],
  system_fragments: [],
  tools: [{ name: 'add' }, { name: 'sub' }],
  tool_calls: [{ name: 'add', arguments: { a: 1 }, tool_call_id: 'c1' }],
  tool_results: [{ name: 'add', output: '2', tool_call_id: 'c1', exception: 'Error: no' }],
  attachments: [
    { type: 'image/png', path: null, url: null, content_length: 4 },
    { type: null, path: null, url: 'https://example.com/a.pdf', content_length: null },
  ],
} satisfies JsonObject;

/** Those of llm 0.32, in the order in which it writes them. */
const keys = [
  'id model resolved_model options_json conversation_id duration_ms datetime_utc input_tokens output_tokens',
  'token_details conversation_name conversation_model schema_json prompt system response reasoning prompt_json',
  'response_json prompt_fragments system_fragments tools tool_calls tool_results attachments',
].flatMap((line) => line.split(' '));

describe('toLlmRow', () => {
  test('has what the turn has', async () => {
    expect(await rowOf(whole, details)).toEqual(row);
  });

  test('has the keys of llm in their order, also where there is nothing to say', async () => {
    expect(Object.keys(await rowOf(whole, details))).toEqual(keys);
    const bare = await rowOf({ model: 'm', prompt: { messages: [] }, messages: [], id: 'bare' });
    expect(Object.keys(bare)).toEqual(keys);
    expect(bare).toEqual({
      ...Object.fromEntries(keys.map((key) => [key, null])),
      id: 'bare',
      model: 'm',
      options_json: {},
      conversation_id: 'bare',
      conversation_name: '',
      conversation_model: 'm',
      prompt: '',
      response: '',
      prompt_fragments: [],
      system_fragments: [],
      tools: [],
      tool_calls: [],
      tool_results: [],
      attachments: [],
    });
  });

  test('has of a history only what is new', async () => {
    const first = turnOf(1, {
      prompt: { messages: [system('Be brief.'), user('first')] },
      messages: [assistant(call)],
    });
    const history: readonly Message[] = [...first.prompt.messages, ...first.messages];
    const second = turnOf(2, { prompt: { messages: [...history, toolMessage(result), user('second')] } });
    expect(await rowOf(second, { thread: 't' }, [first])).toMatchObject({
      conversation_name: 'second',
      prompt: 'second',
      system: null,
      response: 'answer 2',
      tool_calls: [],
      tool_results: [{ name: 'add', output: '2', tool_call_id: 'c1', exception: null }],
    });
  });

  test('has the instructions among the messages where they stand there alone', async () => {
    const prompt = { messages: [system('Be ', 'brief.'), user('Hi')] };
    expect(await rowOf(turnOf(1, { prompt }))).toMatchObject({ system: 'Be brief.', prompt: 'Hi' });
  });
});

describe('fromLlmRow', () => {
  test('makes a turn with one prompt and one answer', () => {
    const { json, options } = fromLlmRow(row);
    expect(json).toEqual({
      model: 'model-a',
      prompt: {
        messages: [system('Be brief.'), user('What is\n this?\nAnd that?')],
        options: { temperature: 0.5 },
        system: 'Be brief.',
      },
      messages: [assistant({ type: 'reasoning', text: 'Hm, well' }, 'It is a cat.')],
      id: row.id,
      usage: { input: 10, output: 20 },
      datetime_utc: row.datetime_utc,
    });
    expect(options).toEqual({
      thread: row.conversation_id,
      resolved_model: 'model-a-2026',
      duration_ms: 1200,
      schema: row.schema_json,
    });
  });

  test('gives for the log what makes the same row, but for what a row cannot bring back', async () => {
    const { json, options } = fromLlmRow(row);
    const lost = { tools: [], tool_calls: [], tool_results: [], attachments: [], token_details: null };
    const name = { conversation_name: 'What is this? And that?' };
    expect(await rowOf(json, options)).toEqual({ ...row, ...lost, ...name });
  });

  test('makes of nothing nothing', () => {
    const bare = Object.fromEntries(keys.map((key) => [key, null]));
    expect(fromLlmRow({ ...bare, id: 'a', model: 'm' })).toEqual({
      json: { model: 'm', prompt: { messages: [] }, messages: [], id: 'a' },
      options: {},
    });
    const zero = { input_tokens: 0, duration_ms: 0, options_json: {}, schema_json: {} };
    expect(fromLlmRow({ id: 'a', model: 'm', ...zero })).toEqual({
      json: { model: 'm', prompt: { messages: [] }, messages: [], id: 'a', usage: { input: 0 } },
      options: { duration_ms: 0 },
    });
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['row', '"row"'],
    [[row], /^this is no row of llm logs --json: \[\{"id":"01kdvr2t.*…$/],
    [{ id: 'a' }, '{"id":"a"}; it has no id or no model'],
    [{ id: 7, model: 'm' }, '{"id":7,"model":"m"}; it has no id or no model'],
  ])('refuses %p', (given, why) => {
    const message = typeof why === 'string' ? `this is no row of llm logs --json: ${why}` : why;
    const refused = thrownBy(() => fromLlmRow(given));
    expect(refused).toMatchObject({ name: 'LlmError', code: 'invalid_input' });
    if (typeof message === 'string') expect(refused.message).toBe(message);
    else expect(refused.message).toMatch(message);
  });
});

function thrownBy(work: () => unknown): LlmError {
  try {
    work();
  } catch (error) {
    return error as LlmError;
  }
  throw new Error('nothing was thrown');
}
