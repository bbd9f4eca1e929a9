// Every recorded stream of Ollama's own protocol through the public model.
import { ollama } from 'rxllm/ollama';
import { testCorpus } from '../../support/corpusSuite.ts';

testCorpus({
  api: 'ollama-chat',
  count: 9,
  model: ({ baseUrl, fetch }) => ollama({ model: 'recorded', maxRetries: 0, baseUrl, fetch }),
});
