// What the span of a request says, through the real SDK.
import { SpanKind, SpanStatusCode, trace, metrics, diag } from '@opentelemetry/api';
import { concat, from, NEVER, of, retry, throwError, type Observable } from 'rxjs';
import {
  defineModel,
  LlmError,
  wrapModel,
  type FinishReason,
  type JsonObject,
  type StandardSchema,
  type StreamEvent,
} from 'rxllm';
import { demo } from 'rxllm/demo';
import { withTelemetry, type TelemetryOptions } from 'rxllm/telemetry';
import { diagErrors, recorder, type Recorder } from './recorder.ts';

const finish = (reason: FinishReason): StreamEvent => ({ type: 'finish', reason });
const anyOptions: StandardSchema<JsonObject> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as JsonObject }) },
};

let errors: unknown[][];
beforeEach(() => (errors = diagErrors()));
afterEach(() => {
  diag.disable();
  expect(errors).toEqual([]);
});

function traced(
  answer: Observable<StreamEvent | string>,
  { provider, ...options }: TelemetryOptions & { provider?: string } = {},
) {
  const record = recorder();
  const model = defineModel({ id: 'm-1', ...(provider && { provider }), options: anyOptions, stream: () => answer });
  return { record, model: withTelemetry(model, { ...record.here, ...options }) };
}

test('a request is a client span named after operation and model', async () => {
  const { record, model } = traced(of('Hi', finish('stop')), { provider: 'openai' });
  expect(await model.prompt('Hello').text()).toBe('Hi');
  expect(record.span).toMatchObject({
    name: 'chat m-1',
    kind: SpanKind.CLIENT,
    status: { code: SpanStatusCode.UNSET },
    instrumentationScope: { name: 'rxllm' },
    events: [],
  });
  expect(record.span.attributes).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'm-1',
    'gen_ai.request.stream': true,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.response.time_to_first_chunk': expect.any(Number),
    'rxllm.status': 'done',
  });
});

test('an answer in one piece has no first chunk', async () => {
  const { record, model } = traced(of('Hi'));
  await model.prompt('Hello', { stream: false }).text();
  expect(Object.keys(record.span.attributes)).toEqual([
    'gen_ai.operation.name',
    'gen_ai.provider.name',
    'gen_ai.request.model',
    'rxllm.status',
  ]);
});

test.each([
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['gcp.gemini', 'gcp.gemini'],
  ['xai', 'x_ai'],
  ['mistral', 'mistral_ai'],
  ['google', 'gcp.gen_ai'],
  ['ollama', 'ollama'],
  [undefined, '_OTHER'],
])('provider %s is %s in the conventions', async (provider, name) => {
  const { record, model } = traced(of('Hi'), provider === undefined ? {} : { provider });
  await model.prompt('Hello').text();
  expect(record.span.attributes).toMatchObject({ 'gen_ai.provider.name': name });
});

test.each([
  [
    'OpenAI',
    { temperature: 0, top_p: 0.5, max_completion_tokens: 7, stop: 'x', seed: 3, reasoning_effort: 'low' },
    { temperature: 0, top_p: 0.5, max_tokens: 7, stop_sequences: ['x'], seed: 3, 'reasoning.level': 'low' },
  ],
  ['Responses', { max_output_tokens: 7 }, { max_tokens: 7 }],
  [
    'Anthropic',
    { max_tokens: 7, top_k: 4, stop_sequences: ['x', 'y'] },
    { max_tokens: 7, top_k: 4, stop_sequences: ['x', 'y'] },
  ],
  [
    'Gemini',
    { maxOutputTokens: 7, topP: 0.5, topK: 4, stopSequences: ['x'], presencePenalty: 1, frequencyPenalty: -1 },
    { max_tokens: 7, top_p: 0.5, top_k: 4, stop_sequences: ['x'], presence_penalty: 1, frequency_penalty: -1 },
  ],
  [
    'Ollama',
    { num_predict: 7, stop: ['x'], presence_penalty: 1, frequency_penalty: 2 },
    { max_tokens: 7, stop_sequences: ['x'], presence_penalty: 1, frequency_penalty: 2 },
  ],
  ['another kind', { temperature: 'hot', stop: [1], user: 'me' }, {}],
])('the model options of %s are request attributes', async (_, options, expected) => {
  const { record, model } = traced(of('Hi'));
  await model.prompt('Hello', { options }).text();
  const found = Object.entries(record.span.attributes)
    .filter(([name]) => name.startsWith('gen_ai.request.') && !/\.(model|stream)$/.test(name))
    .map(([name, value]) => [name.slice('gen_ai.request.'.length), value]);
  expect(Object.fromEntries(found)).toEqual(expected);
});

test('what the answer says of itself is response attributes', async () => {
  const { record, model } = traced(
    from<StreamEvent[]>([
      { type: 'start', id: 'resp-1', model: '', datetime_utc: '', resolved_model: 'm-1-0613' },
      { type: 'usage', usage: { input: 1 } },
      { type: 'text', chunk: '{}' },
      { type: 'usage', usage: { input: 50, output: 20, details: { reasoning: 5, cached: 30, cache_write: 10 } } },
      finish('length'),
    ]),
  );
  await model.prompt('Hello', { schema: { type: 'object' } }).text();
  expect(record.span.attributes).toMatchObject({
    'gen_ai.output.type': 'json',
    'gen_ai.response.id': 'resp-1',
    'gen_ai.response.model': 'm-1-0613',
    'gen_ai.response.finish_reasons': ['length'],
    'gen_ai.usage.input_tokens': 50,
    'gen_ai.usage.output_tokens': 20,
    'gen_ai.usage.cache_read.input_tokens': 30,
    'gen_ai.usage.cache_write.input_tokens': 10,
    'gen_ai.usage.reasoning.output_tokens': 5,
  });
});

test('what came before a reset does not count', async () => {
  const { record, model } = traced(
    from<StreamEvent[]>([
      { type: 'text', chunk: 'No' },
      { type: 'usage', usage: { input: 9, output: 9 } },
      { type: 'reset' },
      { type: 'text', chunk: 'Yes' },
      finish('stop'),
    ]),
    { captureContent: true },
  );
  await model.prompt('Hello').text();
  expect(record.span.attributes).not.toHaveProperty(['gen_ai.usage.input_tokens']);
  expect(record.span.attributes['gen_ai.output.messages']).toMatch(/Yes/);
  expect(record.span.attributes['gen_ai.output.messages']).not.toMatch(/No/);
});

test.each([
  ['rate_limited', 'failed', 'slow down'],
  ['truncated', 'truncated', 'the stream stopped'],
] as const)('an error with code %s is an error of the span', async (code, status, message) => {
  const { record, model } = traced(throwError(() => new LlmError(code, message)));
  await expect(model.prompt('Hello').text()).rejects.toMatchObject({ code });
  expect(record.span).toMatchObject({ status: { code: SpanStatusCode.ERROR, message }, events: [] });
  expect(record.span.attributes).toMatchObject({ 'error.type': code, 'rxllm.status': status });
  expect(record.span.attributes).not.toHaveProperty(['gen_ai.response.finish_reasons']);
});

test('an answer that breaks off has finish reason error', async () => {
  const { record, model } = traced(
    concat(
      of('Hi'),
      throwError(() => new LlmError('connection', 'gone')),
    ),
  );
  await expect(model.prompt('Hello').text()).rejects.toThrow();
  expect(record.span.attributes).toMatchObject({ 'gen_ai.response.finish_reasons': ['error'] });
});

test('a model whose stream() throws, or returns no Observable, has a span that failed', async () => {
  const record = recorder();
  const broken = () => {
    throw new TypeError('oops');
  };
  for (const stream of [broken, () => 'Hi' as unknown as Observable<string>]) {
    await expect(
      withTelemetry(defineModel({ id: 'm', stream }), record.here)
        .prompt('Hello')
        .text(),
    ).rejects.toThrow();
  }
  expect(record.spans.map((span) => span.attributes['error.type'])).toEqual(['provider_error', 'bad_response']);
});

test('an aborted run is no error', () => {
  const { record, model } = traced(concat(of('Hi'), NEVER));
  const subscription = model.prompt('Hello').subscribe();
  expect(record.spans).toEqual([]);
  subscription.unsubscribe();
  expect(record.span.status).toEqual({ code: SpanStatusCode.UNSET });
  expect(record.span.attributes).toMatchObject({ 'rxllm.status': 'aborted' });
  expect(record.span.attributes).not.toHaveProperty(['error.type']);
});

test('a model that says that it was aborted is no error either', async () => {
  const { record, model } = traced(throwError(() => new LlmError('aborted', 'enough')));
  await expect(model.prompt('Hello').text()).rejects.toMatchObject({ code: 'aborted' });
  expect(record.span.status).toEqual({ code: SpanStatusCode.UNSET });
  expect(record.span.attributes).toMatchObject({ 'rxllm.status': 'aborted' });
});

test.each([
  ['an error', throwError(() => new LlmError('connection', 'gone'))],
  ['an unsubscription', NEVER],
])('%s after finish changes nothing', (_, after) => {
  const { record, model } = traced(concat(of('Hi', finish('stop')), after));
  model.prompt('Hello').subscribe().unsubscribe();
  expect(record.span.status).toEqual({ code: SpanStatusCode.UNSET });
  expect(record.span.attributes).toMatchObject({ 'rxllm.status': 'done' });
});

test('each subscription is a request and a span, one that is shared is one', async () => {
  const record = recorder();
  const model = withTelemetry(demo({ chunkMs: 0 }), record.here);
  const response = model.prompt('Hello');
  expect(record.started).toBe(0);
  response.subscribe();
  response.subscribe();
  expect(record.spans).toHaveLength(2);
  const live = model.prompt('Hello').share();
  live.subscribe();
  live.subscribe();
  await live.text();
  expect(record.spans).toHaveLength(3);
});

test('extra attributes are on every span, but ours come first', async () => {
  const { record, model } = traced(of('Hi'), {
    attributes: { 'app.feature': 'search', 'gen_ai.operation.name': 'mine' },
  });
  await model.prompt('Hello').text();
  expect(record.span.attributes).toMatchObject({ 'app.feature': 'search', 'gen_ai.operation.name': 'chat' });
});

test('id, options and capabilities of the model stay', () => {
  const model = demo();
  const { id, options, capabilities } = withTelemetry(model);
  expect({ id, options, capabilities }).toEqual({
    id: 'demo',
    options: model.options,
    capabilities: model.capabilities,
  });
});

test('the global providers are those of the time of the subscription', async () => {
  const record = recorder();
  const response = withTelemetry(defineModel({ id: 'm', stream: () => of('Hi') })).prompt('Hello');
  await response.text();
  trace.setGlobalTracerProvider(record.here.tracerProvider);
  metrics.setGlobalMeterProvider(record.here.meterProvider);
  try {
    response.subscribe();
    expect(record.spans).toHaveLength(1);
    expect(await record.points('gen_ai.client.inference.duration')).toHaveLength(1);
  } finally {
    trace.disable();
    metrics.disable();
  }
});

describe('with another middleware', () => {
  // Asks a second time when the first answer breaks off.
  const twice = (record: Recorder, place: 'inside' | 'outside') => {
    let requests = 0;
    const flaky = defineModel({
      id: 'flaky',
      stream: () => ((requests += 1) === 1 ? throwError(() => new LlmError('overloaded', 'busy')) : of('Hi')),
    });
    const again = (model: typeof flaky) => wrapModel(model, (request, next) => next(request).pipe(retry(1)));
    return place === 'inside' ? withTelemetry(again(flaky), record.here) : again(withTelemetry(flaky, record.here));
  };

  test('that is inside, the span is the whole of it', async () => {
    const record = recorder();
    expect(await twice(record, 'inside').prompt('Hello').text()).toBe('Hi');
    expect(record.span.attributes).toMatchObject({ 'rxllm.status': 'done' });
  });

  test('that is outside, each request is a span', async () => {
    const record = recorder();
    expect(await twice(record, 'outside').prompt('Hello').text()).toBe('Hi');
    expect(record.spans.map((span) => span.attributes['rxllm.status'])).toEqual(['failed', 'done']);
  });
});
