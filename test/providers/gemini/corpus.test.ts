// Every recorded stream of the Gemini API and of Vertex AI through the public model.
import { gemini } from 'rxllm/gemini';
import { testCorpus } from '../../support/corpusSuite.ts';

testCorpus({
  api: 'gemini-stream-generate-content',
  count: 34,
  model: ({ baseUrl, fetch }) => gemini({ model: 'recorded', maxRetries: 0, baseUrl, fetch }),
  corrections: {
    // The provider's word for why it stopped is the block reason, which the corpus has as `prompt_blocked`:
    // `{"promptFeedback": {"blockReason": "SAFETY"`.
    'google-gemini/blocked-empty-none': { finish_reason: 'SAFETY' },
    'google-vertex/blocked-empty-none': { finish_reason: 'SAFETY' },
    // The chunk before the error counts: `"usageMetadata": {"promptTokenCount": 17,"candidatesTokenCount": 228,…,
    // "thoughtsTokenCount": 412}`.
    'google-gemini/crafted-bare-json-error': { usage: { input: 17, output: 228, reasoning: 412 } },
    // The server ran the call itself, by an MCP server of the request (`"mcpServers":[{"name":"weather_server"`): the
    // next chunk is its result, `"parts":[{"functionResponse":{"name":"weather_server_get_weather","response":{`, and
    // the answer made of it follows.
    'google-gemini/tools-gemini-2.5-flash': {
      tool_calls: [{ id: null, name: 'weather_server_get_weather', arguments: {}, server_executed: true }],
      finish_reason_unified: 'stop',
    },
  },
});
