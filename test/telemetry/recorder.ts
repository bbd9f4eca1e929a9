// OpenTelemetry's own SDK, whose exporters keep in memory what they are given.
import { diag, DiagLogLevel, type Attributes } from '@opentelemetry/api';
import { MeterProvider, MetricReader, type Histogram, type MetricData } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { TelemetryOptions } from 'rxllm/telemetry';

export interface Recorder {
  /** The options that make telemetry go here. */
  readonly here: Required<Pick<TelemetryOptions, 'tracerProvider' | 'meterProvider'>>;
  /** The spans that have ended, in the order in which they did. */
  readonly spans: readonly ReadableSpan[];
  /** How many spans have begun. */
  readonly started: number;
  /** The only span. */
  readonly span: ReadableSpan;
  /** What was measured under a name: the points of a counter or histogram. */
  points(name: string): Promise<readonly Point[]>;
  metrics(): Promise<readonly MetricData[]>;
}

export interface Point {
  readonly value: number | Histogram;
  readonly attributes: Attributes;
}

export function recorder(...processors: readonly SpanProcessor[]): Recorder {
  const exporter = new InMemorySpanExporter();
  let started = 0;
  const counter: SpanProcessor = {
    onStart: () => (started += 1),
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [counter, new SimpleSpanProcessor(exporter), ...processors],
  });
  const reader = new PulledReader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  const metrics = async () => {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  };
  return {
    here: { tracerProvider, meterProvider },
    get spans() {
      return exporter.getFinishedSpans();
    },
    get started() {
      return started;
    },
    get span() {
      const spans = exporter.getFinishedSpans();
      expect(spans).toHaveLength(1);
      return spans[0]!;
    },
    metrics,
    async points(name) {
      const found = (await metrics()).find(({ descriptor }) => descriptor.name === name);
      return (found?.dataPoints ?? []) as readonly Point[];
    },
  };
}

class PulledReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** What OpenTelemetry's own logger is told, from now on. */
export function diagErrors(): unknown[][] {
  const errors: unknown[][] = [];
  const ignore = () => undefined;
  const error = (...told: unknown[]) => void errors.push(told);
  diag.setLogger({ error, warn: error, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
  return errors;
}
