// Tools that the provider runs, beside those of the client.
import { from, of } from 'rxjs';
import { tool, type StreamEvent } from 'rxllm';
import { callEvents, countingModel } from '../support/models.ts';

test('what the provider runs is asked for at each turn, stands in the history, and is not run again', async () => {
  const searched: StreamEvent[] = [
    ...callEvents('web_search', { query: 'news' }, 's1').map((event) => ({ ...event, server_executed: true })),
    { type: 'tool_result', chunk: 'found', tool_name: 'web_search', tool_call_id: 's1', server_executed: true },
  ];
  const model = countingModel((_, index) =>
    index === 0 ? from([...searched, ...callEvents('own', {}, 'c1')]) : of('ok'),
  );
  const ran: string[] = [];
  const tools = ['own', 'web_search'].map((name) => tool({ name, run: () => ran.push(name) }));
  const options = { tools: [{ type: 'web_search' }] };
  expect(await model.chain('Hi', { tools, options }).text()).toBe('ok');
  expect(ran).toEqual(['own']);
  expect(model.requests.map((request) => request.options)).toEqual([options, options]);
  expect(model.requests[1]?.messages.slice(1)).toMatchObject([
    {
      role: 'assistant',
      parts: [
        { type: 'tool_call', tool_call_id: 's1', server_executed: true },
        { type: 'tool_result', tool_call_id: 's1', server_executed: true },
        { type: 'tool_call', tool_call_id: 'c1' },
      ],
    },
    { role: 'tool', parts: [{ tool_call_id: 'c1', output: '1' }] },
  ]);
});
