// Reasoning on its way back to the provider.
import { assistant, toolMessage, user, type MessageContent } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { startServer } from '../../support/servers.ts';
import { delta, done, finish, streamOf } from './chunks.ts';
import { call, encoded, result, thought, useServer, wireCall } from './sent.ts';

useServer();

describe('reasoning in a Chat Completions request', () => {
  const inLoop = (...parts: readonly MessageContent[]) => [
    user('q'),
    assistant(...parts, call('f', 'a')),
    toolMessage(result('f', '1', 'a')),
  ];

  test.each(['reasoning_content', 'reasoning'])('goes back as %s, where it came, with calls', async (field) => {
    const [, message] = await encoded(inLoop(thought('Hm', { reasoning_field: field })));
    expect(message).toEqual({ role: 'assistant', content: null, [field]: 'Hm', tool_calls: [wireCall('f', 'a')] });
  });

  test('goes back with every answer of a turn with calls, in all later requests', async () => {
    const field = { reasoning_field: 'reasoning_content' };
    const history = [...inLoop(thought('Hm', field)), assistant(thought('So', field), 'It is 1'), user('more')];
    expect(await encoded(history)).toMatchObject([
      {},
      { reasoning_content: 'Hm' },
      {},
      { reasoning_content: 'So', content: 'It is 1' },
      {},
    ]);
  });

  test('does not go back from turns without calls, nor when it came from elsewhere', async () => {
    const own = thought('Hm', { reasoning_field: 'reasoning_content' });
    expect(await encoded([user('q'), assistant(own, 'a')])).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'a' },
    ]);
    const [, message] = await encoded(
      inLoop({ type: 'reasoning', text: 'Hm', provider_metadata: { anthropic: { signature: 's' } } }),
    );
    expect(message).toEqual({ role: 'assistant', content: null, tool_calls: [wireCall('f', 'a')] });
  });

  test('goes back as thinking to Mistral', async () => {
    const [, message] = await encoded(inLoop(thought('Hm', { reasoning_field: 'thinking' }), 'a'));
    expect(message).toMatchObject({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
        { type: 'text', text: 'a' },
      ],
    });
  });

  test('goes back as details wherever there are details, untouched', async () => {
    const details = [{ type: 'reasoning.encrypted', data: 'ABC', index: 0 }];
    const part = thought('', { reasoning_details: details, reasoning_field: 'reasoning' });
    expect(await encoded([assistant(part, 'a')])).toEqual([
      { role: 'assistant', content: 'a', reasoning_details: details },
    ]);
  });

  test('survives the way from a response to the next request', async () => {
    const details = [{ type: 'reasoning.text', text: 'Hm', index: 0, signature: 'S' }];
    const own = await startServer({
      pieces: [
        streamOf([
          delta({ reasoning: 'Hm', reasoning_details: details }),
          delta({ content: 'a' }),
          finish('stop'),
          done,
        ]),
      ],
    });
    const first = openaiChat({ model: 'm', baseUrl: own.url }).prompt('q');
    await first.reply('r').text();
    expect(own.requests[1]?.json.messages).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'a', reasoning_details: details },
      { role: 'user', content: 'r' },
    ]);
    await own.close();
  });
});
