// Requests that were recorded with the streams: a prompt of ours that says the same sends the same.
import { toolMessage, type Message } from 'rxllm';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { call, result, sent, useServer } from './sent.ts';

useServer();

needs('corpus').describe('recorded requests that a prompt of ours can say', () => {
  const cases = streamCases('openai-chat-completions').flatMap(({ name, request }) => {
    const messages = request?.messages as readonly WireMessage[] | undefined;
    const plain = messages?.every(
      ({ role, content, tool_calls: calls, ...others }) =>
        ['system', 'user', 'assistant', 'tool'].includes(role) &&
        (typeof content === 'string' || (content === null && calls)) &&
        Object.keys(others).every((key) => key === 'tool_call_id'),
    );
    return messages && plain ? [{ name, messages, tools: (request?.tools ?? []) as readonly WireTool[] }] : [];
  });

  test('are most of them', () => {
    expect(cases.length).toBeGreaterThan(75);
  });

  test.each(cases)('$name', async ({ messages, tools }) => {
    const names = new Map(
      messages.flatMap(({ tool_calls: calls = [] }) => calls.map((item) => [item.id, item.function.name])),
    );
    const history = messages.map(({ role, content, tool_calls: calls = [], tool_call_id: id = '' }): Message =>
      role === 'tool'
        ? toolMessage(result(names.get(id) ?? '', content ?? '', id))
        : {
            role,
            parts: [
              ...(content === null ? [] : [{ type: 'text' as const, text: content }]),
              ...calls.map((item) =>
                call(item.function.name, item.id, { arguments: JSON.parse(item.function.arguments) as object }),
              ),
            ],
          },
    );
    const usable = tools.filter((tool) => tool.function);
    const { json } = await sent({
      messages: history,
      tools: usable.map(({ function: tool }) => ({
        name: tool!.name,
        ...(tool!.description && { description: tool!.description }),
        input_schema: tool!.parameters as Record<string, never>,
      })),
    });
    const got = (json.messages as readonly WireMessage[]).slice(0, -1).map(comparable);
    // A second system message with the text of the first is not sent again, and empty messages are not sent at all.
    expect(got).toEqual(
      messages.map(comparable).filter((message) => message.content !== '' || message.calls.length > 0),
    );
    expect(
      ((json.tools ?? []) as readonly WireTool[]).map(({ function: tool }) => [tool?.name, tool?.parameters]),
    ).toEqual(usable.map(({ function: tool }) => [tool?.name, tool?.parameters]));
  });

  interface WireMessage {
    readonly role: string;
    readonly content: string | null;
    readonly tool_calls?: readonly {
      readonly id: string;
      readonly function: { readonly name: string; readonly arguments: string };
    }[];
    readonly tool_call_id?: string;
  }
  interface WireTool {
    readonly function?: { readonly name: string; readonly description?: string; readonly parameters: object };
  }
  function comparable({ role, content, tool_calls: calls = [], tool_call_id: id }: WireMessage) {
    return {
      role,
      content: content ?? '',
      id,
      calls: calls.map((item) => [item.id, item.function.name, JSON.parse(item.function.arguments) as unknown]),
    };
  }
});
