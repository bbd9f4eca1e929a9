// What is sent: histories of all kinds, as a server gets them.
import { assistant, attachment, system, toolMessage, user } from 'rxllm';
import { bodyOf, call, encoded, notRun, own, result, said, sent, useServer, wireCall, wireResult } from './sent.ts';

useServer();

const userTurn = (...content: readonly unknown[]) => ({ role: 'user', content });
const answer = (...content: readonly unknown[]) => ({ role: 'assistant', content });

describe('a Messages request', () => {
  test('is the smallest there is for a prompt alone', async () => {
    const { path, headers, json } = await sent();
    expect(path).toBe('/messages');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'anthropic-version': '2023-06-01',
    });
    expect(headers).not.toHaveProperty('anthropic-beta');
    expect(json).toEqual({ model: 'm', max_tokens: 8192, messages: [userTurn(said('Hi'))], stream: true });
  });

  test('has options and tools in their places, and extraBody over everything', async () => {
    const search = { type: 'web_search_20250305', name: 'web_search' };
    const { json, headers } = await sent(
      {
        options: {
          temperature: 0,
          max_tokens: 5,
          stop_sequences: 'a',
          tools: [search],
          tool_choice: 'any',
          cache: '1h',
          betas: ['a-1', 'b-2'],
          metadata: { user_id: 'u' },
        },
        tools: [{ name: 'f', description: 'does f', input_schema: { properties: {} } }, { name: 'g' }],
        stream: false,
      },
      { extraBody: { top_k: 3, temperature: 1, metadata: undefined }, headers: { 'anthropic-beta': 'own-1' } },
    );
    expect(json).toEqual({
      model: 'm',
      max_tokens: 5,
      messages: [userTurn(said('Hi'))],
      stream: false,
      temperature: 1,
      stop_sequences: ['a'],
      tools: [
        { name: 'f', description: 'does f', input_schema: { type: 'object', properties: {} } },
        { name: 'g', input_schema: { type: 'object', properties: {} } },
        search,
      ],
      tool_choice: { type: 'any' },
      cache_control: { type: 'ephemeral', ttl: '1h' },
      top_k: 3,
    });
    expect(headers).toMatchObject({ accept: 'application/json', 'anthropic-beta': 'own-1, a-1,b-2' });
  });

  test('has all instructions at the top, none twice in a row', async () => {
    expect(await bodyOf([system('a'), user('x'), system('a'), assistant('y'), system('b'), user('z')])).toMatchObject({
      system: 'a\n\nb',
      messages: [userTurn(said('x')), answer(said('y')), userTurn(said('z'))],
    });
    expect(await bodyOf([user('x')], {}, { system: 'now' })).toMatchObject({ system: 'now' });
    expect(await bodyOf([{ role: 'developer', parts: [{ type: 'text', text: 'a' }] }, user('x')])).toMatchObject({
      system: 'a',
    });
  });

  test('joins adjacent messages of one role, and leaves out what is empty or only space', async () => {
    expect(
      await encoded([user('a', ' '), user(''), user('b'), assistant('c'), assistant(' \n', 'd'), user('e')]),
    ).toEqual([userTurn(said('a'), said('b')), answer(said('c'), said('d')), userTurn(said('e'))]);
    expect(await bodyOf([system(''), user('x')])).not.toHaveProperty('system');
  });

  test('lets the user begin, and an answer that goes on end without space', async () => {
    expect(await encoded([assistant('Hello'), user('x'), assistant('{ ')])).toEqual([
      userTurn(said('.')),
      answer(said('Hello')),
      userTurn(said('x')),
      answer(said('{')),
    ]);
    expect(await bodyOf([system('Greet.')])).toMatchObject({ system: 'Greet.', messages: [userTurn(said('.'))] });
  });

  test('drops thinking at the end of an answer that was broken off', async () => {
    const thought = { type: 'reasoning' as const, text: 'Hm', ...own({ signature: 'A' }) };
    expect(await encoded([user('q'), assistant('So', thought), user('r')])).toEqual([
      userTurn(said('q')),
      answer(said('So')),
      userTurn(said('r')),
    ]);
    expect(await encoded([user('q'), assistant(thought), user('r')])).toEqual([userTurn(said('q'), said('r'))]);
  });
});

describe('calls and their results', () => {
  test('stand in turn, the results first in theirs', async () => {
    const history = [
      user('q'),
      assistant('Let me see', call('f', 'a'), call('g', 'b')),
      user('And?'),
      toolMessage(result('g', '2', 'b'), result('f', '', 'a')),
      assistant(call('f', 'c')),
      toolMessage({ ...result('f', '', 'c'), exception: 'TypeError: no' }),
      user('thanks'),
    ];
    expect(await encoded(history)).toEqual([
      userTurn(said('q')),
      answer(said('Let me see'), wireCall('f', 'a'), wireCall('g', 'b')),
      userTurn({ type: 'tool_result', tool_use_id: 'a' }, wireResult('b', '2'), said('And?')),
      answer(wireCall('f', 'c')),
      userTurn({ ...wireResult('c', 'TypeError: no'), is_error: true }, said('thanks')),
    ]);
  });

  test('a call without a result gets one that says so', async () => {
    expect(await encoded([user('q'), assistant(call('f', 'a')), user('Never mind')])).toEqual([
      userTurn(said('q')),
      answer(wireCall('f', 'a')),
      userTurn(notRun('a'), said('Never mind')),
    ]);
    expect(await encoded([user('q'), assistant(call('f', 'a')), assistant('So')])).toEqual([
      userTurn(said('q')),
      answer(wireCall('f', 'a')),
      userTurn(notRun('a')),
      answer(said('So')),
    ]);
  });

  test('a result without a call, and a second one for the same, become text', async () => {
    const history = [
      user('q'),
      assistant(call('f', 'a')),
      toolMessage(result('f', '1', 'a'), result('f', '2', 'a'), result('g', '3', 'x')),
    ];
    expect((await encoded(history))[2]).toEqual(
      userTurn(wireResult('a', '1'), said('Result of the tool f: 2'), said('Result of the tool g: 3')),
    );
  });

  test('a result that came before its call is not the result of it', async () => {
    const history = [user('q'), toolMessage(result('f', '1', 'a')), assistant(call('f', 'a')), user('r')];
    expect(await encoded(history)).toEqual([
      userTurn(said('q'), said('Result of the tool f: 1')),
      answer(wireCall('f', 'a')),
      userTurn(notRun('a'), said('r')),
    ]);
  });

  test('have legal ids that are used once, short ones in the place of others', async () => {
    const synthetic = { provider_metadata: { rxllm: { synthetic_id: true } } };
    const history = [
      user('q'),
      assistant(
        call('f', 'functions.f:0'),
        call('g'),
        call('g'),
        call('h', 'tc_1_0', synthetic),
        call('i', 'call00002'),
      ),
      toolMessage(
        result('g', '1'),
        result('h', '2', 'tc_1_0'),
        result('g', '3'),
        result('f', '4', 'functions.f:0'),
        result('i', '5', 'call00002'),
      ),
      assistant(call('i', 'call00002')),
      toolMessage(result('i', '6', 'call00002')),
    ];
    expect((await encoded(history)).slice(1)).toEqual([
      answer(
        wireCall('f', 'call00001'),
        wireCall('g', 'call00003'),
        wireCall('g', 'call00004'),
        wireCall('h', 'call00005'),
        wireCall('i', 'call00002'),
      ),
      userTurn(
        wireResult('call00001', '4'),
        wireResult('call00003', '1'),
        wireResult('call00004', '3'),
        wireResult('call00005', '2'),
        wireResult('call00002', '5'),
      ),
      answer(wireCall('i', 'call00006')),
      userTurn(wireResult('call00006', '6')),
    ]);
  });

  test('a result that lost its id belongs to the call of its name', async () => {
    expect((await encoded([user('q'), assistant(call('f', 'a')), toolMessage(result('f', '1'))])).slice(1)).toEqual([
      answer(wireCall('f', 'a')),
      userTurn(wireResult('a', '1')),
    ]);
  });

  test('have names and arguments that the API takes', async () => {
    const odd = call('ns.f', 'a', { arguments: { _raw: '{"x"' } });
    expect((await encoded([user('q'), assistant(odd, call('g', 'b', { arguments: [1] }))]))[1]).toEqual(
      answer(
        { type: 'tool_use', id: 'a', name: 'ns_f', input: { _raw: '{"x"' } },
        { type: 'tool_use', id: 'b', name: 'g', input: {} },
      ),
    );
  });

  test('keep their files inside the result', async () => {
    const image = { type: 'image/png', content: 'iVBORw0KGgoAAAA=' };
    const block = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: image.content } };
    const history = [
      user('q'),
      assistant(call('f', 'a'), call('g', 'b')),
      toolMessage(
        { ...result('f', 'see', 'a'), attachments: [image] },
        { ...result('g', '', 'b'), attachments: [image] },
      ),
    ];
    expect((await encoded(history))[2]).toEqual(
      userTurn(
        { type: 'tool_result', tool_use_id: 'a', content: [said('see'), block] },
        { type: 'tool_result', tool_use_id: 'b', content: [block] },
      ),
    );
  });
});

describe('what other providers said', () => {
  test('goes on without what they alone can read', async () => {
    const server_executed = true as const;
    const history = [
      user('q'),
      assistant(
        { type: 'reasoning', text: 'Hm', provider_metadata: { openai: { reasoning_field: 'reasoning' } } },
        { type: 'reasoning', text: '', redacted: true, provider_metadata: { gemini: { thoughtSignature: 'x' } } },
        call('s', 'a', { server_executed }),
        { ...result('s', 'r', 'a'), server_executed },
        attachment({ content: 'iVBORw0KGgoAAAA=' }),
        { type: 'text', text: 'I will not', provider_metadata: { openai: { refusal: true, citations: [1] } } },
      ),
      user('r'),
    ];
    expect(await encoded(history)).toEqual([userTurn(said('q')), answer(said('I will not')), userTurn(said('r'))]);
  });

  test('is left out when nothing remains, and the turns still alternate', async () => {
    const thought = { type: 'reasoning' as const, text: 'Hm' };
    expect(await encoded([user('q'), assistant(thought), user('r')])).toEqual([userTurn(said('q'), said('r'))]);
  });
});

describe('results of tools that the provider ran', () => {
  const search = call('web_search', 's1', { server_executed: true, ...own({ block: { type: 'server_tool_use' } }) });
  const block = { type: 'web_search_tool_result', tool_use_id: 's1', content: [] };
  const found = { ...result('web_search', '[]', 's1'), server_executed: true as const, ...own({ block }) };

  test('go back with their call, and neither without the other', async () => {
    expect(await encoded([user('q'), assistant(search, found), user('r')])).toEqual([
      userTurn(said('q')),
      answer({ ...wireCall('web_search', 's1'), type: 'server_tool_use' }, block),
      userTurn(said('r')),
    ]);
    expect(await encoded([user('q'), assistant(search), user('r')])).toEqual([userTurn(said('q'), said('r'))]);
    expect(await encoded([user('q'), assistant(found), user('r')])).toEqual([userTurn(said('q'), said('r'))]);
  });
});

describe('instructions in the middle of a conversation', () => {
  // A server of our own is not Anthropic's, so the request is looked at where it would leave.
  async function toAnthropic(model: string, ...messages: Parameters<typeof bodyOf>[0]) {
    let body = '';
    const fetch = (_: string, init: RequestInit) => {
      body = init.body as string;
      return Promise.resolve(new Response('{}', { status: 400 }));
    };
    await expect(bodyOf(messages, { model, baseUrl: undefined, apiKey: 'k', fetch })).rejects.toMatchObject({
      code: 'bad_request',
    });
    const { system: top, messages: turns } = JSON.parse(body) as Record<string, unknown>;
    return { system: top, messages: turns };
  }
  const history = [system('a'), user('x'), assistant('y'), system('b'), user('z')];

  test('stand after the turn of the user where the model takes them there', async () => {
    expect(await toAnthropic('claude-opus-4-8', ...history)).toEqual({
      system: 'a',
      messages: [userTurn(said('x')), answer(said('y')), userTurn(said('z')), { role: 'system', content: [said('b')] }],
    });
    expect(await toAnthropic('claude-opus-5-5', ...history, assistant('w'), system('c'))).toEqual({
      system: 'a\n\nc',
      messages: [
        userTurn(said('x')),
        answer(said('y')),
        userTurn(said('z')),
        { role: 'system', content: [said('b')] },
        answer(said('w')),
      ],
    });
  });

  test.each(['claude-sonnet-4-6', 'claude-sonnet-5', 'claude-opus-4-7', 'claude-3-5-haiku-20241022'])(
    'stand at the top for %s',
    async (model) => {
      expect(await toAnthropic(model, ...history)).toEqual({
        system: 'a\n\nb',
        messages: [userTurn(said('x')), answer(said('y')), userTurn(said('z'))],
      });
    },
  );

  test('stand at the top for servers of others', async () => {
    expect(await bodyOf(history, { model: 'claude-opus-4-8' })).toMatchObject({ system: 'a\n\nb' });
  });
});
