// withTelemetry: a model whose requests OpenTelemetry sees. What is said of a request is in the files beside this one.
import { context as otelContext } from '@opentelemetry/api';
import { Observable } from 'rxjs';
import type { Model } from '../response/defineModel.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { wrapModel } from '../response/wrapModel.ts';
import type { StreamEvent } from '../values/event.ts';
import { RequestTelemetry } from './requestTelemetry.ts';
import type { TelemetryOptions } from './telemetryOptions.ts';

/**
 * The same model, with a span and measurements for every request, by OpenTelemetry's conventions for generative AI. The
 * span begins with the subscription, under the span that is active then, and ends with the run, however that ends; it is
 * active while the request is sent. `rxllm.status` says how the run ended: `done`, `aborted`, `failed` or `truncated`.
 *
 * Passes events, errors and completion on as they come, and buffers nothing; with `captureContent` the answer is kept until
 * its end. What fails in OpenTelemetry goes to its `diag` logger, never into the response.
 *
 * @example
 * const model = withTelemetry(openaiChat({ model: 'gpt-5' }), { attributes: { 'app.feature': 'search' } });
 */
export function withTelemetry<Options>(model: Model<Options>, options: TelemetryOptions = {}): Model<Options> {
  return wrapModel(
    model,
    (request, next, { scheduler }) =>
      new Observable<StreamEvent>((subscriber) => {
        const telemetry = new RequestTelemetry(model, request, scheduler, options);
        const outside = otelContext.active();
        // What the subscriber does with an event is not part of the request: the next one of a conversation is sent
        // from there, and its span is a sibling, no child.
        const tell = (deliver: () => void) => otelContext.with(outside, deliver);
        // First, so that it is there when everything happens while the model is being subscribed.
        subscriber.add(() => telemetry.unsubscribed());
        otelContext.with(telemetry.context, () =>
          subscribeWithin(subscriber, next(request), {
            next(event) {
              telemetry.event(event);
              tell(() => subscriber.next(event));
            },
            error(error: unknown) {
              telemetry.failed(error);
              tell(() => subscriber.error(error));
            },
            complete() {
              telemetry.completed();
              tell(() => subscriber.complete());
            },
          }),
        );
      }),
  );
}
