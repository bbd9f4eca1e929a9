// What comes of one run of a model.
import { LlmError, type LlmResponse, type Message, type Model, type PromptOptions, type StreamEvent } from 'rxllm';

export interface Outcome {
  readonly events: readonly StreamEvent[];
  /** Of the whole response, or of its partial. */
  readonly messages: readonly Message[];
  readonly error: LlmError | undefined;
}

/** Asks `Hi`, subscribes once and waits for the end. */
export function outcomeOf<Options>(model: Model<Options>, options?: PromptOptions<Options>): Promise<Outcome> {
  return outcomeOfResponse(model.prompt('Hi', options));
}

/** Subscribes once and waits for the end. */
export function outcomeOfResponse(response: LlmResponse): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const events: StreamEvent[] = [];
    response.subscribe({
      next: (event) => events.push(event),
      error(error: unknown) {
        if (error instanceof LlmError) resolve({ events, messages: error.partial?.messages ?? [], error });
        else reject(new Error('no LlmError', { cause: error }));
      },
      complete: () => resolve({ events, messages: response.toJSON().messages, error: undefined }),
    });
  });
}
