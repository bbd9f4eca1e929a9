// Every recorded Responses stream through the public model.
import { openaiResponses } from 'rxllm/openai';
import { testCorpus } from '../../support/corpusSuite.ts';

testCorpus({
  api: 'openai-responses',
  count: 49,
  model: ({ baseUrl, fetch }) => openaiResponses({ model: 'recorded', maxRetries: 0, baseUrl, fetch }),
  corrections: {
    // The provider says twice that it failed, first by `event: error`, `data: {"type":"error","sequence_number":2,"error":{…}}`,
    // which ends the response; the status is in the message after it: `event: response.failed`, `data: {"type":
    // "response.failed",…"status":"failed"…}`.
    'openai-responses/error-gpt-5-nano-2025-08-07': { finish_reason: null },
  },
});
