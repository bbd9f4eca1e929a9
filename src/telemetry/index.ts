// OpenTelemetry for models: a span and measurements for each request.
export { withTelemetry, type TelemetryOptions } from './withTelemetry.ts';
