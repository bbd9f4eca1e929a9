// One call of a model of the AI SDK as a stream: starts it, reads what comes, and stops it down to the socket.
import { Observable } from 'rxjs';
import { Silence, type SilenceOptions } from '../../http/silence.ts';
import { LlmError } from '../../values/error.ts';
import type { StreamEvent } from '../../values/event.ts';
import { EventOutput, type Output } from '../shared/output.ts';
import type { PartDecoder } from './decode.ts';
import type { GenerateResult, StreamPart } from './types.ts';

export interface Call {
  readonly createDecoder: (out: Output) => PartDecoder;
  readonly toError: (thrown: unknown, hasBegun: boolean) => LlmError;
  readonly silence: SilenceOptions;
}

export interface Started {
  readonly stream: ReadableStream<StreamPart>;
}

/** How long a stream may go on after its `finish`: then its connection can serve the next request. */
const drainMs = 1000;

/** Cold; from the moment the stream hands over a part everything is synchronous. */
export function readStream(
  start: (signal: AbortSignal) => PromiseLike<Started>,
  { createDecoder, toError, silence: options }: Call,
): Observable<StreamEvent> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    const out = new EventOutput(subscriber);
    const decoder = createDecoder(out);
    let reader: ReadableStreamDefaultReader<StreamPart> | undefined;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Silence(options, (error) => out.fail(error));

    function stop(): void {
      stopped = true;
      controller.abort();
      // A stream that the signal has already broken rejects this.
      reader?.cancel().catch(() => undefined);
    }

    function read(): void {
      reader?.read().then(onRead, (thrown: unknown) => out.fail(toError(thrown, true)));
    }

    function onRead({ done, value }: ReadableStreamReadResult<StreamPart>): void {
      if (stopped) return;
      if (!out.ended) {
        try {
          silence.sign();
          // The first part is the AI SDK's own; it says nothing of the server.
          if (value?.type !== 'stream-start') silence.event();
          if (value !== undefined) decoder.take(value);
        } catch (thrown) {
          out.fail(new LlmError('bad_response', 'the model gave a part that is none', { cause: thrown }));
        }
        if (done) out.fail(new LlmError('truncated', 'the answer ended before the model finished'));
      }
      if (done) {
        stopped = true;
        clearTimeout(timer);
      } else read();
    }

    function onStarted(started: Started): void {
      try {
        silence.opened();
        reader = started.stream.getReader();
      } catch (thrown) {
        out.fail(toError(thrown, false));
      }
      if (stopped) stop();
      else read();
    }

    // A Promise of our own, because a model may also throw.
    new Promise<Started>((resolve) => {
      resolve(start(controller.signal));
    }).then(onStarted, (thrown: unknown) => out.fail(toError(thrown, false)));

    return () => {
      silence.stop();
      if (!out.finished) stop();
      else if (!stopped) {
        timer = setTimeout(stop, drainMs);
        // Browsers give a number.
        (timer as Partial<typeof timer>).unref?.();
      }
    };
  });
}

/** Cold; the whole answer at once. */
export function readWhole(
  start: (signal: AbortSignal) => PromiseLike<GenerateResult>,
  raw: boolean,
  { createDecoder, toError, silence: options }: Call,
): Observable<StreamEvent> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    const out = new EventOutput(subscriber);
    const decoder = createDecoder(out);
    const silence = new Silence(options, (error) => out.fail(error));

    function onAnswer(answer: GenerateResult): void {
      try {
        decoder.takeWhole(answer, raw);
      } catch (thrown) {
        out.fail(new LlmError('bad_response', 'the model gave an answer that is none', { cause: thrown }));
      }
    }

    new Promise<GenerateResult>((resolve) => {
      resolve(start(controller.signal));
    }).then(onAnswer, (thrown: unknown) => out.fail(toError(thrown, false)));
    return () => {
      silence.stop();
      controller.abort();
    };
  });
}
