// Every recorded Chat Completions stream through the public model.
import { openaiChat } from 'rxllm/openai';
import { testCorpus } from '../../support/corpusSuite.ts';

testCorpus({
  api: 'openai-chat-completions',
  count: 113,
  model: ({ baseUrl, fetch }) => openaiChat({ model: 'recorded', maxRetries: 0, baseUrl, fetch }),
  corrections: {
    // Snowflake sends reasoning in `reasoning_details` alone, where the reader that computed the expected values did not
    // look: `"reasoning_details":[{…,"text":"15","type":"reasoning.text"}]`, then `"text":" * 27 = 405"`.
    'snowflake/logprobs-claude-sonnet-4-6': { reasoning: '15 * 27 = 405' },
  },
});
