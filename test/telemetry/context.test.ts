// Which span is whose child: over a real HTTP server, with the context manager of Node.
import { context, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { of } from 'rxjs';
import { defineModel } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { withTelemetry } from 'rxllm/telemetry';
import { startServer, type TestServer } from '../support/servers.ts';
import { recorder, type Recorder } from './recorder.ts';

const chunk = (data: object) => `data: ${JSON.stringify({ id: 'x', model: 'gpt-x-0613', ...data })}\n\n`;
const answer = [
  chunk({ choices: [{ index: 0, delta: { content: 'Hi' } }] }),
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  chunk({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } }),
  'data: [DONE]\n\n',
];

const manager = new AsyncLocalStorageContextManager();
let server: TestServer;
let record: Recorder;

beforeAll(async () => {
  context.setGlobalContextManager(manager.enable());
  server = await startServer((path) =>
    path.startsWith('/busy') ? { status: 429, contentType: 'application/json', pieces: ['{}'] } : { pieces: answer },
  );
});
afterAll(async () => {
  context.disable();
  manager.disable();
  await server.close();
});
beforeEach(() => (record = recorder()));

/** What HTTP instrumentation does: a span under the active one for each request. */
const tracedFetch: typeof fetch = async (input, init) => {
  const span = record.here.tracerProvider.getTracer('http').startSpan('POST', { kind: SpanKind.CLIENT });
  try {
    return await fetch(input, init);
  } finally {
    span.end();
  }
};

const model = (path = '') =>
  withTelemetry(
    openaiChat({ model: 'gpt-x', baseUrl: `${server.url}${path}`, apiKey: 'k', fetch: tracedFetch }),
    record.here,
  );

function named(name: string): ReadableSpan[] {
  return record.spans.filter((span) => span.name === name);
}

const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;

/** Runs something under a span of the application. */
function inApp<T>(work: () => Promise<T>): Promise<T> {
  return record.here.tracerProvider.getTracer('app').startActiveSpan('app', (span) => work().finally(() => span.end()));
}

test('the request over HTTP is a child of the span, and the span of what was active at the subscription', async () => {
  const response = model().prompt('Hello');
  expect(await inApp(() => response.text())).toBe('Hi');
  const [app] = named('app');
  const [chat] = named('chat gpt-x');
  const [http] = named('POST');
  expect(http?.parentSpanContext?.spanId).toBe(idOf(chat));
  expect(chat?.parentSpanContext?.spanId).toBe(idOf(app));
  expect(chat?.attributes).toMatchObject({
    'gen_ai.response.model': 'gpt-x-0613',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 3,
    'gen_ai.usage.output_tokens': 1,
  });
});

test('a request that is sent when another has ended is its sibling', async () => {
  const first = model().prompt('Hello');
  await inApp(
    () =>
      new Promise<void>((resolve, reject) => {
        first.subscribe({
          error: reject,
          complete: () => first.reply('Again').subscribe({ error: reject, complete: resolve }),
        });
      }),
  );
  const [app] = named('app');
  const chats = named('chat gpt-x');
  expect(chats).toHaveLength(2);
  expect(chats.map((chat) => chat.parentSpanContext?.spanId)).toEqual([idOf(app), idOf(app)]);
  expect(named('POST').map((http) => http.parentSpanContext?.spanId)).toEqual(chats.map(idOf));
});

test('a subscriber sees the span that was active when it subscribed, the model that of the request', () => {
  const seen: (string | undefined)[] = [];
  const active = () => seen.push(trace.getActiveSpan()?.spanContext().spanId);
  const look = defineModel({
    id: 'look',
    stream() {
      active();
      return of('Hi');
    },
  });
  const response = withTelemetry(look, record.here).prompt('Hello');
  record.here.tracerProvider.getTracer('app').startActiveSpan('app', (app) => {
    response.subscribe({ next: active, complete: active });
    app.end();
  });
  const [chat] = named('chat look');
  const [app] = named('app');
  expect(seen).toEqual([idOf(chat), idOf(app), idOf(app), idOf(app), idOf(app)]);
});

test('what the server refuses is an error of the span', async () => {
  await expect(model('/busy').prompt('Hello').text()).rejects.toMatchObject({ code: 'rate_limited' });
  expect(named('chat gpt-x')[0]?.attributes).toMatchObject({ 'error.type': 'rate_limited' });
});
