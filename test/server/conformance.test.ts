// The logs of a hub, each held to the same tests.
import { hubLogConformance, memoryHubLog } from 'rxllm/server';
import { slowLog } from '../support/slowLog.ts';

describe.each([
  ['memoryHubLog', memoryHubLog],
  ['a log that answers later', () => slowLog(memoryHubLog())],
])('%s', (_, open) => {
  for (const { name, run } of hubLogConformance(open)) test(name, run);
});
