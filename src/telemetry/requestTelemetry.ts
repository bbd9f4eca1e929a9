// What is recorded of one request: its span, from the subscription to exactly one end, and its measurements.
import {
  context,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { SchedulerLike } from 'rxjs';
import type { ModelDefinition, ModelRequest } from '../response/model.ts';
import { toLlmError, type LlmError } from '../values/error.ts';
import type { EventOf, StreamEvent } from '../values/event.ts';
import { MessageFold } from '../values/fold.ts';
import type { EndStatus } from '../values/responseJson.ts';
import { identity, requestAttributes, usageAttributes } from './attributes.ts';
import { inputContent, outputContent } from './content.ts';
import { instrumentsOf, record } from './instruments.ts';
import { quietly } from './quietly.ts';
import { TokenCounter } from './tokens.ts';
import type { TelemetryOptions } from './telemetryOptions.ts';

const scope = 'rxllm';

/** Events that say how the answer goes, but nothing of the answer itself. */
const aside: ReadonlySet<string> = new Set(['start', 'part_end', 'usage', 'finish', 'reset', 'raw']);

export class RequestTelemetry {
  /** The context in which the request is to be sent: the active one, with the span of the request if there is one. */
  readonly context: Context;
  readonly #span: Span | undefined;
  readonly #scheduler: SchedulerLike;
  readonly #options: TelemetryOptions;
  /** What its measurements are told apart by. */
  readonly #identity: Attributes;
  readonly #streams: boolean;
  readonly #startedAt: number;
  readonly #tokens = new TokenCounter();
  #firstChunkAt: number | undefined;
  #fold: MessageFold | undefined;
  #finish: EventOf<'finish'> | undefined;
  #responseId: string | undefined;
  #responseModel: string | undefined;
  #ended = false;

  constructor(model: ModelDefinition, request: ModelRequest, scheduler: SchedulerLike, options: TelemetryOptions) {
    this.#scheduler = scheduler;
    this.#options = options;
    this.#identity = identity(model);
    this.#streams = request.stream;
    this.#startedAt = scheduler.now();
    const parent = context.active();
    this.#span = quietly(() =>
      (options.tracerProvider ?? trace).getTracer(scope).startSpan(
        // gen-ai/client-inference.md, "Span": the name is the operation and the model.
        `chat ${model.id}`,
        {
          kind: SpanKind.CLIENT,
          attributes: { ...options.attributes, ...this.#identity, ...requestAttributes(request) },
        },
        parent,
      ),
    );
    const span = this.#span;
    this.context = span ? trace.setSpan(parent, span) : parent;
    if (span && options.captureContent && quietly(() => span.isRecording())) {
      this.#fold = new MessageFold();
      quietly(() => span.setAttributes(inputContent(request)));
    }
  }

  /** Takes the next event; the same work for each. */
  event(event: StreamEvent): void {
    // A model may emit what is no event: the response says so itself.
    if (!this.#ended) quietly(() => this.#take(event));
  }

  completed(): void {
    this.#end('done');
  }

  /** An error after `finish` breaks nothing: the answer was there. */
  failed(thrown: unknown): void {
    const error = toLlmError(thrown, 'provider_error');
    if (this.#finish) this.#end('done');
    else if (error.code === 'aborted') this.#end('aborted');
    else this.#end(error.code === 'truncated' ? 'truncated' : 'failed', error);
  }

  /** After `finish` nothing is missing, so then the run is done. Nothing happens when the run has ended already. */
  unsubscribed(): void {
    this.#end(this.#finish ? 'done' : 'aborted');
  }

  #take(event: StreamEvent): void {
    if (!aside.has(event.type)) this.#firstChunkAt ??= this.#scheduler.now();
    switch (event.type) {
      case 'start':
        // A provider's own says the model alone; an id is there where a model gives one.
        this.#responseId = event.id || this.#responseId;
        this.#responseModel = event.resolved_model ?? this.#responseModel;
        break;
      case 'usage':
        this.#tokens.add(event.usage);
        break;
      case 'finish':
        this.#finish = event;
        break;
      case 'reset':
        this.#tokens.reset();
        this.#finish = undefined;
        break;
      default:
        break;
    }
    this.#fold?.add(event);
  }

  #end(status: EndStatus, error?: LlmError): void {
    if (this.#ended) return;
    this.#ended = true;
    const now = this.#scheduler.now();
    const span = this.#span;
    if (span) {
      quietly(() => this.#describe(span, status, error));
      // On its own: the span ends whatever the description did.
      quietly(() => span.end());
    }
    quietly(() => this.#measure(now, error));
    this.#fold = undefined;
  }

  #describe(span: Span, status: EndStatus, error: LlmError | undefined): void {
    const reason = this.#finishReason(status);
    span.setAttributes({
      'rxllm.status': status,
      ...(this.#responseId && { 'gen_ai.response.id': this.#responseId }),
      ...this.#responseIdentity(),
      ...(reason && { 'gen_ai.response.finish_reasons': [reason] }),
      ...usageAttributes(this.#tokens.counts),
      ...(this.#streams &&
        this.#firstChunkAt !== undefined && {
          'gen_ai.response.time_to_first_chunk': (this.#firstChunkAt - this.#startedAt) / 1000,
        }),
      ...(error && { 'error.type': error.code }),
    });
    // No `recordException`: general/recording-errors.md advises against span events, and a stack and its causes may quote
    // what was said. Code and message are there.
    if (error) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    const fold = this.#fold;
    if (fold) span.setAttributes(outputContent(status === 'done' ? fold.end().kept : fold.kept));
  }

  /**
   * gen-ai/client-inference.md, `gen_ai.response.finish_reasons`: an answer that had begun and was cut off gets `error`.
   */
  #finishReason(status: EndStatus): string | undefined {
    if (this.#finish) return this.#finish.reason;
    return status !== 'done' && this.#firstChunkAt !== undefined ? 'error' : undefined;
  }

  #responseIdentity(): Attributes {
    return this.#responseModel === undefined ? {} : { 'gen_ai.response.model': this.#responseModel };
  }

  #measure(now: number, error: LlmError | undefined): void {
    const meter = (this.#options.meterProvider ?? metrics).getMeter(scope);
    record(instrumentsOf(meter), {
      attributes: { ...this.#identity, ...this.#responseIdentity() },
      ...(error && { errorType: error.code }),
      seconds: (now - this.#startedAt) / 1000,
      ...(this.#streams &&
        this.#firstChunkAt !== undefined && { firstChunkSeconds: (this.#firstChunkAt - this.#startedAt) / 1000 }),
      tokens: this.#tokens.counts,
      context: this.context,
    });
  }
}
