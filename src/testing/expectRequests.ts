// Expectations of what a model was asked.
import { toMessages, type PromptInput } from '../response/prompt.ts';
import type { ModelRequest } from '../response/model.ts';
import type { JsonObject } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import { differenceOf } from './difference.ts';
import type { FakeModel } from './fakeModel.ts';
import type { AsymmetricMatcher } from './like.ts';

/** What is expected of one request; what is not said is not looked at. Matchers may stand for what is not known. */
export type ExpectedRequest = Partial<Omit<ModelRequest, 'messages' | 'options' | 'tools'>> & {
  /** The whole history; a string is one message of the user. */
  readonly messages?: PromptInput | AsymmetricMatcher | readonly (Message | AsymmetricMatcher)[] | undefined;
  /** All model options. */
  readonly options?: JsonObject | AsymmetricMatcher | undefined;
  /** The names of all tools, in order. */
  readonly tools?: readonly string[] | undefined;
};

/** Undefined when the requests are as expected. */
export function compareRequests(
  requests: FakeModel['requests'],
  expected: readonly ExpectedRequest[],
): string | undefined {
  for (const [index, wanted] of expected.entries()) {
    const request = requests[index];
    if (!request) break;
    const actual = new Map<string, unknown>(Object.entries(request));
    actual.set(
      'tools',
      request.tools.map(({ name }) => name),
    );
    for (const [field, value] of Object.entries(wanted)) {
      const isText = field === 'messages' && typeof value === 'string';
      const found = differenceOf(actual.get(field), isText ? toMessages(value) : value);
      if (found) return `  request ${index + 1}: ${field}${found.path}: ${found.text}`;
    }
  }
  return compareCount(requests, expected.length);
}

export function compareCount(requests: FakeModel['requests'], count: number): string | undefined {
  if (requests.length === count) return undefined;
  const asked = requests.map(({ messages }, index) => `    ${index + 1}: ${lastOf(messages)}`);
  return [`  expected ${count} requests, got ${requests.length}`, ...asked].join('\n');
}

/** The end of what was said, for somebody who looks for the request that was not expected. */
function lastOf(messages: ModelRequest['messages']): string {
  const { role = 'nothing', parts = [] } = messages.at(-1) ?? {};
  return `${role} ${JSON.stringify(parts).slice(0, 100)}`;
}
