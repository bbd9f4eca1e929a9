// Questions of a client: each is answered once, whatever happens to the connection.
import { from, lastValueFrom, NEVER, switchMap, toArray } from 'rxjs';
import type { PromptInput } from 'rxllm/client';
import { openaiChat } from 'rxllm/openai';
import { collectText } from 'rxllm/operators';
import type { HubOptions } from 'rxllm/server';
import { connectTo, startHub, type TestHub } from '../support/hubs.ts';
import { countingModel } from '../support/models.ts';
import { startProxy } from '../support/proxies.ts';
import { startServer } from '../support/servers.ts';

const servers: TestHub[] = [];

async function start(options: HubOptions = {}): Promise<TestHub> {
  const server = await startHub(options);
  servers.push(server);
  return server;
}

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    (value) => Promise.reject(new Error(`there was no error, but ${JSON.stringify(value)}`)),
    (error: unknown) => error,
  );

describe('prompt()', () => {
  test('emits the id of the stream that answers, a new one for each subscription', async () => {
    const model = countingModel((_, index) => from(['answer ', String(index)]));
    const { url } = await start({ models: { counting: model } });
    const { client } = connectTo(url);
    const prompt$ = client.prompt('Hi');
    const answer$ = prompt$.pipe(switchMap((stream) => client.attach(stream).pipe(collectText())));
    expect(await lastValueFrom(answer$)).toBe('answer 0');
    expect(await lastValueFrom(answer$)).toBe('answer 1');
    const [id, ...more] = await lastValueFrom(prompt$.pipe(toArray()));
    expect(id).toMatch(/^[\w-]{22}$/);
    expect(more).toEqual([]);
    expect(model.requests).toHaveLength(3);
  });

  test('is answered for itself, however many are asked at once', async () => {
    const model = countingModel(({ messages }) => from([JSON.stringify(messages.at(-1)!.parts)]));
    const { url } = await start({ models: { counting: model } });
    const { client } = connectTo(url);
    const texts = ['one', 'two', 'three'];
    const list = lastValueFrom(client.list());
    const ids = await Promise.all(texts.map((text) => lastValueFrom(client.prompt(text))));
    expect(await list).toEqual([]);
    for (const [at, text] of texts.entries()) {
      const answer = await lastValueFrom(client.attach(ids[at]!).pipe(collectText()));
      expect(JSON.parse(answer)).toEqual([{ type: 'text', text }]);
    }
  });

  test('sends nothing before it is subscribed', async () => {
    const model = countingModel(() => from(['answer']));
    const { url } = await start({ models: { counting: model } });
    const { client, sockets } = connectTo(url);
    client.prompt('Hi');
    await lastValueFrom(client.list());
    expect(model.requests).toEqual([]);
    expect(sockets).toHaveLength(1);
  });

  test('that is asked again with its request_id is answered with the same stream', async () => {
    const model = countingModel(() => from(['answer']));
    const { url } = await start({ models: { counting: model } });
    const prompt: PromptInput = { text: 'Hi', request_id: 'mine' };
    const here = await lastValueFrom(connectTo(url).client.prompt(prompt));
    expect(await lastValueFrom(connectTo(url).client.prompt(prompt))).toBe(here);
    expect(model.requests).toHaveLength(1);
  });

  test('that is cut off between sending and the answer makes one request to the provider', async () => {
    const provider = await startServer({
      pieces: [
        'data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
      ],
    });
    const model = openaiChat({ model: 'gpt-x', apiKey: 'k', baseUrl: provider.url });
    const { url, port, hub } = await start({ models: { 'gpt-x': model } });
    const proxy = await startProxy(port);
    const { client } = connectTo(`ws://127.0.0.1:${proxy.port}/hub`);
    const isOpen = client.state$.subscribe(({ status }) => {
      if (status === 'open' && proxy.connections === 1) proxy.mute();
    });
    const answer = lastValueFrom(client.prompt('Hi').pipe(switchMap((id) => client.attach(id).pipe(collectText()))));
    await provider.request(0);
    proxy.reset();
    expect(await answer).toBe('Hello');
    expect(proxy.connections).toBeGreaterThan(1);
    expect(provider.requests).toHaveLength(1);
    expect(hub.list()).toHaveLength(1);
    expect(await lastValueFrom(connectTo(url).client.list())).toHaveLength(1);
    isOpen.unsubscribe();
    await proxy.close();
    await provider.close();
  });

  test('takes files as bytes and as base64, a model and the turn before', async () => {
    const model = countingModel((_, index) => from([`answer ${index}`]));
    const { url } = await start({ models: { other: countingModel(() => NEVER), counting: model } });
    const { client } = connectTo(url);
    const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7) % 256);
    const first = await lastValueFrom(
      client.prompt({
        text: 'What is this?',
        model: 'counting',
        attachments: [
          { type: 'image/png', content: bytes },
          { type: 'image/gif', content: 'R0lG' },
        ],
      }),
    );
    await lastValueFrom(client.attach(first));
    const second = await lastValueFrom(client.prompt({ text: 'And?', model: 'counting', reply_to: first }));
    await lastValueFrom(client.attach(second));
    const asked = {
      role: 'user',
      parts: [
        { type: 'text', text: 'What is this?' },
        { type: 'attachment', attachment: { type: 'image/png', content: Buffer.from(bytes).toString('base64') } },
        { type: 'attachment', attachment: { type: 'image/gif', content: 'R0lG' } },
      ],
    };
    expect(model.requests.map(({ messages }) => messages)).toEqual([
      [asked],
      [
        asked,
        { role: 'assistant', parts: [{ type: 'text', text: 'answer 0' }] },
        { role: 'user', parts: [{ type: 'text', text: 'And?' }] },
      ],
    ]);
  });

  test.each<[string, PromptInput, object]>([
    ['a model that there is not', { text: 'Hi', model: 'none' }, { code: 'unknown_model', retryable: false }],
    ['a stream that there is not', { text: 'Hi', reply_to: 'none' }, { code: 'not_found', retryable: false }],
    [
      'too many bytes',
      { text: 'Hi', attachments: [{ type: 'image/png', content: new Uint8Array(101) }] },
      { code: 'invalid_input', retryable: false },
    ],
  ])('errors with what the server says of %s', async (_, prompt, error) => {
    const { hub, url } = await start({
      models: { counting: countingModel(() => from(['answer'])) },
      limits: { attachmentBytes: 100 },
    });
    const { client, sockets } = connectTo(url);
    hub.publish('other', NEVER);
    const other = client.attach('other').subscribe();
    expect(await errorOf(lastValueFrom(client.prompt(prompt)))).toMatchObject({ name: 'LlmError', ...error });
    // It is no reason to end the connection.
    expect(await lastValueFrom(client.list())).toHaveLength(1);
    expect(sockets).toHaveLength(1);
    other.unsubscribe();
  });

  test('errors with rate_limited, to be tried again, for one too many', async () => {
    const model = countingModel(() => NEVER);
    const { url } = await start({ models: { counting: model }, limits: { prompts: 1 } });
    const { client } = connectTo(url);
    await lastValueFrom(client.prompt('Hi'));
    expect(await errorOf(lastValueFrom(client.prompt('Hi')))).toMatchObject({ code: 'rate_limited', retryable: true });
  });

  test('errors with bad_request for more than the server reads, and is not tried again', async () => {
    const model = countingModel(() => from(['answer']));
    const { url } = await start({ models: { counting: model }, limits: { messageBytes: 1000 } });
    const { client, sockets } = connectTo(url);
    const error = await errorOf(lastValueFrom(client.prompt('x'.repeat(1_000_000))));
    expect(error).toMatchObject({ code: 'bad_request', retryable: false });
    expect(String(error)).toMatch('1009');
    expect(sockets).toHaveLength(1);
    expect(model.requests).toEqual([]);
  });
});

describe('stop()', () => {
  test('of another client ends the run down to the provider', async () => {
    const model = countingModel(() => NEVER);
    const { url } = await start({ models: { counting: model } });
    const { client } = connectTo(url);
    const id = await lastValueFrom(client.prompt('Hi'));
    const error = errorOf(lastValueFrom(client.attach(id)));
    expect(model.running()).toBe(1);
    expect(await lastValueFrom(connectTo(url).client.stop(id, 'enough').pipe(toArray()))).toEqual([undefined]);
    expect(model.running()).toBe(0);
    expect(await error).toMatchObject({ code: 'aborted', message: 'the stream was stopped: enough' });
  });

  test('errors with not_found for a stream that there is not', async () => {
    const { url } = await start();
    expect(await errorOf(lastValueFrom(connectTo(url).client.stop('none')))).toMatchObject({ code: 'not_found' });
  });
});

describe('list()', () => {
  test('emits the streams that there are', async () => {
    const { hub, url } = await start();
    hub.publish('done', from(['a', 'b']));
    hub.publish('waiting', NEVER, { start: 'first-attach', owner: 'me' });
    hub.publish('running', NEVER);
    const { client } = connectTo(url);
    const attached = client.entries('running').subscribe();
    const [listed, ...more] = await lastValueFrom(client.list().pipe(toArray()));
    expect(more).toEqual([]);
    expect(listed).toEqual(hub.list());
    expect(listed).toMatchObject([
      { stream: 'done', state: 'done', first: 1, last: 3, subscribers: 0 },
      { stream: 'waiting', state: 'waiting', last: 0, subscribers: 0, owner: 'me' },
      { stream: 'running', state: 'running', last: 0, subscribers: 1 },
    ]);
    attached.unsubscribe();
  });

  test('errors with permission where nobody may', async () => {
    const { url } = await start({ authorize: ({ action }) => action === 'connect' });
    const { client } = connectTo(url, { token: 't' });
    expect(await errorOf(lastValueFrom(client.list()))).toMatchObject({ code: 'permission' });
  });
});
