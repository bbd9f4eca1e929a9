// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from a POST request.
import { createParser } from 'eventsource-parser';
import { Observable } from 'rxjs';
import { LlmError } from '../values/error.ts';
import { extract, parseJson } from './errorBody.ts';
import { readBody } from './readBody.ts';
import { placeOf, type HttpRequest } from './request.ts';
import { withoutSecrets } from './withoutSecrets.ts';

export interface SseEvent {
  readonly data: string;
  /** The event's name, where it has one. `error` also for a line `error: …` and for a JSON document between the events. */
  readonly event?: string | undefined;
  /** The body ended before this event did: it may be cut. Also a body that is one JSON document. */
  readonly tail?: true;
}

const maxBareLength = 64 * 1024;

export interface SseOptions {
  /** Tells the event after which the body has nothing more to say; asked when the subscriber leaves. */
  readonly isLast: (event: SseEvent) => boolean;
  /** Tells an event that says nothing but that the connection lives. Comments are no events anyway. Default: none. */
  readonly isKeepAlive?: ((event: SseEvent) => boolean) | undefined;
}

/**
 * The events of a response: cold, one request a subscription, sent on subscription. Unsubscribing closes the connection,
 * unless the last event has been seen: then the body may end by itself, so that the connection can be used again.
 *
 * Comments are left out. A body that is a JSON document comes as one event, marked `tail` as an event is that the end of
 * the body cut off; whoever takes it can tell by its JSON whether it is whole.
 *
 * Errors with LlmError: by the status (`auth`, `rate_limited`, …), `connection` when no response came, `truncated` when
 * the body broke off, `bad_response` when it is a web page or anything else that holds no events. No error repeats
 * what was sent in the headers and the query.
 * A server that is silent for longer than `request.timeouts` allows: `connect_timeout`, `first_event_timeout` or
 * `idle_timeout`.
 */
export function sse(request: HttpRequest, { isLast, isKeepAlive }: SseOptions): Observable<SseEvent> {
  return new Observable((subscriber) => {
    let last: SseEvent | undefined;
    let atEnd = false;
    let kind: 'unknown' | 'events' | 'document' = 'unknown';
    // What has come of a body that is no event stream; of one that is, the beginning.
    let head = '';
    let contentType = '';
    // Lines of a JSON document that stands between the events, without their framing: Gemini reports errors so.
    let bare = '';

    function emit(event: SseEvent): void {
      last = atEnd ? { ...event, tail: true } : event;
      if (!isKeepAlive?.(last)) body.heard();
      subscriber.next(last);
    }

    const parser = createParser({
      onEvent: emit,
      onError({ field, value = '', line = '' }) {
        // llama.cpp ends a stream that failed with a line `error: {json}`, a field that the grammar does not know.
        if (field === 'error') emit({ event: 'error', data: value });
        else takeBare(line);
      },
    });

    function takeBare(line: string): void {
      if (bare === '' && !/^[{[]/.test(line)) return;
      bare += `${line}\n`;
      if (bare.length > maxBareLength) bare = '';
      // Only a line without indent can be its last.
      if (!/^\S*[}\]]\s*$/.test(line) || parseJson(bare) === undefined) return;
      emit({ event: 'error', data: bare.trimEnd() });
      bare = '';
    }

    function feed(chunk: string): void {
      if (kind === 'events') {
        parser.feed(chunk);
        return;
      }
      head += chunk;
      if (kind === 'unknown') recognise(chunk);
    }

    // No line of an event stream begins with a bracket, and no JSON document or web page with anything else. The content
    // type alone does not tell: servers answer with JSON though asked to stream, and label it as they like.
    function recognise(chunk: string): void {
      // DeepSeek sends empty lines while a request waits its turn: they are not looked at again with every chunk.
      const first = /\S/.exec(chunk)?.[0];
      if (first === undefined) return;
      kind = '{[<'.includes(first) ? 'document' : 'events';
      if (kind === 'document') return;
      parser.feed(head);
      head = head.slice(0, 1000);
    }

    const body = readBody(request, {
      open: (type) => (contentType = type),
      text: feed,
      end() {
        atEnd = true;
        if (kind === 'events') parser.feed('\n\n');
        else if (/^\s*[{[]/.test(head)) emit({ data: head });
        const mayBeEmpty = kind !== 'document' && contentType.includes('event-stream');
        if (last === undefined && !mayBeEmpty)
          subscriber.error(withoutSecrets(noEvents(request, contentType, head), request));
        else subscriber.complete();
      },
      error: (error) => subscriber.error(withoutSecrets(error, request)),
    });
    return () => {
      if (last !== undefined && isLast(last)) body.drain();
      else body.cancel();
    };
  });
}

function noEvents(request: HttpRequest, contentType: string, body: string): LlmError {
  const said = extract(body);
  const what = `${contentType || 'a body of no content type'}${said && ` that begins "${said}"`}`;
  return new LlmError('bad_response', `${placeOf(request)} answered with ${what}, not with events; check the URL`);
}
