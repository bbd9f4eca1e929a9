// Models that ask again, over real sockets.
import { lastValueFrom, toArray, VirtualTimeScheduler } from 'rxjs';
import { withRetry, type LlmError, type LlmResponse, type Model, type Tool, type WithRetryOptions } from 'rxllm';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import { openaiChat } from 'rxllm/openai';
import { turn } from '../faults/clientSockets.ts';
import { providers } from '../faults/providers.ts';
import * as messages from '../providers/anthropic/events.ts';
import { call, delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';
import { startFaultServer } from '../support/faultServer.ts';
import type { Wire } from '../support/faultWires.ts';
import { outcomeOf, outcomeOfResponse } from '../support/outcome.ts';
import { closedPort, startServer, type Answer, type TestServer } from '../support/servers.ts';

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A server that answers one request after the other; the last answer stays. */
async function serve(...answers: readonly Answer[]): Promise<TestServer> {
  let next = 0;
  const server = await startServer(() => answers[Math.min(next++, answers.length - 1)]!);
  servers.push(server);
  return server;
}

const fast = { initialDelayMs: 0 };

function chat(at: TestServer, options: WithRetryOptions = {}): Model {
  return withRetry(openaiChat({ model: 'm', baseUrl: at.url, maxRetries: 0 }), { ...fast, ...options });
}

const busy: Answer = { status: 503, contentType: 'application/json', pieces: ['{"error":{"message":"busy"}}'] };
const said = (...chunks: readonly string[]): Answer => ({
  pieces: [streamOf([...chunks.map((content) => delta({ content })), finish('stop'), done])],
});
/** Says something, and breaks off. */
const half = (...chunks: readonly (object | string)[]): Answer => ({
  pieces: [streamOf(chunks.map((content) => (typeof content === 'string' ? delta({ content }) : content)))],
});

const assistant = (text: string) => [{ role: 'assistant', parts: [{ type: 'text', text }] }];
const usageChunk = (prompt_tokens: number, completion_tokens: number) => ({
  id: 'x',
  choices: [],
  usage: { prompt_tokens, completion_tokens },
});

function wholeAnswer(wire: Wire): Answer {
  return {
    contentType: wire.contentType,
    pieces: [wire.opening + wire.text('Hello world') + wire.closing('Hello world')],
  };
}

/** Waits for the end in virtual time: waits before a retry pass as soon as they have begun. */
async function endOf(ask: (scheduler: VirtualTimeScheduler) => LlmResponse) {
  // Not as far as a server may be silent.
  const scheduler = new VirtualTimeScheduler(undefined, 200_000);
  const outcome = outcomeOfResponse(ask(scheduler));
  for (;;) {
    scheduler.flush();
    const ended = await Promise.race([outcome, turn()]);
    if (ended) return { ...ended, ms: scheduler.frame };
  }
}

describe.each(providers)('withRetry around $name', ({ name, wire, make }) => {
  const model = (at: { readonly url: string }) => withRetry(make(at.url, { maxRetries: 0 }), fast);

  test.each([408, 409, 429, 500, 503, 529])('asks again after a status %d', async (status) => {
    const at = await serve(
      { status, contentType: 'application/json', pieces: [wire.refusal(status)] },
      wholeAnswer(wire),
    );
    expect(await model(at).prompt('Hi').text()).toBe('Hello world');
    expect(at.requests).toHaveLength(2);
    expect(at.requests[1]!.body).toBe(at.requests[0]!.body);
  });

  test.each([400, 401, 403, 404])('does not after a status %d', async (status) => {
    const at = await serve({ status, contentType: 'application/json', pieces: [wire.refusal(status)] });
    const { error } = await outcomeOf(model(at));
    expect(error).toMatchObject({ status, retryable: false });
    expect(error?.message).not.toContain('tried');
    expect(at.requests).toHaveLength(1);
  });

  test('asks again when the answer breaks off before it says anything', async () => {
    const at = await serve(
      { contentType: wire.contentType, pieces: [wire.opening], atEnd: 'destroy' },
      { contentType: wire.contentType },
      wholeAnswer(wire),
    );
    expect(await model(at).prompt('Hi').text()).toBe('Hello world');
    expect(at.requests).toHaveLength(3);
  });

  // Its errors have neither a code nor a type, by which one could tell that they may pass.
  if (name !== 'ollama') {
    test('asks again when the provider reports in the stream that it cannot answer now', async () => {
      const at = await serve({ contentType: wire.contentType, pieces: [wire.opening + wire.error] }, wholeAnswer(wire));
      const { events, error, messages: kept } = await outcomeOf(model(at));
      expect(error).toBeUndefined();
      expect(kept).toMatchObject([{ parts: [{ type: 'text', text: 'Hello world' }] }]);
      expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1);
      const starts = events.flatMap((event) => (event.type === 'start' ? [event.id] : []));
      expect(new Set(starts).size).toBe(1);
      expect(at.requests).toHaveLength(2);
    });
  }

  test('asks twice more by default, and never when it is told so', async () => {
    const at = await serve({ ...busy, pieces: [wire.refusal(503)] });
    const { error, ms } = await endOf((scheduler) => make(at.url).prompt('Hi', { scheduler }));
    expect(error).toMatchObject({ code: 'overloaded', status: 503, partial: { status: 'failed', messages: [] } });
    expect(error?.message).toMatch(/ \(tried 3 times\)$/);
    expect(at.requests).toHaveLength(3);
    expect(ms).toBeGreaterThanOrEqual(750);
    expect(ms).toBeLessThanOrEqual(1500);
    const { error: first } = await outcomeOf(make(at.url, { maxRetries: 0 }));
    expect(first?.message).not.toContain('tried');
    expect(at.requests).toHaveLength(4);
  });

  test('refuses a number of retries that is none', () => {
    for (const maxRetries of [-1, 0.5, NaN]) {
      expect(() => make('http://127.0.0.1:9', { maxRetries })).toThrow(
        expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('maxRetries') as unknown }),
      );
    }
  });
});

describe('withRetry', () => {
  test('asks again when nothing listens, and when the connection is reset', async () => {
    const port = await closedPort();
    const resetting = await startFaultServer(() => [], { resetsConnections: true });
    servers.push(resetting);
    const at = await serve(said('Hi'));
    const bases = [`http://127.0.0.1:${port}`, resetting.url, at.url];
    const codes: string[] = [];
    const model = openaiChat({
      model: 'm',
      maxRetries: 0,
      baseUrl: at.url,
      fetch: (url, init) => fetch(url.replace(at.url, bases.shift()!), init),
    });
    const onRetry = ({ error }: { readonly error: LlmError }) => codes.push(error.code);
    expect(
      await withRetry(model, { ...fast, onRetry })
        .prompt('Hi')
        .text(),
    ).toBe('Hi');
    expect(codes).toEqual(['connection', 'connection']);
  });

  test('waits as long as the headers say, or the body of Google', async () => {
    const delays: [number, number | undefined][] = [];
    const policy: WithRetryOptions = {
      random: () => 1,
      onRetry: ({ delayMs, error }) => delays.push([delayMs, error.retryAfterMs]),
    };
    const limited = { ...busy, status: 429 };
    const at = await serve(
      { ...limited, headers: { 'retry-after': '7' } },
      { ...limited, headers: { 'retry-after-ms': '1234' } },
      said('Hi'),
    );
    const plain = openaiChat({ model: 'm', baseUrl: at.url, maxRetries: 0 });
    const { error, ms } = await endOf((scheduler) => withRetry(plain, policy).prompt('Hi', { scheduler }));
    expect(error).toBeUndefined();
    expect(delays.splice(0)).toEqual([
      [7500, 7000],
      [2234, 1234],
    ]);
    expect(ms).toBe(7500 + 2234);

    const info = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' };
    const exhausted = JSON.stringify({ error: { code: 429, status: 'RESOURCE_EXHAUSTED', details: [info] } });
    const google = await serve({ ...limited, pieces: [exhausted] });
    const flash = withRetry(gemini({ model: 'm', apiKey: 'k', baseUrl: google.url, maxRetries: 0 }), {
      ...policy,
      maxRetries: 1,
    });
    await endOf((scheduler) => flash.prompt('Hi', { scheduler }));
    expect(delays).toEqual([[35_000, 34_500]]);
  });

  test('obeys a server that says whether to ask again', async () => {
    const at = await serve({ ...busy, headers: { 'x-should-retry': 'false' } });
    expect((await outcomeOf(chat(at))).error).toMatchObject({ code: 'overloaded', retryable: false });
    expect(at.requests).toHaveLength(1);
    const willing = await serve({ ...busy, status: 400, headers: { 'x-should-retry': 'true' } }, said('Hi'));
    expect(await chat(willing).prompt('Hi').text()).toBe('Hi');
  });

  test('takes the place of the retries that the model makes by itself', async () => {
    const at = await serve(busy);
    const model = openaiChat({ model: 'm', baseUrl: at.url, maxRetries: 7 });
    expect((await outcomeOf(withRetry(model, { ...fast, maxRetries: 1 }))).error?.message).toMatch(
      / \(tried 2 times\)$/,
    );
    expect(at.requests).toHaveLength(2);
    await outcomeOf(withRetry(model, { maxRetries: 0 }));
    expect(at.requests).toHaveLength(3);
  });

  test('is the same model but for that', () => {
    const model = openaiChat({ model: 'm', baseUrl: 'http://127.0.0.1:9', maxRetries: 0 });
    const { id, capabilities, provider, options } = withRetry(model);
    expect({ id, capabilities, provider, options }).toEqual({
      id: 'm',
      capabilities: model.capabilities,
      provider: model.provider,
      options: model.options,
    });
    expect(withRetry(model, { maxRetries: 0 })).toBe(model);
  });

  test('refuses options that make no sense', () => {
    const model = openaiChat({ model: 'm', baseUrl: 'http://127.0.0.1:9' });
    const wrong: readonly object[] = [
      { maxRetries: -1 },
      { maxDelayMs: NaN },
      { afterContent: 'anew' },
      { afterContent: () => [] },
    ];
    for (const options of wrong) {
      const [name = ''] = Object.keys(options);
      const error = { code: 'invalid_input', message: expect.stringContaining(name) as unknown };
      expect(() => withRetry(model, options)).toThrow(expect.objectContaining(error));
    }
  });

  test('closes the connection, and asks no more, when its response is left', async () => {
    const at = await serve({ ...half('Hi'), atEnd: 'stay' });
    await new Promise<void>((resolve) => {
      const subscription = chat(at)
        .prompt('Hi')
        .subscribe(({ type }) => {
          if (type !== 'text') return;
          subscription.unsubscribe();
          resolve();
        });
    });
    expect(await (await at.request(0)).closed).toBe('aborted');
    expect(at.requests).toHaveLength(1);
  });

  test('runs a tool once, however often the request with its result fails', async () => {
    const calls = [
      call({ index: 0, id: 'c1', function: { name: 'add', arguments: '{"a":1}' } }),
      finish('tool_calls'),
      done,
    ];
    const at = await serve({ pieces: [streamOf(calls)] }, busy, busy, said('Two'));
    let runs = 0;
    const add: Tool = { name: 'add', run: () => (runs += 1) };
    const first = chat(at).prompt('One and one?', { tools: [add] });
    expect(await first.reply().text()).toBe('Two');
    expect(runs).toBe(1);
    expect(at.requests).toHaveLength(4);
    expect(at.requests[3]!.body).toBe(at.requests[1]!.body);
  });
});

describe('withRetry after content', () => {
  test('errors by default, with what there is', async () => {
    const at = await serve(half('Hello'), said('anew'));
    const { events, error, messages: kept } = await outcomeOf(chat(at));
    expect(error).toMatchObject({ code: 'truncated', retryable: true, partial: { status: 'truncated' } });
    expect(events.map(({ type }) => type)).toEqual(['start', 'text']);
    expect(kept).toEqual(assistant('Hello'));
    expect(at.requests).toHaveLength(1);
  });

  test('begins anew with restart: reset, then start again with the same id', async () => {
    const at = await serve(half('Hello'), said('Good', ' morning'));
    const { events } = await outcomeOf(chat(at, { afterContent: 'restart' }));
    expect(events.map((event) => ('chunk' in event ? event.chunk : event.type))).toEqual([
      'start',
      'Hello',
      'reset',
      'start',
      'Good',
      ' morning',
      'part_end',
      'finish',
    ]);
    expect(events[3]).toEqual(events[0]);
    expect(events[0]).toMatchObject({ id: expect.stringMatching(/^\w{26}$/) as unknown, resolved_model: 'served' });
    expect(events[4]).toMatchObject({ part_index: 0, message_index: 0 });
  });

  test('says after a restart which model answers now', async () => {
    const chunk = { id: 'x', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] };
    const at = await serve(half('Hello'), { pieces: [streamOf([chunk, done])] });
    const { events } = await outcomeOf(chat(at, { afterContent: 'restart' }));
    const [first, second] = events.filter((event) => event.type === 'start');
    expect(first).toMatchObject({ resolved_model: 'served' });
    expect(second).not.toHaveProperty('resolved_model');
  });

  test('gives up with what there is when a restart says nothing', async () => {
    const at = await serve(half('Hello'), busy, busy);
    const { error, messages: kept } = await outcomeOf(chat(at, { afterContent: 'restart' }));
    expect(error?.message).toMatch(/busy \(tried 3 times\)$/);
    expect(error).toMatchObject({ code: 'overloaded', partial: { status: 'failed' } });
    expect(kept).toEqual(assistant('Hello'));
  });

  test('agrees with itself: helpers, JSON and those who come late to a shared run', async () => {
    const attempts = [half('Hello', usageChunk(5, 1)), said('Hi', '!')];
    const response = chat(await serve(...attempts), { afterContent: 'restart' }).prompt('Hi');
    expect(await response.text()).toBe('Hi!');
    expect(await response.result()).toMatchObject({ text: 'Hi!', usage: { input: 5, output: 1 } });
    expect(response.toJSON()).toMatchObject({ messages: assistant('Hi!'), usage: { input: 5, output: 1 } });

    const live = chat(await serve(...attempts), { afterContent: 'restart' })
      .prompt('Hi')
      .share();
    const [first, second] = await Promise.all([
      lastValueFrom(live.pipe(toArray())),
      lastValueFrom(live.pipe(toArray())),
    ]);
    expect(first.map(({ type }) => type)).toContain('reset');
    expect(second).toEqual(first);
    expect(await lastValueFrom(live.pipe(toArray()))).toEqual(first);
    expect(await live.text()).toBe('Hi!');
  });

  test('does not begin anew when a tool call is complete', async () => {
    const use = (index: number) => {
      const content = { type: 'tool_use', id: `c${index}`, name: 'add', input: {} };
      return messages.block(index, content, messages.json('{}'));
    };
    const calls = [messages.start(), ...use(0), ...use(1).slice(0, 2)];
    const at = await serve({ pieces: [messages.streamOf(calls)] });
    for (const afterContent of ['restart', 'continue'] as const) {
      const model = withRetry(anthropic({ model: 'm', apiKey: 'k', baseUrl: at.url, maxRetries: 0 }), { afterContent });
      const { error, messages: kept } = await outcomeOf(model, { tools: [{ name: 'add' }] });
      expect(error).toMatchObject({ code: 'truncated', partial: { incomplete: [{ tool_call_id: 'c1' }] } });
      expect(kept).toMatchObject([{ parts: [{ type: 'tool_call', tool_call_id: 'c0' }] }]);
    }
    expect(at.requests).toHaveLength(2);
  });
});

describe('withRetry with continue', () => {
  const goOn = { afterContent: 'continue' } as const;
  const rest = expect.stringMatching(/cut off.+Continue exactly where/) as unknown;

  test('sends the partial and asks for the rest, which belongs to the same part', async () => {
    const at = await serve(half('Once upon', ' a ti'), said('me.'));
    const response = chat(at, goOn).prompt('Tell', { system: 'Be brief.', options: { temperature: 1 } });
    const { events, error } = await outcomeOfResponse(response);
    expect(error).toBeUndefined();
    expect(at.requests[1]!.json).toEqual({
      ...at.requests[0]!.json,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Tell' },
        { role: 'assistant', content: 'Once upon a ti' },
        { role: 'user', content: rest },
      ],
    });
    expect(events.filter(({ type }) => type === 'reset' || type === 'start')).toHaveLength(1);
    expect(response.toJSON().messages).toEqual(assistant('Once upon a time.'));
    expect(response.toJSON().prompt.messages).toEqual([
      { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
      { role: 'user', parts: [{ type: 'text', text: 'Tell' }] },
    ]);
    expect(await response.text()).toBe('Once upon a time.');
  });

  test('sends thoughts back as they were, and counts both requests', async () => {
    const thought = messages.block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'Hm' },
      { type: 'signature_delta', signature: 'sig' },
    );
    const begun = messages.block(1, { type: 'text', text: '' }, messages.text('Hel')).slice(0, 2);
    const ended = [
      messages.start(),
      ...messages.block(0, { type: 'text', text: '' }, messages.text('lo')),
      ...messages.end('end_turn'),
    ];
    const at = await serve(
      { pieces: [messages.streamOf([messages.start(), ...thought, ...begun])], atEnd: 'destroy' },
      { pieces: [messages.streamOf(ended)] },
    );
    const model = anthropic({ model: 'm', apiKey: 'k', baseUrl: at.url, maxRetries: 0 });
    const response = withRetry(model, { ...fast, ...goOn }).prompt('Hi');
    expect(await response.result()).toMatchObject({ text: 'Hello', reasoning: 'Hm', usage: { input: 6, output: 6 } });
    expect(at.requests[1]!.json.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: 'sig' },
          { type: 'text', text: 'Hel' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: rest }] },
    ]);
    expect(response.toJSON().messages).toMatchObject([
      { parts: [{ type: 'reasoning' }, { type: 'text', text: 'Hello' }] },
    ]);
  });

  test('begins anew when only thoughts have come, which no model goes on from', async () => {
    const at = await serve(half(delta({ reasoning_content: 'Hm' })), said('Hi'));
    expect(await chat(at, goOn).prompt('Hi').result()).toMatchObject({ text: 'Hi', reasoning: '' });
    expect(at.requests[1]!.body).toBe(at.requests[0]!.body);
  });

  test('takes half a call away, and goes on from the text before it', async () => {
    const fragment = call({ index: 0, id: 'c1', function: { name: 'add', arguments: '{"a' } });
    const at = await serve(half('Let me', fragment), said(' see.'));
    const response = chat(at, goOn).prompt('Hi', { tools: [{ name: 'add' }] });
    expect(await response.text()).toBe('Let me see.');
    expect(response.toJSON().messages).toEqual(assistant('Let me see.'));
    expect(response.toJSON()).not.toHaveProperty('incomplete');
    expect(at.requests[1]!.json.messages).toMatchObject([{}, { role: 'assistant', content: 'Let me' }, {}]);
  });

  test('asks for the rest of the rest', async () => {
    const at = await serve(half('One, '), half('two, '), said('three.'));
    expect(await chat(at, goOn).prompt('Count').text()).toBe('One, two, three.');
    expect(at.requests[2]!.json.messages).toMatchObject([{}, { content: 'One, two, ' }, { content: rest }]);
  });

  test('begins anew where the answer has a schema', async () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } } } as const;
    const at = await serve(half('{"a":'), said('{"a":1}'));
    const { events, messages: kept } = await outcomeOf(chat(at, goOn), { schema });
    expect(kept).toEqual(assistant('{"a":1}'));
    expect(events.map(({ type }) => type)).toContain('reset');
    expect(at.requests[1]!.body).toBe(at.requests[0]!.body);
  });

  test('lets a reply follow on the whole answer', async () => {
    const at = await serve(half('Hel'), said('lo'), said('Bye'));
    const first = chat(at, goOn).prompt('Hi');
    expect(await first.reply('Bye').text()).toBe('Bye');
    expect(at.requests[2]!.json.messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Bye' },
    ]);
  });
});
