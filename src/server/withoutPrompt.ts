// What the model was sent stays on the server.
import type { StreamEvent } from '../values/event.ts';

/** The event, without the prompt of a turn that it tells of: that has the system prompt and the whole history in it. */
export function withoutPrompt(event: StreamEvent): StreamEvent {
  if (event.type === 'turn_end') return { ...event, response: { ...event.response, prompt: { messages: [] } } };
  if (event.type === 'nested') return { ...event, event: withoutPrompt(event.event) };
  return event;
}
