// Subscriptions, sockets and time: what becomes of a stream of the AI SDK.
import { firstValueFrom, lastValueFrom, tap } from 'rxjs';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { ofType } from 'rxllm/operators';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { anthropic, google, openaiChat, openaiResponses } from './makers.ts';
import { finish, standIn, text, type Part } from './standIn.ts';

let server: TestServer;
afterEach(() => server?.close());

const data = (...items: readonly object[]) => items.map((item) => `data: ${JSON.stringify(item)}\n\n`).join('');
const chunk = (content: string) => data({ id: 'x', choices: [{ index: 0, delta: { content } }] });
const chatEnd = `${data({ id: 'x', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}data: [DONE]\n\n`;

const beginnings = {
  'openai.chat': chunk('a'),
  'openai.responses': data(
    { type: 'response.created', response: { id: 'r', created_at: 1, model: 'x' } },
    { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'msg_1' } },
    { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'a' },
  ),
  anthropic: data(
    { type: 'message_start', message: { id: 'm', model: 'x', usage: { input_tokens: 1, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } },
  ),
  google: data({ candidates: [{ content: { parts: [{ text: 'a' }], role: 'model' } }] }),
} as const;
const makers = { 'openai.chat': openaiChat, 'openai.responses': openaiResponses, anthropic, google } as const;
const names = Object.keys(makers) as (keyof typeof makers)[];

describe('unsubscribing', () => {
  test.each(names)('closes the connection of %s', async (name) => {
    server = await startServer({ pieces: [beginnings[name]], atEnd: 'stay' });
    const response = fromAiSdk(makers[name](server.url)).prompt('Hi');
    await expect(firstValueFrom(response.pipe(ofType('text')))).resolves.toMatchObject({ chunk: 'a' });
    await expect(server.request(0).then((request) => request.closed)).resolves.toBe('aborted');
  });

  test.each(names)('closes the connection of %s before anything has come', async (name) => {
    server = await startServer({ atEnd: 'stay' });
    for (const stream of [true, false]) {
      const before = server.requests.length;
      const subscription = fromAiSdk(makers[name](server.url)).prompt('Hi', { stream }).subscribe();
      const { closed } = await server.request(before);
      subscription.unsubscribe();
      await expect(closed).resolves.toBe('aborted');
    }
  });

  test('cancels a stream of a model that does not listen to the signal', async () => {
    const cancelled = new Promise<string>((resolve) => {
      const stream = new ReadableStream<Part>({ cancel: () => resolve('cancelled') });
      const model = standIn([], { doStream: () => Promise.resolve({ stream }) });
      const subscription = fromAiSdk(model).prompt('Hi').subscribe();
      setTimeout(() => subscription.unsubscribe());
    });
    await expect(cancelled).resolves.toBe('cancelled');
  });

  test('cancels a stream that comes too late', async () => {
    let give: (result: { stream: ReadableStream<Part> }) => void = () => undefined;
    const late = new Promise<{ stream: ReadableStream<Part> }>((resolve) => (give = resolve));
    fromAiSdk(standIn([], { doStream: () => late }))
      .prompt('Hi')
      .subscribe()
      .unsubscribe();
    await expect(
      new Promise((resolve) => {
        give({ stream: new ReadableStream({ cancel: () => resolve('cancelled') }) });
      }),
    ).resolves.toBe('cancelled');
  });
});

describe('a subscription', () => {
  test('is a call, and nothing is called before it', async () => {
    const model = standIn([...text('a'), finish()]);
    const response = fromAiSdk(model).prompt('Hi');
    expect(model.calls).toHaveLength(0);
    await lastValueFrom(response);
    await lastValueFrom(response);
    expect(model.calls).toHaveLength(2);
  });

  test('gets each part synchronously when it is read', async () => {
    const order: string[] = [];
    const parts: Part[] = [
      { type: 'text-start', id: 't' },
      ...text('1', 't').slice(1, 2),
      ...text('2', 't').slice(1, 2),
    ];
    const model = fromAiSdk(standIn([...parts, finish()]));
    await lastValueFrom(
      model.prompt('Hi').pipe(
        ofType('text', 'part_end', 'usage', 'finish'),
        tap(({ type }) => {
          order.push(type);
          queueMicrotask(() => order.push('later'));
        }),
      ),
    );
    // One read a part; what one part is made into comes at once.
    expect(order.slice(0, 4)).toEqual(['text', 'later', 'text', 'later']);
    expect(order.slice(4, 7)).toEqual(['part_end', 'usage', 'finish']);
  });
});

describe('after the end', () => {
  test('connections serve the next request', async () => {
    server = await startServer({ pieces: [chunk('a'), chatEnd] });
    const model = fromAiSdk(openaiChat(server.url));
    for (let number = 0; number < 5; number++) expect((await outcomeOf(model)).error).toBeUndefined();
    expect(server.requests).toHaveLength(5);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test('a stream that goes on is read for a second and cut off', async () => {
    const cancelled = new Promise<number>((resolve) => {
      const begun = performance.now();
      const stream = new ReadableStream<Part>({
        start: (controller) => controller.enqueue(finish()),
        cancel: () => resolve(performance.now() - begun),
      });
      const model = fromAiSdk(standIn([], { doStream: () => Promise.resolve({ stream }) }));
      model.prompt('Hi').subscribe();
    });
    await expect(cancelled).resolves.toBeGreaterThan(900);
  });
});

describe('raw events', () => {
  test('are the messages of the provider, before what is made of them', async () => {
    server = await startServer({ pieces: [chunk('a'), chatEnd] });
    const { events } = await outcomeOf(fromAiSdk(openaiChat(server.url)), { raw: true });
    const at = events.findIndex((event) => event.type === 'text');
    expect(events.slice(0, at).findLast((event) => event.type === 'raw')).toEqual({
      type: 'raw',
      payload: { id: 'x', choices: [{ index: 0, delta: { content: 'a' } }] },
    });
  });
});
