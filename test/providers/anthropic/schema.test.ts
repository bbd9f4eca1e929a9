// Structured output: by the API's own format where the model and the schema allow it, else by a tool.
import type { JsonObject, JsonSchema, PromptOptions } from 'rxllm';
import { block, end, json, outcomeOfEvents, start, text } from './events.ts';
import { sent, useServer } from './sent.ts';

useServer();

const dog = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
const map = { type: 'object', additionalProperties: { type: 'string' } };
const tool = (schema: object) => ({
  name: 'output_structured_data',
  description: 'Give the answer by calling this tool.',
  input_schema: schema,
});

async function asked(model: string, schema: JsonSchema, more: PromptOptions = {}): Promise<JsonObject> {
  const { json: body } = await sent({ schema, ...more }, { model });
  const { output_config, tools, tool_choice, thinking } = body as JsonObject;
  return JSON.parse(JSON.stringify({ output_config, tools, tool_choice, thinking })) as JsonObject;
}

describe('a schema', () => {
  test.each(['claude-sonnet-4-5', 'claude-opus-4-1', 'claude-haiku-4-5-20251001', 'claude-opus-4-8'])(
    'is the format of the answer of %s',
    async (model) => {
      expect(await asked(model, dog)).toEqual({
        output_config: { format: { type: 'json_schema', schema: { ...dog, additionalProperties: false } } },
      });
    },
  );

  test('stands beside the effort', async () => {
    expect(await asked('claude-opus-4-8', dog, { options: { reasoning_effort: 'low' } })).toMatchObject({
      output_config: { effort: 'low', format: {} },
    });
  });

  test.each(['claude-3-5-sonnet-20241022', 'claude-sonnet-4-20250514', 'deepseek-chat'])(
    'is a tool that %s has to call',
    async (model) => {
      expect(await asked(model, dog)).toEqual({
        tools: [tool(dog)],
        tool_choice: { type: 'tool', name: 'output_structured_data' },
      });
    },
  );

  test('is one of the tools that may be called, where there are others', async () => {
    expect(await asked('deepseek-chat', dog, { tools: [{ name: 'f' }] })).toMatchObject({
      tools: [{ name: 'f' }, { name: 'output_structured_data' }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
  });

  test('is a tool that is not forced on a model that thinks', async () => {
    const thinking = await asked('deepseek-chat', dog, { options: { reasoning_effort: 'low' } });
    expect([thinking.tools, thinking.tool_choice]).toEqual([[tool(dog)], undefined]);
    expect((await asked('claude-opus-5', map)).tool_choice).toBeUndefined();
    // It cannot stop thinking, and refuses what the other takes.
    const none = { options: { reasoning_effort: 'none' } };
    expect((await asked('claude-fable-5-1', map, none)).tool_choice).toBeUndefined();
    expect((await asked('claude-opus-5', map, none)).tool_choice).toBeDefined();
  });

  test.each<[string, JsonSchema]>([
    ['a map', map],
    ['an object of any fields', { type: 'object' }],
    ['an open object', { ...dog, additionalProperties: true }],
    ['a map within', { type: 'object', properties: { of: { type: 'array', items: map } } }],
    ['names by pattern', { ...dog, patternProperties: { '^x': { type: 'string' } } }],
    ['anything', { type: 'object', properties: { any: {} } }],
    ['anything by true', { type: 'object', properties: { any: true } }],
    ['a tree', { type: 'object', properties: { child: { $ref: '#' } } }],
    [
      'a tree by a name',
      {
        $ref: '#/$defs/tree',
        $defs: { tree: { type: 'object', properties: { child: { $ref: '#/$defs/tree' } } } },
      },
    ],
    ['a reference that leads nowhere', { $ref: '#/$defs/nobody' }],
    ['both anyOf and oneOf', { type: 'object', properties: { a: { anyOf: [dog], oneOf: [dog] } } }],
  ])('is a tool for %s, which the format cannot say', async (_, schema) => {
    const { output_config: output, tools } = await asked('claude-sonnet-4-5', schema);
    expect(output).toBeUndefined();
    expect(tools).toEqual([tool({ type: 'object', ...schema })]);
  });

  test('may refer to the same again and again', async () => {
    const refersTo = (name: string) => ({ $ref: `#/$defs/${name}` });
    const twice = (of: object) => ({ type: 'object', properties: { a: of, b: of } });
    const named = Array.from({ length: 40 }, (_, at) => [`d${at + 1}`, twice(refersTo(`d${at}`))]);
    const $defs = { d0: dog, ...Object.fromEntries(named) } as Record<string, JsonSchema>;
    const { output_config: output } = await asked('claude-sonnet-4-5', { ...refersTo('d40'), $defs });
    expect(output).toMatchObject({ format: { schema: refersTo('d40') } });
  });

  test('is told in the part that the API takes, and the rest in words', async () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Dog',
      type: 'object',
      description: 'A dog',
      properties: {
        age: { type: 'integer', minimum: 0, maximum: 30, description: 'In years' },
        born: { type: 'string', format: 'date' },
        chip: { type: 'string', format: 'hex', minLength: 4 },
        tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 1, maxItems: 3 },
        owner: { oneOf: [{ $ref: '#/$defs/person' }, { type: 'null' }] },
      },
      $defs: { person: { type: 'object', properties: { name: { type: 'string' } }, additionalProperties: false } },
    };
    expect((await asked('claude-sonnet-4-5', schema)).output_config).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          title: 'Dog',
          type: 'object',
          description: 'A dog',
          properties: {
            age: { type: 'integer', description: 'In years\n\n{"minimum":0,"maximum":30}' },
            born: { type: 'string', format: 'date' },
            chip: { type: 'string', description: '{"format":"hex","minLength":4}' },
            tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 1, description: '{"maxItems":3}' },
            owner: { anyOf: [{ $ref: '#/$defs/person' }, { type: 'null' }] },
          },
          $defs: schema.$defs,
          additionalProperties: false,
        },
      },
    });
  });
});

describe('the answer by a tool', () => {
  const called = (name: string) => ({ type: 'tool_use', id: 'a', name, input: {} });
  const answered = called('output_structured_data');

  test('is the text of the response, as it streams', async () => {
    const { events, messages } = await outcomeOfEvents(
      [start(), ...block(0, answered, json(''), json('{"name"'), json(':"Rex"}')), ...end('tool_use')],
      {},
      { schema: dog },
    );
    expect(messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: '{"name":"Rex"}' }] }]);
    expect(events.filter((event) => event.type === 'text').map((event) => event.chunk)).toEqual(['{"name"', ':"Rex"}']);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', raw_reason: 'tool_use' });
  });

  test('is text without deltas, and beside other text a part of its own', async () => {
    const { messages } = await outcomeOfEvents(
      [
        start(),
        ...block(0, { type: 'text', text: '' }, text('Here:')),
        ...block(1, { ...answered, input: { name: 'Rex' } }),
        ...end('tool_use'),
      ],
      {},
      { schema: dog },
    );
    expect(messages[0]!.parts).toEqual([
      { type: 'text', text: 'Here:' },
      { type: 'text', text: '{"name":"Rex"}' },
    ]);
  });

  test('leaves other calls for the client', async () => {
    const { events, messages } = await outcomeOfEvents(
      [start(), ...block(0, called('f'), json('{}')), ...end('tool_use')],
      {},
      { schema: dog, tools: [{ name: 'f' }] },
    );
    expect(messages[0]!.parts).toMatchObject([{ type: 'tool_call', name: 'f' }]);
    expect(events.at(-1)).toMatchObject({ reason: 'tool_calls' });
  });

  test('is a call like others where no schema was asked for', async () => {
    const { messages } = await outcomeOfEvents([start(), ...block(0, answered, json('{}')), ...end('tool_use')]);
    expect(messages[0]!.parts).toMatchObject([{ type: 'tool_call', name: 'output_structured_data' }]);
  });
});
