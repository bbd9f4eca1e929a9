// Whole turns: prompts, conversations, replies and reloading give the JSON that Python llm gives.
import { concat, from, of } from 'rxjs';
import { defineModel, type LlmResponse, type ModelRequest, type StreamEvent, type Usage } from 'rxllm';
import { fromJSON } from 'rxllm/serialization';
import { goldenCases, samePlaceholders, toEvents, toOptions, type ResponseCase } from '../support/golden.ts';
import { needs } from '../support/needs.ts';
import { applies } from './exceptions.ts';

const { describe } = needs('corpus');

describe('response', () => {
  const cases = goldenCases<ResponseCase>('response').filter(applies);

  test.each(cases)('%s', async (_name, golden) => {
    const requests: ModelRequest[] = [];
    const outputs = golden.turns.map(({ output }) => output);
    const model = defineModel({
      id: 'golden',
      stream(request) {
        requests.push(request);
        const { events, usage } = outputs[requests.length - 1] ?? { events: [] };
        return concat(from(toEvents(events)), usage ? of(usageEvent(usage)) : of());
      },
    });
    const conversation = model.conversation();
    const same = samePlaceholders();
    let response: LlmResponse | undefined;

    for (const { via, args, response: expected } of golden.turns) {
      const { prompt, ...options } = toOptions(args, golden.tools);
      if (via === 'model.prompt') response = model.prompt(prompt, options);
      else if (via === 'conversation.prompt') response = conversation.prompt(prompt, options);
      else if (via === 'reply') response = response!.reply(prompt, options);
      else response = fromJSON(JSON.stringify(response!), { model }).reply(prompt, options);
      await response.text();
      same(response.toJSON(), expected);
    }
    if (!response) throw new Error('a case has at least one turn');

    expect(await response.text()).toBe(golden.text);
    const sent = async (of_: LlmResponse) => {
      await of_.reply('next').text();
      return requests.at(-1)!.messages;
    };
    same(await sent(response), golden.reply_messages);

    const reloaded = fromJSON(JSON.parse(JSON.stringify(response)), { model });
    expect(JSON.parse(JSON.stringify(reloaded))).toEqual(JSON.parse(JSON.stringify(response)));
    const { datetime_utc: _, ...json } = reloaded.toJSON();
    same(json, golden.reloaded);
    expect(await reloaded.text()).toBe(golden.reloaded_text);
    same(
      (await reloaded.toolCalls()).map(({ type: _type, provider_metadata: _metadata, ...call }) => call),
      golden.reloaded_tool_calls,
    );
    same(await sent(reloaded), golden.reloaded_reply_messages);
  });
});

function usageEvent(usage: Usage): StreamEvent {
  return { type: 'usage', usage };
}
