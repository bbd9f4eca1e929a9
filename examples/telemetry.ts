// Watches requests with OpenTelemetry: a span for each, whatever becomes of it.
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { take } from 'rxjs';
import { demo } from 'rxllm/demo';
import { withTelemetry } from 'rxllm/telemetry';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const model = withTelemetry(demo({ chunkMs: 0 }), { tracerProvider });

await model.prompt('Hello', { options: { max_tokens: 5 } }).text();
// Takes three events and goes.
model.prompt('Hello').pipe(take(3)).subscribe();

for (const { name, attributes } of exporter.getFinishedSpans()) {
  console.log(name, 'is', attributes['rxllm.status'], 'with output tokens', attributes['gen_ai.usage.output_tokens']);
}

// chat demo is done with output tokens 5
// chat demo is aborted with output tokens undefined
