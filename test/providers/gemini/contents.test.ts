// What histories become, also those that another provider made.
import { assistant, attachment, system, toolMessage, user, type JsonObject, type Message, type Part } from 'rxllm';
import { gemini } from 'rxllm/gemini';
import { fetchOf } from '../../support/servers.ts';
import { chunk, encode, streamOf } from './chunks.ts';
import { call, encoded, own, result, sent, useServer, wireCall, wireResult } from './sent.ts';

useServer();

const png = { type: 'image/png', content: 'iVBORw0KGgo=' };
const wirePng = { inlineData: { mimeType: 'image/png', data: png.content } };
const text = (said: string, more: object = {}): Part => ({ type: 'text', text: said, ...more });
const message = (role: Message['role'], parts: readonly Part[]): Message => ({ role, parts });
const skip = { thoughtSignature: 'skip_thought_signature_validator' };

describe('turns', () => {
  test('alternate: messages of one side are one, and a tool’s is the user’s', async () => {
    expect(
      await encoded([
        user('a'),
        user('b'),
        assistant('c'),
        assistant('d', call('f', 'i')),
        toolMessage(result('f', 'e', 'i')),
        user('g'),
        assistant('h'),
      ]),
    ).toEqual([
      { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
      { role: 'model', parts: [{ text: 'c' }, { text: 'd' }, wireCall('f')] },
      { role: 'user', parts: [wireResult('f', 'e'), { text: 'g' }] },
      { role: 'model', parts: [{ text: 'h' }] },
    ]);
  });

  test('begin with the user', async () => {
    expect(await encoded([assistant('a'), user('b')])).toEqual([
      { role: 'user', parts: [{ text: '.' }] },
      { role: 'model', parts: [{ text: 'a' }] },
      { role: 'user', parts: [{ text: 'b' }] },
    ]);
  });

  test('have nothing that is empty', async () => {
    expect(await encoded([user(''), assistant(''), user('a', ''), assistant(text('')), user('b')])).toEqual([
      { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
    ]);
  });
});

describe('system texts', () => {
  test('stand before everything, each once, that of the call first', async () => {
    const messages = [system('a'), user('b'), assistant('c'), system('d'), system('a'), system(''), user('e')];
    const { json } = await sent({ messages, system: 'z' });
    expect(json.systemInstruction).toEqual({ parts: [{ text: 'z' }, { text: 'a' }, { text: 'd' }] });
    expect(json.contents).toEqual([
      { role: 'user', parts: [{ text: 'b' }] },
      { role: 'model', parts: [{ text: 'c' }] },
      { role: 'user', parts: [{ text: 'e' }, { text: 'Hi' }] },
    ]);
  });

  test('begin the first turn for Gemma 3, which takes none elsewhere', async () => {
    for (const messages of [
      [system('a'), user('b')],
      [system('a'), assistant('b')],
    ]) {
      const { json } = await sent({ messages }, { model: 'gemma-3-27b-it' });
      expect(json).not.toHaveProperty('systemInstruction');
      expect((json.contents as readonly { parts: readonly unknown[] }[])[0]!.parts[0]).toEqual({ text: 'a' });
    }
    expect((await sent({ system: 'a' }, { model: 'gemma-4-31b-it' })).json).toHaveProperty('systemInstruction');
  });

  test('alone are a prompt too, which the user begins', async () => {
    const bodies: unknown[] = [];
    const fetch = (_: string, { body }: RequestInit) => {
      bodies.push(JSON.parse(body as string));
      return fetchOf([encode(streamOf([chunk([{ text: 'ok' }], { finishReason: 'STOP' })]))])();
    };
    const model = gemini({ model: 'gemini-2.0-flash', baseUrl: 'http://h', fetch });
    await model.prompt(undefined, { system: 'a' }).text();
    expect(bodies).toEqual([
      { contents: [{ role: 'user', parts: [{ text: '.' }] }], systemInstruction: { parts: [{ text: 'a' }] } },
    ]);
  });

  test('are left out when there are none', async () => {
    expect((await sent({})).json).not.toHaveProperty('systemInstruction');
  });
});

describe('calls and results', () => {
  const made = { provider_metadata: { rxllm: { synthetic_id: true } } };
  const withIds: readonly Message[] = [
    user('a'),
    assistant(call('f', 'call_1'), call('g', 'tc_r_1', made), call('h')),
    toolMessage(result('f', '1', 'call_1'), result('g', '2', 'tc_r_1'), result('h', '3')),
  ];

  test('keep their ids, but not those that a decoder made', async () => {
    expect(await encoded(withIds, 'gemini-3-pro-preview')).toEqual([
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [{ ...wireCall('f', 'call_1'), ...skip }, wireCall('g'), wireCall('h')] },
      { role: 'user', parts: [wireResult('f', '1', 'call_1'), wireResult('g', '2'), wireResult('h', '3')] },
    ]);
  });

  test.each(['gemini-2.0-flash', 'gemini-2.5-pro', 'gemma-3-27b-it'])('have no ids for %s', async (model) => {
    expect(await encoded(withIds, model)).toEqual([
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [wireCall('f'), wireCall('g'), wireCall('h')] },
      { role: 'user', parts: [wireResult('f', '1'), wireResult('g', '2'), wireResult('h', '3')] },
    ]);
  });

  test('are in one order, whatever stood between the results', async () => {
    const contents = await encoded([
      user('a'),
      assistant(call('f', '1'), call('f', '2'), call('g'), call('g'), call('f', '3')),
      user('hurry'),
      toolMessage(result('f', 'c', '3'), result('g', 'first'), result('unknown', 'x', '9')),
      toolMessage(result('f', 'b', '2'), result('g', 'second'), result('f', 'a', '1')),
    ]);
    expect(contents.at(-1)).toEqual({
      role: 'user',
      parts: [
        wireResult('f', 'a'),
        wireResult('f', 'b'),
        wireResult('g', 'first'),
        wireResult('g', 'second'),
        wireResult('f', 'c'),
        { text: 'Result of the tool unknown: x' },
        { text: 'hurry' },
      ],
    });
  });

  test('of the same ids in several turns belong to their own turn', async () => {
    const turn = (x: string) => [
      assistant(call('f', '1'), call('g', '2')),
      toolMessage(result('g', x, '2'), result('f', x, '1')),
    ];
    const contents = await encoded([user('a'), ...turn('x'), ...turn('y')]);
    expect(contents[2]).toEqual({ role: 'user', parts: [wireResult('f', 'x'), wireResult('g', 'x')] });
    expect(contents[4]).toEqual({ role: 'user', parts: [wireResult('f', 'y'), wireResult('g', 'y')] });
  });

  test('of the client that stand in one message are sent one after the other', async () => {
    expect(await encoded([user('a'), assistant(call('f', '1'), result('f', 'x', '1')), user('b')])).toEqual([
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [wireCall('f')] },
      { role: 'user', parts: [wireResult('f', 'x'), { text: 'b' }] },
    ]);
  });

  test('are as many as calls: a call without a result has one that says so, a result without a call is text', async () => {
    const notRun = (name: string) => ({
      functionResponse: { name, response: { error: 'This tool was not run.' } },
    });
    const late = { ...result('f', 'late', '1'), attachments: [png] };
    expect(
      await encoded([
        toolMessage(result('e', 'early', '0')),
        assistant(call('f', '1'), call('g', '2')),
        toolMessage(result('g', 'x', '2'), result('g', 'again', '2')),
        assistant('wait'),
        toolMessage(late),
        assistant(call('f', '3')),
        user('b'),
        assistant(call('f', '4')),
      ]),
    ).toEqual([
      { role: 'user', parts: [{ text: 'Result of the tool e: early' }] },
      { role: 'model', parts: [wireCall('f'), wireCall('g')] },
      { role: 'user', parts: [notRun('f'), wireResult('g', 'x'), { text: 'Result of the tool g: again' }] },
      { role: 'model', parts: [{ text: 'wait' }] },
      { role: 'user', parts: [{ text: 'Result of the tool f: late' }, wirePng] },
      { role: 'model', parts: [wireCall('f')] },
      { role: 'user', parts: [notRun('f'), { text: 'b' }] },
      { role: 'model', parts: [wireCall('f')] },
      { role: 'user', parts: [notRun('f')] },
    ]);
  });

  test('say when a tool failed', async () => {
    const failed = { ...result('f', 'Error: gone', '1'), exception: 'Error: gone' };
    const silent = { ...result('f', '', '2'), exception: 'Error: lost' };
    const contents = await encoded([user('a'), assistant(call('f', '1'), call('f', '2')), toolMessage(failed, silent)]);
    expect(contents.at(-1)).toEqual({
      role: 'user',
      parts: [
        { functionResponse: { name: 'f', response: { error: 'Error: gone' } } },
        { functionResponse: { name: 'f', response: { error: 'Error: lost' } } },
      ],
    });
  });

  test('have an object for arguments, whatever the model wrote', async () => {
    const calls = [
      call('f', '1', { arguments: [1] }),
      call('f', '2', { arguments: { _raw: '{"x' } }),
      call('f', '3', { arguments: null }),
    ];
    const [, turn] = await encoded([user('a'), assistant(...calls)]);
    expect(turn).toEqual({
      role: 'model',
      parts: [{}, { _raw: '{"x' }, {}].map((args) => ({ functionCall: { name: 'f', args } })),
    });
  });
});

describe('calls that Gemini did not make', () => {
  const history: readonly Message[] = [
    user('a'),
    assistant('thinking', call('f', '1'), call('g', '2')),
    toolMessage(result('f', 'x', '1'), result('g', 'y', '2')),
    assistant(call('f', '3')),
    toolMessage(result('f', 'z', '3')),
  ];

  test.each(['gemini-3-pro-preview', 'gemini-3.5-flash', 'gemini-10-pro', 'gemini-flash-latest', 'endpoints/123'])(
    'have the signature that %s takes for one, on the first of each turn',
    async (model) => {
      const contents = await encoded(history, model);
      expect(contents[1]).toEqual({
        role: 'model',
        parts: [{ text: 'thinking' }, { ...wireCall('f', '1'), ...skip }, wireCall('g', '2')],
      });
      expect(contents[3]).toEqual({ role: 'model', parts: [{ ...wireCall('f', '3'), ...skip }] });
    },
  );

  test.each(['gemini-2.0-flash', 'gemini-2.5-pro', 'gemini-1.5-pro', 'gemma-3-27b-it'])(
    'have none for %s, which does not ask for it',
    async (model) => {
      expect(JSON.stringify(await encoded(history, model))).not.toContain('thoughtSignature');
    },
  );

  test('leave a signature that is there alone', async () => {
    const signed = call('f', '1', own({ thoughtSignature: 'S' }));
    const [, turn] = await encoded([user('a'), assistant(signed, call('g', '2'))], 'gemini-3-pro-preview');
    expect(turn).toEqual({
      role: 'model',
      parts: [{ ...wireCall('f', '1'), thoughtSignature: 'S' }, wireCall('g', '2')],
    });
  });
});

describe('what another provider made', () => {
  const foreign = (data: JsonObject) => ({ provider_metadata: { anthropic: data } });

  test('is sent without its reasoning, its tools and its marks', async () => {
    const parts: Part[] = [
      { type: 'reasoning', text: '', redacted: true, ...foreign({ data: 'E' }) },
      { type: 'reasoning', text: 'Hm', ...foreign({ signature: 'S' }) },
      text('a', foreign({ citations: [1] })),
      { ...call('web_search', 's1'), server_executed: true, ...foreign({ block: {} }) },
      { ...result('web_search', 'found', 's1'), server_executed: true },
      text('I will not.', { provider_metadata: { openai: { refusal: true } } }),
      call('f', 'toolu_1', foreign({ x: 1 })),
    ];
    expect(await encoded([user('q'), message('assistant', parts), toolMessage(result('f', 'x', 'toolu_1'))])).toEqual([
      { role: 'user', parts: [{ text: 'q' }] },
      { role: 'model', parts: [{ text: 'a' }, { text: 'I will not.' }, wireCall('f')] },
      { role: 'user', parts: [wireResult('f', 'x')] },
    ]);
  });

  test('may be a file, which the model sees as its own', async () => {
    const [, turn] = await encoded([
      user('q'),
      assistant('a', attachment(png), attachment({ path: 'x.bin' })),
      user('b'),
    ]);
    expect(turn).toEqual({ role: 'model', parts: [{ text: 'a' }, wirePng] });
  });

  test('may stand under roles where it makes no sense', async () => {
    const odd = message('user', [text('a'), call('f', '1'), { type: 'reasoning', text: 'Hm' }]);
    expect(await encoded([odd, message('developer', [text('d')]), message('tool', [text('t')])])).toEqual([
      { role: 'user', parts: [{ text: 'a' }, { text: 't' }] },
    ]);
  });
});

describe('what Gemini made', () => {
  test('goes back as it came, in its order', async () => {
    const code = { executableCode: { language: 'PYTHON', code: '1' }, thoughtSignature: 'C' };
    const ran = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } };
    const empty = { text: '', thoughtSignature: 'E' };
    const parts: Part[] = [
      { type: 'reasoning', text: '', redacted: true, ...own({ after: [empty], last: true }) },
      { type: 'reasoning', text: '', redacted: true },
      { type: 'reasoning', text: 'Hm', ...own({ thought: true, thoughtSignature: 'T' }) },
      text('a', own({ thoughtSignature: 'A', groundingMetadata: {}, after: [{ newThing: 1 }] })),
      { ...call('code_execution', 'tc_r_3'), server_executed: true, ...own({ part: code }) },
      { ...result('code_execution', '1', 'tc_r_3'), server_executed: true, ...own({ part: ran }) },
      call('f', 'i', own({ thoughtSignature: 'F' })),
      { type: 'attachment', attachment: png, ...own({ thoughtSignature: 'I' }) },
    ];
    const [, turn] = await encoded([user('q'), message('assistant', parts)]);
    expect(turn).toEqual({
      role: 'model',
      parts: [
        { text: 'Hm', thought: true, thoughtSignature: 'T' },
        { text: 'a', thoughtSignature: 'A' },
        { newThing: 1 },
        code,
        ran,
        { ...wireCall('f'), thoughtSignature: 'F' },
        { ...wirePng, thoughtSignature: 'I' },
        empty,
      ],
    });
  });
});
