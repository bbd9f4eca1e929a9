// Run by durability.test.ts, where something is scarce: appends a short turn, and one of many messages or of a long one.
import { assistant, user } from 'rxllm';
import { openLog } from 'rxllm/store';
import { makeTurn, turnOf } from '../../support/logs.ts';

export interface FailingTask {
  readonly folder: string;
  readonly messages: number;
  /** Of the answer. */
  readonly letters: number;
}

const { folder, messages, letters }: FailingTask = JSON.parse(process.argv[2]!);
const log = openLog(folder);
await log.append(turnOf(0));
const prompt = Array.from({ length: messages }, (_, at) => user(`This is ${at}.`));
try {
  await log.append(makeTurn(1, prompt, [assistant('x'.repeat(letters))]));
  console.log('done');
} catch (error) {
  console.log((error as { readonly code?: string }).code);
}
