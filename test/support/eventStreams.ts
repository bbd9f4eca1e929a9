// Reads server-sent events as a client does.
import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** The events of an answer, as they come. Leaving the loop closes the connection. */
export async function* readEvents(response: Response): AsyncGenerator<EventSourceMessage, void> {
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => ready.push(event) });
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    yield* ready.splice(0);
  }
}

export async function allEvents(response: Response): Promise<readonly EventSourceMessage[]> {
  const events: EventSourceMessage[] = [];
  for await (const event of readEvents(response)) events.push(event);
  return events;
}
