// What is measured of a request, in virtual time, through the real SDK.
import { DataPointType, type Histogram } from '@opentelemetry/sdk-metrics';
import { of } from 'rxjs';
import { defineModel, LlmError, type StreamEvent, type Usage } from 'rxllm';
import { withTelemetry } from 'rxllm/telemetry';
import { TestScheduler } from 'rxjs/testing';
import { events } from '../support/marbles.ts';
import { recorder, type Recorder } from './recorder.ts';

const identity = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'm',
};

/** Runs a model whose answer is a diagram of 100 ms a frame. */
function run(diagram: string, { stream = true, until = '-----------!' } = {}): Recorder {
  const record = recorder();
  const scheduler = new TestScheduler(() => undefined);
  scheduler.run(({ cold, hot }) => {
    const spaced = (marbles: string) => marbles.replaceAll('-', ' 100ms ');
    const model = withTelemetry(
      defineModel({
        id: 'm',
        provider: 'openai',
        stream: () => cold<StreamEvent>(spaced(diagram), events, new LlmError('rate_limited', 'slow down')),
      }),
      record.here,
    );
    const subscription = model.prompt('Hello', { scheduler, stream }).subscribe({ error: () => undefined });
    hot(spaced(until).replace('!', 'x')).subscribe(() => subscription.unsubscribe());
  });
  return record;
}

async function only(record: Recorder, name: string) {
  const points = await record.points(`gen_ai.client.inference.${name}`);
  expect(points).toHaveLength(1);
  return points[0]!;
}

const sumOf = async (record: Recorder, name: string) => ((await only(record, name)).value as Histogram).sum;

test('time is that of the scheduler, in seconds', async () => {
  const record = run('-s-t-(f|)');
  expect(await only(record, 'duration')).toMatchObject({ attributes: identity });
  expect(await sumOf(record, 'duration')).toBeCloseTo(0.3, 2);
  expect(await only(record, 'time_to_first_chunk')).toMatchObject({ attributes: identity });
  expect(await sumOf(record, 'time_to_first_chunk')).toBeCloseTo(0.2, 2);
  expect(record.span.attributes['gen_ai.response.time_to_first_chunk']).toBeCloseTo(0.2, 2);
});

test('an error is told apart by its code', async () => {
  const record = run('-s--#');
  expect(await only(record, 'duration')).toMatchObject({ attributes: { ...identity, 'error.type': 'rate_limited' } });
  expect(await sumOf(record, 'duration')).toBeCloseTo(0.3, 2);
  expect(await record.points('gen_ai.client.inference.time_to_first_chunk')).toEqual([]);
});

test('a run that is aborted is measured up to there, and is no error', async () => {
  const record = run('-t------', { until: '--!' });
  expect((await only(record, 'duration')).attributes).toEqual(identity);
  expect(await sumOf(record, 'duration')).toBeCloseTo(0.2, 2);
});

test('an answer in one piece has no first chunk', async () => {
  const record = run('-t-(f|)', { stream: false });
  expect(await only(record, 'duration')).toBeDefined();
  expect(await record.points('gen_ai.client.inference.time_to_first_chunk')).toEqual([]);
});

const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

test('histograms have the unit and buckets that the conventions advise', async () => {
  const found = (await run('-t-(uf|)').metrics())
    .filter(({ dataPointType }) => dataPointType === DataPointType.HISTOGRAM)
    .map(({ descriptor, dataPoints: [point] }) => [
      descriptor.name,
      descriptor.unit,
      point && (point.value as Histogram).buckets.boundaries,
    ]);
  expect(found).toEqual([
    ['gen_ai.client.inference.duration', 's', seconds],
    ['gen_ai.client.inference.time_to_first_chunk', 's', seconds],
    ['gen_ai.client.inference.operation.input_tokens', '{token}', tokens],
    ['gen_ai.client.inference.operation.output_tokens', '{token}', tokens],
  ]);
});

async function count(...usages: readonly Usage[]) {
  const record = recorder();
  const usageEvents = usages.map((usage): StreamEvent => ({ type: 'usage', usage }));
  const model = withTelemetry(
    defineModel({
      id: 'm',
      provider: 'openai',
      stream: () =>
        of<StreamEvent[]>(
          { type: 'start', id: '', model: '', datetime_utc: '', resolved_model: 'm-1' },
          ...usageEvents,
        ),
    }),
    record.here,
  );
  await model.prompt('Hello').text();
  return record;
}

test('the last usage is counted, once', async () => {
  const record = await count(
    { input: 5 },
    { input: 50, output: 20, details: { cached: 30, cache_write: 10, reasoning: 5 } },
  );
  const attributes = { ...identity, 'gen_ai.response.model': 'm-1' };
  const counted = { ...attributes, 'gen_ai.token.modality': 'unknown' };
  expect(await only(record, 'operation.input_tokens')).toMatchObject({ attributes, value: { sum: 50, count: 1 } });
  expect(await only(record, 'operation.output_tokens')).toMatchObject({ attributes, value: { sum: 20, count: 1 } });
  expect(await only(record, 'usage.input_tokens')).toMatchObject({ attributes: counted, value: 50 });
  expect(await only(record, 'usage.output_tokens')).toMatchObject({ attributes: counted, value: 20 });
  expect(await only(record, 'usage.cache_read.input_tokens')).toMatchObject({ attributes: counted, value: 30 });
  expect(await only(record, 'usage.cache_write.input_tokens')).toMatchObject({ attributes: counted, value: 10 });
  expect(await only(record, 'usage.reasoning.output_tokens')).toMatchObject({ attributes: counted, value: 5 });
});

test('where nothing was counted it is zero, as the conventions want it, and no attribute of the span', async () => {
  const record = await count();
  expect(await only(record, 'operation.input_tokens')).toMatchObject({ value: { sum: 0, count: 1 } });
  expect(await only(record, 'usage.output_tokens')).toMatchObject({ value: 0 });
  expect(Object.keys(record.span.attributes).filter((name) => name.startsWith('gen_ai.usage.'))).toEqual([]);
});

test.each<[string, Usage, number, number]>([
  [
    'Anthropic, which leaves out the cache',
    {
      input: 10,
      output: 20,
      details: { cached: 30, cache_write: 5, raw: { input_tokens: 10, cache_read_input_tokens: 30 } },
    },
    45,
    20,
  ],
  [
    'Anthropic through the AI SDK, which sums up',
    {
      input: 45,
      output: 20,
      details: { cached: 30, cache_write: 5, raw: { input_tokens: 10, cache_read_input_tokens: 30 } },
    },
    45,
    20,
  ],
  [
    'Gemini, which leaves out its thoughts',
    { input: 10, output: 20, details: { reasoning: 7, raw: { candidatesTokenCount: 20, thoughtsTokenCount: 7 } } },
    10,
    27,
  ],
  ['Gemini, with thoughts alone', { input: 10, details: { reasoning: 7, raw: { thoughtsTokenCount: 7 } } }, 10, 7],
  [
    'xAI, which leaves out reasoning',
    { input: 10, output: 20, details: { reasoning: 7, raw: { total_tokens: 37 } } },
    10,
    27,
  ],
  [
    'OpenAI, where all is in',
    { input: 10, output: 20, details: { cached: 5, reasoning: 7, raw: { total_tokens: 30 } } },
    10,
    20,
  ],
])('cached input and reasoning are part of the counts: %s', async (_, usage, input, output) => {
  const record = await count(usage);
  expect(record.span.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': output,
  });
  expect(await only(record, 'usage.input_tokens')).toMatchObject({ value: input });
  expect(await only(record, 'usage.output_tokens')).toMatchObject({ value: output });
});

test('what is counted beside is added also where a request was made twice, and the counts are sums', async () => {
  const raw = { input_tokens: 10, cache_read_input_tokens: 30 };
  const record = await count(
    { input: 10, output: 1, details: { cached: 30, raw } },
    { input: 20, output: 8, details: { cached: 60, raw } },
  );
  expect(await only(record, 'usage.input_tokens')).toMatchObject({ value: 80 });
  expect(await only(record, 'usage.output_tokens')).toMatchObject({ value: 8 });
});
