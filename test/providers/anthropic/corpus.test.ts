// Every recorded Messages stream through the public model.
import { anthropic } from 'rxllm/anthropic';
import { testCorpus } from '../../support/corpusSuite.ts';

// Where an answer breaks off the corpus has no usage, but its beginning told one, and it is emitted as it comes:
// `"usage":{"input_tokens":11,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,…,"output_tokens":2,…}` in
// `message_start`.
const usage = { input: 11, output: 2, cached: 0, cache_write: 0 };

testCorpus({
  api: 'anthropic-messages',
  count: 37,
  model: ({ baseUrl, fetch }) => anthropic({ model: 'recorded', maxRetries: 0, baseUrl, fetch }),
  corrections: { 'anthropic/crafted-error-event': { usage }, 'anthropic/crafted-no-message-stop': { usage } },
});
