// The way back from the JSON of a turn to its events.
import type { StreamEvent } from './event.ts';
import { messageEvents } from './messageEvents.ts';
import { pendingCalls } from './pendingCalls.ts';
import type { ResponseJSON } from './responseJson.ts';

/**
 * Events that fold to this response, each part in one piece. JSON does not say why the model stopped, so the reason is
 * `tool_calls` or `unknown`; a response that did not end well has no `finish`.
 */
export function responseEvents(response: ResponseJSON): readonly StreamEvent[] {
  const { id = '', model, datetime_utc = '', messages, usage, status } = response;
  const reason = pendingCalls(messages).length > 0 ? 'tool_calls' : 'unknown';
  return [
    { type: 'start', id, model, datetime_utc },
    ...messageEvents(messages),
    ...(usage ? [{ type: 'usage', usage } as const] : []),
    ...(status === undefined ? [{ type: 'finish', reason } as const] : []),
  ];
}
