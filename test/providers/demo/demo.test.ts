import * as fc from 'fast-check';
import { bufferTime, filter, lastValueFrom, take, toArray, VirtualTimeScheduler } from 'rxjs';
import { attachment, assistant, LlmError, system, toolMessage, user, type StreamEvent, type Tool } from 'rxllm';
import { demo } from 'rxllm/demo';
import { ofType, text, toolCalls } from 'rxllm/operators';
import { numRuns } from '../../support/arbitraries.ts';
import { marbles } from '../../support/marbles.ts';

const model = demo({ chunkMs: 0 });

/** The events of a synchronous run. */
function eventsOf(response: ReturnType<typeof model.prompt>): StreamEvent[] {
  const events: StreamEvent[] = [];
  response.subscribe((event) => events.push(event));
  return events;
}

const weather: Tool = {
  name: 'get_weather',
  description: 'How warm it is in a city, and whether it rains',
  input_schema: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      unit: { enum: ['celsius', 'fahrenheit'] },
      days: { type: 'integer', minimum: 1 },
    },
    required: ['city'],
  },
  run: ({ city }) => `18 degrees in ${JSON.stringify(city)}`,
};
const add: Tool = {
  name: 'add',
  input_schema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
  run: ({ a, b }) => Number(a) + Number(b),
};

describe('the stream', () => {
  test('is start, reasoning, text, usage and finish, each part with its end', () => {
    const events = eventsOf(model.prompt('Hello'));
    const types = events.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
    expect(types).toEqual(['start', 'reasoning', 'part_end', 'text', 'part_end', 'usage', 'finish']);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  });

  test('comes in pieces like tokens: words with their space, long words in several', () => {
    const chunks: string[] = [];
    model
      .prompt('What is a cold Observable?')
      .pipe(text())
      .subscribe((chunk) => chunks.push(chunk));
    expect(chunks.slice(0, 6)).toEqual(['A', ' cold', ' Observab', 'le', ' is', ' a']);
  });

  test(
    'says one chunk every 25 ms of the scheduler',
    marbles(({ scheduler, expectObservable }) => {
      const texts = demo().prompt('Hello', { scheduler, hideReasoning: true }).pipe(text(), take(3));
      expectObservable(texts).toBe('25ms a 24ms b 24ms (c|)', { a: 'Hello!', b: ' Ask', c: ' me' });
    }),
  );

  test('takes its time from the scheduler of the prompt and from nowhere else', () => {
    const scheduler = new VirtualTimeScheduler();
    const finished: number[] = [];
    const response = demo({ chunkMs: 10 }).prompt('Hello', { scheduler, stream: false });
    response.pipe(ofType('finish')).subscribe(() => finished.push(scheduler.now()));
    expect(finished).toEqual([]);
    scheduler.flush();
    expect(finished).toEqual([20]);
  });

  test(
    'says what belongs together at one moment',
    marbles(({ scheduler, expectObservable }) => {
      const response = demo({ chunkMs: 10 }).prompt('Hello', { scheduler, stream: false });
      const moments = response.pipe(
        bufferTime(10, scheduler),
        filter((events) => events.length > 0),
      );
      const types: string[][] = [];
      moments.subscribe((events) => types.push(events.map(({ type }) => type)));
      scheduler.schedule(() => {
        expect(types).toEqual([
          ['start', 'reasoning', 'part_end'],
          ['text', 'part_end', 'usage', 'finish'],
        ]);
      }, 100);
      expectObservable(response.pipe(ofType('finish'))).toBe('20ms (f|)', { f: { type: 'finish', reason: 'stop' } });
    }),
  );

  test(
    'stops when it is unsubscribed',
    marbles(({ scheduler, expectObservable }) => {
      const texts = demo({ chunkMs: 1 }).prompt('Hello', { scheduler, hideReasoning: true }).pipe(text());
      expectObservable(texts, '^--!').toBe('-ab-', { a: 'Hello!', b: ' Ask' });
    }),
  );

  test('is the same for the same prompt', () => {
    const [first, second] = [0, 1].map(() =>
      eventsOf(model.prompt('Weather in Oslo and add 1 and 2', { tools: [weather, add] })),
    );
    expect(first?.slice(1)).toEqual(second?.slice(1));
  });

  test('has no reasoning when it will not be shown', async () => {
    const { reasoning, text: said, usage } = await model.prompt('Hello', { hideReasoning: true }).result();
    expect({ reasoning, details: usage?.details }).toEqual({ reasoning: '', details: undefined });
    expect(said).not.toBe('');
  });

  test('has one chunk a part when it comes in one piece', () => {
    const parts = eventsOf(model.prompt('Weather in Oslo', { tools: [weather], stream: false }));
    expect(parts.map(({ type }) => type)).toEqual([
      'start',
      'reasoning',
      'part_end',
      'tool_call_name',
      'tool_call_args',
      'part_end',
      'usage',
      'finish',
    ]);
  });
});

describe('usage and limit', () => {
  test('usage counts chunks', async () => {
    const response = model.prompt('one two three');
    const chunks = eventsOf(response).filter((event) => 'chunk' in event);
    const reasoning = chunks.filter(({ type }) => type === 'reasoning').length;
    expect(await response.usage()).toEqual({ input: 3, output: chunks.length, details: { reasoning } });
  });

  test('max_tokens ends it in the middle, with the reason length and without the end of the part', () => {
    const events = eventsOf(model.prompt('Hello', { options: { max_tokens: 25 } }));
    expect(events.filter((event) => 'chunk' in event)).toHaveLength(25);
    expect(events.at(-2)).toMatchObject({ type: 'usage', usage: { output: 25 } });
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'length' });
    expect(events.at(-3)).toMatchObject({ type: 'text' });
  });

  test('max_tokens that is enough changes nothing', async () => {
    const whole = await model.prompt('Hello').result();
    const limited = await model.prompt('Hello', { options: { max_tokens: whole.usage?.output } }).result();
    expect(limited).toMatchObject({ text: whole.text, finish: { reason: 'stop' } });
  });

  test('other options and other values are refused', () => {
    const refused = (options: Record<string, number>) => () => model.prompt('Hello', { options });
    expect(refused({ temperature: 1 })).toThrow(
      'options of model "demo": temperature: unknown; the only option is max_tokens',
    );
    expect(refused({ max_tokens: 0 })).toThrow('max_tokens: must be a whole number from 1 up, not 0');
    expect(() => demo({ chunkMs: -1 })).toThrow(LlmError);
    expect(() => demo({ chunkMs: Number.NaN })).toThrow('chunkMs is a number of milliseconds from 0 up, not NaN');
  });
});

describe('what it says', () => {
  test.each([
    ['What is a cold Observable?', 'A cold Observable is a recipe'],
    ['How do I cancel a response?', 'Unsubscribe.'],
    ['What is rxllm?', 'an RxJS stream of typed events'],
    ['hi', 'Hello!'],
    ['What can you do?', 'call the tools you\ngive me'],
  ])('of %j it knows something', async (prompt, answer) => {
    const said = await model.prompt(prompt).text();
    expect(said).toContain(answer);
    expect(said).toContain('a script, not an AI');
  });

  test('of anything else it tells what reached it', async () => {
    const history = [system('Be brief'), user('xyzzy'), assistant('plugh')];
    const said = await model
      .prompt('Sing!', {
        messages: history,
        attachments: [attachment({ type: 'image/png', content: 'AA==' })],
        tools: [add],
      })
      .text();
    expect(said).toContain('Your message reached me: “Sing!”');
    expect(said).toContain(
      'the system message “Be brief”, 1 attachment (image/png), 2 earlier messages and 1 tool (add)',
    );
    expect(said).toContain('a script, not an AI');
    expect(await model.prompt('Sing!', { messages: [], system: 'In French' }).text()).toContain('“In French”');
    expect(await model.prompt().text()).toContain('No message reached me');
  });

  test('it recalls a name from the history', async () => {
    const conversation = model.conversation();
    expect(await conversation.prompt('What is my name?').text()).toBe('You have not told me your name.');
    await conversation.prompt('My name is Ada.').text();
    expect(await conversation.prompt('What is my name?').text()).toContain('Your name is Ada');
  });
});

describe('tools', () => {
  /** The calls for a prompt, by name. */
  async function callsFor(prompt: string, tools: readonly Tool[] = [weather, add]): Promise<Record<string, unknown>> {
    const calls = await model.prompt(prompt, { tools }).toolCalls();
    return Object.fromEntries(calls.map(({ name, arguments: args }) => [name, args]));
  }

  test.each<[string, Record<string, unknown>]>([
    ['What is the weather in New York?', { get_weather: { city: 'New York' } }],
    [
      'Weather for "Rio de Janeiro", 3 days, in Celsius',
      { get_weather: { city: 'Rio de Janeiro', unit: 'celsius', days: 3 } },
    ],
    ['How warm is it in Oslo?', { get_weather: { city: 'Oslo' } }],
    ['Add 17 and -2.5.', { add: { a: 17, b: -2.5 } }],
    [
      'The weather in Lima for 4 days? And add 2 and 3.',
      { get_weather: { city: 'Lima', days: 4 }, add: { a: 2, b: 3 } },
    ],
    ['Weather?', { get_weather: { city: 'Paris' } }],
    ['Sing!', {}],
  ])('%j calls %j', async (prompt, calls) => {
    expect(await callsFor(prompt)).toEqual(calls);
  });

  test('a call has an id that no call before it had, and the reason is tool_calls', async () => {
    const first = model.prompt('Weather in Oslo', { tools: [weather] });
    const second = first.reply('And the weather in Lima?');
    expect((await first.result()).finish.reason).toBe('tool_calls');
    expect((await first.toolCalls())[0]?.tool_call_id).toBe('call_demo_1');
    expect((await second.toolCalls())[0]?.tool_call_id).toBe('call_demo_2');
  });

  test('reply() brings the results, and the demo tells them', async () => {
    const response = model.prompt('What is the weather in Oslo? Add 1 and 2.', { tools: [weather, add] });
    const { text: said, tool_calls } = await response.reply().result();
    expect(said).toBe('get_weather says: 18 degrees in "Oslo"\nadd says: 3');
    expect(tool_calls).toEqual([]);
  });

  test('a tool that fails is told of', async () => {
    const failing: Tool = {
      ...add,
      run: () => {
        throw new RangeError('too much');
      },
    };
    expect(
      await model
        .prompt('Add 1 and 2', { tools: [failing] })
        .reply()
        .text(),
    ).toBe('add failed: RangeError: too much');
  });

  test('results that ran elsewhere are told too', async () => {
    const call = { type: 'tool_call', name: 'add', arguments: {}, tool_call_id: 'c1' } as const;
    const result = { type: 'tool_result', name: 'add', output: '3', tool_call_id: 'c1' } as const;
    expect(await model.prompt([user('Add'), assistant(call), toolMessage(result)], { tools: [add] }).text()).toBe(
      'add says: 3',
    );
  });

  test('the arguments are streamed', async () => {
    const response = model.prompt('Weather in Oslo', { tools: [weather] });
    const chunks = await lastValueFrom(response.pipe(ofType('tool_call_args'), toArray()));
    expect(chunks.length).toBeGreaterThan(1);
    expect(await lastValueFrom(response.pipe(toolCalls()))).toMatchObject({ arguments: { city: 'Oslo' } });
  });

  test('a call cut short by the limit is finished as length', () => {
    const events = eventsOf(
      model.prompt('Weather in Oslo', { tools: [weather], hideReasoning: true, options: { max_tokens: 2 } }),
    );
    expect(events.map(({ type }) => type)).toEqual(['start', 'tool_call_name', 'tool_call_args', 'usage', 'finish']);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'length' });
  });

  test('tool names and arguments come for any prompt', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (prompt) => {
        const calls = eventsOf(model.prompt(`weather, add ${prompt}`, { tools: [weather, add] })).filter(
          ({ type }) => type === 'tool_call_name',
        );
        expect(calls).toHaveLength(2);
      }),
      { numRuns },
    );
  });
});
