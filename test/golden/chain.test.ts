// Chains: the tool loop of Python llm, event by event.
import { concat, from, of } from 'rxjs';
import { defineModel, type LlmError, type StreamEvent, type Tool } from 'rxllm';
import { ofType, text } from 'rxllm/operators';
import { goldenCases, samePlaceholders, toEvents, toOptions, type ChainCase } from '../support/golden.ts';
import { needs } from '../support/needs.ts';

const { describe } = needs('corpus');
const five = ['text', 'reasoning', 'tool_call_name', 'tool_call_args', 'tool_result'] as const;

describe('chain', () => {
  test.each(goldenCases<ChainCase>('chain'))('%s', async (_name, golden) => {
    const { args, outputs, tools, hooks, via, expect: expected } = golden;
    const { chain_limit: limit, ...others } = args;
    const { prompt, ...options } = toOptions(others, tools);
    const executed: unknown[] = [];
    const hooked: unknown[] = [];
    let calls = 0;
    const model = defineModel({
      id: 'golden',
      stream() {
        const { events, usage } = outputs[calls++] ?? { events: [] };
        return concat(from(toEvents(events)), usage ? of<StreamEvent>({ type: 'usage', usage }) : of());
      },
    });
    const watched = options.tools?.map((tool): Tool => ({
      ...tool,
      run(given, context) {
        executed.push({ name: tool.name, arguments: given });
        return tool.run?.(given, context);
      },
    }));
    const chaining = via === 'model.chain' ? model : model.conversation();
    const response = chaining
      .chain(prompt, {
        ...options,
        tools: watched,
        limit,
        beforeCall({ name }, tool) {
          hooked.push(['before', tool?.name ?? null, name]);
          const cancel = hooks?.cancel?.[name];
          return cancel === undefined ? undefined : { cancel };
        },
        afterCall: ({ name }, tool, { output }) => void hooked.push(['after', tool.name, name, output]),
      })
      .share();

    const events: StreamEvent[] = [];
    const chunks: string[] = [];
    response.pipe(text()).subscribe({ next: (chunk) => chunks.push(chunk), error: () => undefined });
    const error = await new Promise<LlmError | undefined>((resolve) => {
      response.subscribe({
        next: (event) => events.push(event),
        error: resolve,
        complete: () => resolve(undefined),
      });
    });

    expect(error?.code).toBe(expected.error && 'tool_limit');
    expect(calls).toBe(expected.model_calls);
    expect(executed).toEqual(expected.executed);
    const same = samePlaceholders();
    same(
      hooked,
      expected.hooks.map((hook) => hook.map(compactJson)),
    );
    expect(chunks.filter((chunk) => chunk !== '')).toEqual(expected.text_chunks);
    expect(chunks.join('')).toBe(expected.text);
    const said = events.flatMap((event) => (isOneOf(event) ? [[event.type, event.chunk]] : []));
    expect(said).toEqual(expected.events);
    const turns: unknown[] = [];
    from(events)
      .pipe(ofType('turn_end'))
      .subscribe(({ response: turn }) => turns.push(turn));
    same(turns, expected.responses);
    // The whole history is in the last turn and what it answered, and the fold of the events has it all.
    const { prompt: sent, messages } = response.toJSON();
    const last = turns.at(-1) as { prompt: { messages: unknown[] }; messages: unknown[] };
    const results = messages.slice(last.prompt.messages.length - sent.messages.length + last.messages.length);
    expect([...sent.messages, ...messages]).toEqual([...last.prompt.messages, ...last.messages, ...results]);
  });
});

function isOneOf(event: StreamEvent): event is Extract<StreamEvent, { readonly type: (typeof five)[number] }> {
  return (five as readonly string[]).includes(event.type);
}

/** Python puts spaces into JSON, and escapes. */
function compactJson(value: string | null): string | null {
  try {
    return value === null || !/^[{[]/.test(value) ? value : JSON.stringify(JSON.parse(value));
  } catch {
    return value;
  }
}
