// OpenTelemetry for models: a span and measurements for each request.
export type { TelemetryOptions } from './telemetryOptions.ts';
export { withTelemetry } from './withTelemetry.ts';
