// Lines of JSON (https://github.com/ndjson/ndjson-spec) from a POST request.
import { Observable } from 'rxjs';
import { LlmError } from '../values/error.ts';
import { extract } from './errorBody.ts';
import { readBody } from './readBody.ts';
import { placeOf, type HttpRequest } from './request.ts';
import { withoutSecrets } from './withoutSecrets.ts';

export interface NdjsonLine {
  /** One line that is not blank, without its line break. */
  readonly data: string;
  /** The body ended before the line did: it may be cut. */
  readonly tail?: true;
}

export interface NdjsonOptions {
  /** Tells the line after which the body has nothing more to say; asked when the subscriber leaves. */
  readonly isLast: (line: NdjsonLine) => boolean;
}

/**
 * The lines of a response: cold, one request a subscription, sent on subscription. Unsubscribing closes the connection,
 * unless the last line has been seen: then the body may end by itself, so that the connection can be used again.
 *
 * Errors with LlmError: by the status (`auth`, `rate_limited`, …), `connection` when no response came, `truncated` when
 * the body broke off, `bad_response` when its first line is no object. No error repeats what was sent in
 * the headers and the query. A server that is silent for longer than `request.timeouts` allows: `connect_timeout`,
 * `first_event_timeout` or `idle_timeout`.
 */
export function ndjson(request: HttpRequest, { isLast }: NdjsonOptions): Observable<NdjsonLine> {
  return new Observable((subscriber) => {
    let last: NdjsonLine | undefined;
    // The line that is not complete yet, in pieces: a long one is joined once.
    let pending: string[] = [];
    let contentType = '';

    function emit(line: string, tail?: true): void {
      const data = line.trim();
      if (data === '' || subscriber.closed) return;
      // The lines of all protocols are objects. Only the first is looked at: a page or a text is named as one.
      if (last === undefined && data[0] !== '{') {
        subscriber.error(withoutSecrets(noLines(request, contentType, data), request));
        return;
      }
      last = { data, ...(tail && { tail }) };
      body.heard();
      subscriber.next(last);
    }

    const body = readBody(request, {
      open: (type) => (contentType = type),
      text(chunk) {
        const lines = chunk.split('\n');
        pending.push(lines[0]!);
        for (const next of lines.slice(1)) {
          const line = pending.join('');
          pending = [next];
          emit(line);
        }
      },
      end() {
        emit(pending.join(''), true);
        if (!subscriber.closed) subscriber.complete();
      },
      error: (error) => subscriber.error(withoutSecrets(error, request)),
    });
    return () => {
      if (last !== undefined && isLast(last)) body.drain();
      else body.cancel();
    };
  });
}

function noLines(request: HttpRequest, contentType: string, body: string): LlmError {
  const what = `${contentType || 'a body of no content type'} that begins "${extract(body)}"`;
  return new LlmError(
    'bad_response',
    `${placeOf(request)} answered with ${what}, not with lines of JSON; check the URL`,
  );
}
