// What all protocols have in common between the body of a response and the events: its messages are JSON, its errors come
// in a few shapes, and it is complete, cut short, or not what was expected.
import { Observable, type Observer, type Subscriber } from 'rxjs';
import { parseJson } from '../../http/errorBody.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { SseEvent } from '../../http/sse.ts';
import { withoutSecrets } from '../../http/withoutSecrets.ts';
import { LlmError, toLlmError } from '../../values/error.ts';
import type { StreamEvent } from '../../values/event.ts';
import type { JsonValue } from '../../values/json.ts';
import { EventOutput, type Output } from './output.ts';
import { providerError } from './providerError.ts';

/** Reads the messages of one response, synchronously, and gives an Output its events. */
export interface JsonDecoder {
  /**
   * One message of the body, an object. What it throws says that the message has another shape than it should.
   *
   * @param name The name of the server-sent event, where it has one.
   */
  take(payload: Payload, name: string | undefined): void;
  /** Whether nothing is missing if the body ends here. What breaks from then on changes nothing. */
  readonly isComplete: boolean;
  /** Ends a response that is complete: everything still open, then `finish`. */
  complete(): void;
  /** `[DONE]` came, where that alone makes a response complete. */
  done?(): void;
  /** Why the provider says it stopped, where it has: goes with an error that it reports after that. */
  readonly finishReason?: string;
}

/** A JSON object of which nothing is known yet: whoever reads a field looks at what it is. */
export type Payload = Readonly<Record<string, unknown>>;

export interface DecodeOptions {
  /** What is answered: its secrets are kept out of errors. */
  readonly request: HttpRequest;
  /** Whether each message is emitted as it came, before what is made of it. */
  readonly raw: boolean;
}

/** The events of a response: one decoder a subscription. */
export function decodeJson(
  body$: Observable<SseEvent>,
  createDecoder: (output: Output) => JsonDecoder,
  { request, raw }: DecodeOptions,
): Observable<StreamEvent> {
  return new Observable((subscriber) => body$.subscribe(new Decoding(subscriber, createDecoder, request, raw)));
}

/** The mark of Chat Completions, which servers of other protocols send too. */
export function isDoneMark({ data }: Pick<SseEvent, 'data'>): boolean {
  return data.startsWith('[DONE]');
}

class Decoding extends EventOutput implements Observer<SseEvent> {
  readonly #request: HttpRequest;
  readonly #raw: boolean;
  readonly #decoder: JsonDecoder;

  constructor(
    out: Subscriber<StreamEvent>,
    createDecoder: (output: Output) => JsonDecoder,
    request: HttpRequest,
    raw: boolean,
  ) {
    super(out);
    this.#request = request;
    this.#raw = raw;
    this.#decoder = createDecoder(this);
  }

  override fail(error: LlmError): void {
    if (this.ended) return;
    // Only what the provider itself says takes anything from an answer that was complete.
    if (this.#decoder.isComplete && error.code !== 'provider_error') {
      this.#decoder.complete();
      return;
    }
    super.fail(withoutSecrets(error, this.#request));
  }

  next(event: SseEvent): void {
    const { data } = event;
    if (this.ended || data === '') return;
    if (isDoneMark(event)) {
      if (this.#decoder.done) this.#decoder.done();
      else this.complete();
      return;
    }
    const payload = parse(data);
    if (payload === undefined && event.event !== 'error') {
      // What the end of the body cut off is judged by `complete`: was anything missing?
      if (event.tail !== true) this.fail(badLine('is not JSON', data));
      return;
    }
    if (this.#raw && payload !== undefined) this.emit({ type: 'raw', payload });
    if (event.event === 'error') {
      this.fail(providerError(payload ?? data, this.#decoder.finishReason));
      return;
    }
    if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
      this.fail(badLine('is not a JSON object', data));
      return;
    }
    try {
      this.#decoder.take(payload as Payload, event.event);
    } catch (cause) {
      this.fail(badLine('has another shape than a message of this protocol', data, cause));
    }
  }

  /** The body ended, or its end was marked. */
  complete(): void {
    if (this.ended) return;
    if (this.#decoder.isComplete) this.#decoder.complete();
    else this.fail(new LlmError('truncated', 'the answer ended before the provider said that it was complete'));
  }

  /** The request failed or the body broke off. */
  error(error: unknown): void {
    this.fail(toLlmError(error, 'connection'));
  }
}

function parse(data: string): JsonValue | undefined {
  return parseJson(data) as JsonValue | undefined;
}

function badLine(what: string, data: string, cause?: unknown): LlmError {
  const shown = data.length > 60 ? `${data.slice(0, 59)}…` : data;
  return new LlmError(
    'bad_response',
    `the provider sent a line that ${what}: ${shown}`,
    cause === undefined ? {} : { cause },
  );
}
