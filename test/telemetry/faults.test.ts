// Telemetry that fails: the response goes on, and OpenTelemetry's own logger is told.
import { diag, type Meter, type MeterProvider, type Tracer, type TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { of } from 'rxjs';
import { defineModel, type StreamEvent } from 'rxllm';
import { withTelemetry, type TelemetryOptions } from 'rxllm/telemetry';
import { diagErrors, recorder } from './recorder.ts';

let errors: unknown[][];
beforeEach(() => (errors = diagErrors()));
afterEach(() => diag.disable());

const fail = (): never => {
  throw new Error('broken');
};
const told = ['rxllm: telemetry of a request failed', new Error('broken')];

const processor = (broken: 'onStart' | 'onEnd'): SpanProcessor => ({
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
  [broken]: fail,
});

const ask = (options: TelemetryOptions, ...events: StreamEvent[]) =>
  withTelemetry(defineModel({ id: 'm', stream: () => of('Hi', ...events) }), options)
    .prompt('Hello')
    .text();

test.each<[string, () => TelemetryOptions]>([
  ['a tracer provider', () => ({ ...recorder().here, tracerProvider: { getTracer: fail } satisfies TracerProvider })],
  [
    'a tracer',
    () => ({
      ...recorder().here,
      tracerProvider: { getTracer: (): Tracer => ({ startSpan: fail, startActiveSpan: fail }) },
    }),
  ],
  ['a span processor at the start', () => recorder(processor('onStart')).here],
  ['a span processor at the end', () => recorder(processor('onEnd')).here],
  ['a meter provider', () => ({ ...recorder().here, meterProvider: { getMeter: fail } satisfies MeterProvider })],
  [
    'a meter',
    () => {
      const meter = recorder().here.meterProvider.getMeter('x');
      const broken: Meter = Object.create(meter, { createHistogram: { value: fail } }) as Meter;
      return { ...recorder().here, meterProvider: { getMeter: () => broken } };
    },
  ],
])('%s that throws does not touch the response, and is reported once', async (_, options) => {
  expect(await ask(options())).toBe('Hi');
  expect(errors).toEqual([told]);
});

test('a span whose description fails ends all the same', async () => {
  const { here } = recorder();
  const ended: string[] = [];
  const tracerProvider: TracerProvider = {
    getTracer: (...args) => {
      const tracer = here.tracerProvider.getTracer(...args);
      const startSpan: Tracer['startSpan'] = (...given) => {
        const span = tracer.startSpan(...given);
        span.setAttributes = fail;
        const end = span.end.bind(span);
        span.end = () => {
          ended.push('ended');
          end();
        };
        return span;
      };
      return { startSpan, startActiveSpan: fail };
    },
  };
  expect(await ask({ ...here, tracerProvider })).toBe('Hi');
  expect(ended).toEqual(['ended']);
  expect(errors).toEqual([told]);
});

test('what is no event fails the response, not the process', async () => {
  const record = recorder();
  await expect(ask(record.here, null as unknown as StreamEvent)).rejects.toMatchObject({ code: 'bad_response' });
  expect(record.spans).toHaveLength(1);
});
