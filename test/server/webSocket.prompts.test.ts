// Prompts of clients on a WebSocket: what they may say, whom they may ask, and that each is asked once.
import { concat, NEVER, of, Subject } from 'rxjs';
import { assistant, LlmError, user } from 'rxllm';
import { closeCodes, type AuthorizeRequest, type HubOptions, type Refusal } from 'rxllm/server';
import { startHub, type TestHub } from '../support/hubs.ts';
import { countingModel, type CountingModel } from '../support/models.ts';
import { closeSockets, enter, type Message, type RawSocket } from '../support/rawSockets.ts';

let server: TestHub | undefined;
const refused: Refusal[] = [];

/** A hub whose clients are called what their token says. */
async function start(options: HubOptions): Promise<TestHub> {
  server = await startHub({
    authorize: (request: AuthorizeRequest) => (request.action === 'connect' ? (request.token ?? false) : true),
    onRefused: (refusal) => refused.push(refusal),
    ...options,
  });
  return server;
}

afterEach(async () => {
  await closeSockets();
  await server?.close();
  refused.length = 0;
});

/** A model that says which request it is. */
function model(): CountingModel {
  return countingModel((_, index) => of(`answer ${index + 1}`));
}

let requests = 0;

async function ask(raw: RawSocket, prompt: Readonly<Record<string, unknown>>): Promise<Message> {
  raw.send({ type: 'prompt', request_id: `r${(requests += 1)}`, ...prompt });
  return raw.next();
}

async function read(raw: RawSocket, { stream }: Message): Promise<string> {
  raw.send({ type: 'attach', stream });
  const entries = await raw.rest(String(stream));
  return entries.map(([, event]) => (typeof event.chunk === 'string' ? event.chunk : '')).join('');
}

describe('the schema', () => {
  const png = { type: 'image/png', content: 'iVBORw==' };

  const others: readonly Readonly<Record<string, unknown>>[] = [
    { key: 'sk-1' },
    { base_url: 'http://127.0.0.1' },
    { headers: {} },
    { tools: [] },
    { path: '/etc/passwd' },
    { system: 'Obey.' },
    { options: { temperature: 1 } },
    { schema: {} },
    { messages: [] },
    { stream: 'mine' },
    { constructor: 1 },
    { text: null },
    { text: ['Hi'] },
    { model: null },
    { model: '' },
    { model: 'm'.repeat(257) },
    { reply_to: null },
    { request_id: '' },
    { request_id: 7 },
    { attachments: null },
    { attachments: png },
    { attachments: [null] },
    { attachments: Array.from({ length: 101 }, () => png) },
    { attachments: [{ ...png, url: 'http://169.254.169.254/' }] },
    { attachments: [{ type: 'image/png', url: 'http://169.254.169.254/' }] },
    { attachments: [{ type: 'text/plain', path: '/etc/passwd' }] },
    { attachments: [{ type: 'text/plain' }] },
    { attachments: [{ content: 'iVBORw==' }] },
    { attachments: [{ ...png, content: 'iVBORw' }] },
    { attachments: [{ ...png, content: 'iVBO Rw=' }] },
    { attachments: [{ ...png, content: '_-__' }] },
    { attachments: [{ ...png, content: 'https://example.com/pict' }] },
  ];

  test.each(others)('takes no prompt with %j', async (keys) => {
    const asked = model();
    const { url } = await start({ models: { asked } });
    const raw = await enter(url, 'ada');
    raw.send({ type: 'prompt', request_id: 'r', text: 'Hi', ...keys });
    expect((await raw.closed).code).toBe(closeCodes.badMessage);
    expect(asked.requests).toEqual([]);
  });

  test('says what is wrong in the reason, as far as there is room', async () => {
    const { url } = await start({ models: { m: model() } });
    const raw = await enter(url, 'ada');
    raw.send({ type: 'prompt', request_id: 'r', text: 'Hi', key: 'sk-1' });
    expect((await raw.closed).reason).toBe(
      'prompt has "key", which is not taken; it may have type, request_id, text, model, reply_to, attachments',
    );
  });

  test('lets text and files through to the model', async () => {
    const asked = model();
    const { url } = await start({ models: { asked } });
    const raw = await enter(url, 'ada');
    expect(await read(raw, await ask(raw, { text: 'What is it?', attachments: [png] }))).toBe('answer 1');
    expect(asked.requests[0]?.messages).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'What is it?' },
          { type: 'attachment', attachment: png },
        ],
      },
    ]);
  });
});

describe('the model', () => {
  test('is the first where none is named, and else one of those that there are', async () => {
    const models = { first: model(), second: model() };
    const { url } = await start({ models });
    const raw = await enter(url, 'ada');
    await read(raw, await ask(raw, { text: 'Hi' }));
    await read(raw, await ask(raw, { text: 'Hi', model: 'second' }));
    expect([models.first.requests.length, models.second.requests.length]).toEqual([1, 1]);
    for (const name of ['third', '__proto__', 'constructor', 'openai/gpt-4o']) {
      const message = `no model "${name}"; there are first, second`;
      expect(await ask(raw, { text: 'Hi', model: name })).toMatchObject({ error: { code: 'unknown_model', message } });
    }
  });

  test('is not there on a server without models', async () => {
    const { url } = await start({});
    const raw = await enter(url, 'ada');
    expect(await ask(raw, { text: 'Hi' })).toMatchObject({ type: 'refused', error: { code: 'unsupported' } });
  });
});

describe('respond', () => {
  test('makes the response from message, model, parent and principal', async () => {
    const asked = model();
    const seen: unknown[] = [];
    const { url } = await start({
      models: { asked },
      respond({ message, model: chosen, parent, principal }) {
        seen.push([principal, parent !== undefined]);
        return chosen.prompt([message], { system: 'Be brief.' });
      },
    });
    const raw = await enter(url, 'ada');
    const first = await ask(raw, { text: 'Hi' });
    await read(raw, first);
    await read(raw, await ask(raw, { text: 'And?', reply_to: first.stream }));
    expect(seen).toEqual([
      ['ada', false],
      ['ada', true],
    ]);
    expect(asked.requests[0]).toMatchObject({ system: 'Be brief.' });
  });

  test('that throws an LlmError says it to the client', async () => {
    const { url } = await start({
      models: { m: model() },
      respond() {
        throw new LlmError('guardrail', 'not about that');
      },
    });
    const error = { code: 'guardrail', message: 'not about that', retryable: false };
    expect(await ask(await enter(url, 'ada'), { text: 'Hi' })).toMatchObject({ type: 'refused', error });
  });

  test('that throws anything else says it to the log', async () => {
    const { url } = await start({
      models: { m: model() },
      respond() {
        throw new TypeError('/srv/app/secrets.json is no object');
      },
    });
    const error = { code: 'server_error', message: 'the server failed', retryable: true };
    expect(await ask(await enter(url, 'ada'), { text: 'Hi' })).toMatchObject({ type: 'refused', error });
    const reason = 'it failed: /srv/app/secrets.json is no object';
    expect(refused).toEqual([{ action: 'publish', principal: 'ada', reason }]);
  });
});

describe('reply_to', () => {
  test('gives the model the turns before', async () => {
    const asked = model();
    const { url } = await start({ models: { asked } });
    const raw = await enter(url, 'ada');
    const first = await ask(raw, { text: 'One?' });
    await read(raw, first);
    const second = await ask(raw, { text: 'Two?', reply_to: first.stream });
    await read(raw, second);
    expect(await read(raw, await ask(raw, { text: 'Three?', reply_to: second.stream }))).toBe('answer 3');
    const history = asked.requests[2]!.messages.map(({ role, parts }) => [
      role,
      parts.map((part) => 'text' in part && part.text),
    ]);
    expect(history).toEqual([
      ['user', ['One?']],
      ['assistant', ['answer 1']],
      ['user', ['Two?']],
      ['assistant', ['answer 2']],
      ['user', ['Three?']],
    ]);
  });

  test('goes on from what a stopped turn had said', async () => {
    const asked = countingModel((_, index) => (index === 0 ? concat(of('Well, '), NEVER) : of('and so on')));
    const { url } = await start({ models: { asked } });
    const raw = await enter(url, 'ada');
    const first = await ask(raw, { text: 'Why?' });
    raw.send({ type: 'stop', request_id: 'stop', stream: first.stream });
    expect(await raw.next()).toMatchObject({ type: 'stopped' });
    expect(await read(raw, await ask(raw, { text: 'Go on', reply_to: first.stream }))).toBe('and so on');
    expect(asked.requests[1]?.messages).toEqual([user('Why?'), assistant('Well, '), user('Go on')]);
  });

  test('needs the right to attach, of which the log is told', async () => {
    const { url } = await start({
      models: { m: model() },
      authorize: (request) => {
        if (request.action === 'connect') return request.token ?? false;
        return request.action !== 'attach' || request.owner === request.principal;
      },
    });
    const ada = await enter(url, 'ada');
    const { stream } = await ask(ada, { text: 'Hi' });
    await read(ada, { type: 'prompted', stream });
    const answer = await ask(await enter(url, 'bob'), { text: 'What did she ask?', reply_to: stream });
    expect(answer).toMatchObject({ type: 'refused', error: { code: 'not_found' } });
    expect(refused).toEqual([{ action: 'attach', principal: 'bob', stream, reason: 'authorize() said no' }]);
  });

  test.each([
    ['that still runs', NEVER, { code: 'not_run', retryable: true }],
    ['that is no response', of('Hi'), { code: 'unsupported', retryable: false }],
  ])('of a stream %s is refused', async (_, source, error) => {
    const { hub, url } = await start({ models: { m: model() } });
    hub.publish('s', source);
    expect(await ask(await enter(url, 'ada'), { text: 'Hi', reply_to: 's' })).toMatchObject({ type: 'refused', error });
  });
});

describe('request_id', () => {
  const mayAll = (request: AuthorizeRequest) => (request.action === 'connect' ? (request.token ?? false) : true);
  const authorizes: [string, HubOptions['authorize']][] = [
    ['at once', mayAll],
    [
      'a few turns of the event loop later',
      async (request) => {
        for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        return mayAll(request);
      },
    ],
  ];

  test.each(authorizes)(
    'sent often, on many sockets, asks the model once: authorize answers %s',
    async (_, authorize) => {
      const answers$ = new Subject<string>();
      const asked = countingModel((__, index) => (index === 0 ? of('Hi') : answers$));
      const { url } = await start({ authorize, models: { asked } });
      const sockets = await Promise.all(Array.from({ length: 5 }, () => enter(url, 'ada')));
      const before = await ask(sockets[0]!, { text: 'Hi' });
      await read(sockets[0]!, before);
      for (const [at, reply] of [{}, { reply_to: before.stream }].entries()) {
        const prompt = { type: 'prompt', request_id: `same ${at}`, text: 'Hi', ...reply };
        for (const raw of sockets) raw.send(prompt, prompt);
        const answers = await Promise.all(sockets.flatMap((raw) => [raw.next(), raw.next()]));
        expect(new Set(answers.map(({ type, stream }) => `${type} ${String(stream)}`)).size).toBe(1);
        expect(answers[0]?.stream).toMatch(/^[\w-]{22}$/);
        expect(await ask(sockets[1]!, prompt)).toEqual(answers[0]);
      }
      expect(asked.requests).toHaveLength(3);
    },
  );

  test('is known as long as its stream is, also when that has ended', async () => {
    const asked = model();
    const { url } = await start({ models: { asked } });
    const raw = await enter(url, 'ada');
    const first = await ask(raw, { request_id: 'same', text: 'Hi' });
    await read(raw, first);
    expect(await ask(await enter(url, 'ada'), { request_id: 'same', text: 'Hi' })).toEqual(first);
    expect(asked.requests).toHaveLength(1);
  });

  test('of another principal is another', async () => {
    const asked = model();
    const { url } = await start({ models: { asked } });
    const answers = [];
    for (const who of ['ada', 'bob'])
      answers.push(await ask(await enter(url, who), { request_id: 'same', text: 'Hi' }));
    expect(answers[0]?.stream).not.toBe(answers[1]?.stream);
    expect(asked.requests).toHaveLength(2);
  });

  test.each([{ text: 'Bye' }, { model: 'b' }, { attachments: [{ type: 'a/b', content: 'AAAA' }] }])(
    'with another prompt is refused: %j',
    async (change) => {
      const { url } = await start({ models: { a: model(), b: model() } });
      const raw = await enter(url, 'ada');
      await ask(raw, { request_id: 'same', text: 'Hi' });
      const answer = await ask(raw, { request_id: 'same', text: 'Hi', ...change });
      expect(answer).toMatchObject({ type: 'refused', request_id: 'same', error: { code: 'invalid_input' } });
    },
  );
});
