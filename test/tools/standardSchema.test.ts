// Tools and answers described by schemas of a validation library.
import { of } from 'rxjs';
import { defineModel, LlmError, type ModelRequest, type StreamEvent, type Tool } from 'rxllm';
import { z } from 'zod';

/** A model that calls the tool `t` with these arguments; `asked` are the requests that it got. */
function caller(args: string) {
  const asked: ModelRequest[] = [];
  const call: StreamEvent[] = [
    { type: 'tool_call_name', chunk: 't', tool_call_id: 'c' },
    { type: 'tool_call_args', chunk: args, tool_call_id: 'c' },
  ];
  const model = defineModel({
    id: 'm',
    stream(request) {
      asked.push(request);
      return of(...(asked.length === 1 ? call : ['ok']));
    },
  });
  return { model, asked };
}

/** What the model reads after its call. */
async function resultOf(tool: Partial<Tool>, args: string) {
  const { model, asked } = caller(args);
  await model
    .prompt('Hi', { tools: [{ name: 't', ...tool }] })
    .reply()
    .text();
  return asked[1]?.messages.at(-1)?.parts[0];
}

const city = z.object({ city: z.string().describe('its name'), days: z.number().default(1) });

test('a model is told JSON Schema, and nothing of how the tool runs', async () => {
  const { model, asked } = caller('{}');
  const run = () => 'x';
  await model.prompt('Hi', { tools: [{ name: 't', description: 'weather', input_schema: city, run }] }).text();
  expect(asked[0]?.tools).toEqual([
    {
      name: 't',
      description: 'weather',
      input_schema: {
        type: 'object',
        properties: { city: { type: 'string', description: 'its name' }, days: { type: 'number', default: 1 } },
        required: ['city'],
      },
    },
  ]);
});

test('an answer may be asked for by such a schema', async () => {
  const { model, asked } = caller('{}');
  await model.prompt('Hi', { schema: z.object({ name: z.string() }) }).text();
  expect(asked[0]?.schema).toEqual({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] });
});

test('JSON Schema goes through as it is', async () => {
  const { model, asked } = caller('{}');
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' };
  await model.prompt('Hi', { schema, tools: [{ name: 't', input_schema: schema }] }).text();
  expect(asked[0]?.schema).toBe(schema);
  expect(asked[0]?.tools).toEqual([{ name: 't', input_schema: schema }]);
});

test('a tool gets what the schema makes of its arguments', async () => {
  const run = (args: object) => JSON.stringify(args);
  expect(await resultOf({ input_schema: city, run }, '{"city":"Oslo"}')).toMatchObject({
    output: '{"city":"Oslo","days":1}',
  });
});

test('arguments that do not fit become an error that the model can read, and the tool does not run', async () => {
  let runs = 0;
  const part = await resultOf({ input_schema: city, run: () => ++runs }, '{"city":1}');
  expect(part).toMatchObject({
    output: expect.stringMatching(/^Error: the arguments do not fit: city: .*string/),
    exception: expect.stringMatching(/^InvalidArguments: /),
  });
  expect(runs).toBe(0);
});

test('a schema may validate asynchronously', async () => {
  const even = z.object({ n: z.number().refine((n) => Promise.resolve(n % 2 === 0), 'must be even') });
  const tool = { input_schema: even, run: ({ n }: Record<string, unknown>) => `got ${String(n)}` };
  expect(await resultOf(tool, '{"n":2}')).toMatchObject({ output: 'got 2' });
  expect(await resultOf(tool, '{"n":3}')).toMatchObject({ output: expect.stringMatching(/n: must be even/) });
});

test.each([
  [
    'a library that does not say its schemas as JSON Schema',
    { '~standard': { version: 1, vendor: 'plain', validate: (value: unknown) => ({ value }) } },
    'unsupported',
    /input_schema of tool "t" is a schema of plain.*give JSON Schema/,
  ],
  [
    'a type that JSON does not have',
    z.object({ at: z.date() }),
    'unsupported',
    /input_schema of tool "t" of zod.*Date/,
  ],
  ['something else', 'string', 'invalid_input', /input_schema of tool "t" is JSON Schema or .*not "string"/],
])('%s is refused at the call', (_, schema, code, message) => {
  const ask = () => caller('{}').model.prompt('Hi', { tools: [{ name: 't', input_schema: schema as never }] });
  expect(ask).toThrow(LlmError);
  expect(ask).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});
