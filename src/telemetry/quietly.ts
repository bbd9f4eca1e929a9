// How OpenTelemetry is called: what it throws is told to its own logger and to nobody else.
import { diag } from '@opentelemetry/api';

/** What `call` returns; undefined when it throws. */
export function quietly<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    diag.error('rxllm: telemetry of a request failed', error);
    return undefined;
  }
}
