// What a user may say about telemetry.
import type { Attributes, MeterProvider, TracerProvider } from '@opentelemetry/api';

export interface TelemetryOptions {
  /** Makes the spans. Default: the global one, as it is when a response is subscribed. */
  readonly tracerProvider?: TracerProvider;
  /** Takes the measurements. Default: the global one, as it is when a response is subscribed. */
  readonly meterProvider?: MeterProvider;
  /**
   * Whether spans carry what was said: messages, instructions and tools, but never the bytes of an attachment. Default
   * false, because prompts are private.
   */
  readonly captureContent?: boolean;
  /** More attributes for every span; measurements do not get them. */
  readonly attributes?: Attributes;
}
