// What a model is: its facts, and one function from a request to events. Everything a provider has to write.
import type { Observable, SchedulerLike } from 'rxjs';
import type { Tool, ToolDefinition } from '../tools/tool.ts';
import type { StreamEvent } from '../values/event.ts';
import type { JsonObject, JsonSchema } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { StandardSchema } from '../values/standardSchema.ts';
import type { ChainSettings } from './chainRequest.ts';

/** What a model can do. What is left out is not checked; what is `false` is refused before anything is sent. */
export interface Capabilities {
  readonly tools?: boolean;
  /** Structured output by JSON Schema. */
  readonly schema?: boolean;
  /** Media types it takes (`image/*` for all of a kind), or false for none. */
  readonly attachments?: readonly string[] | false;
}

/** What a model is asked, complete: the whole history is in `messages`. */
export interface ModelRequest {
  readonly messages: readonly Message[];
  /** Instructions for this turn that are not among the messages: put them first. */
  readonly system?: string;
  /** Model options, validated, wire names; `{}` when there are none. */
  readonly options: JsonObject;
  readonly tools: readonly ToolDefinition[];
  /** JSON Schema that the answer must fit. */
  readonly schema?: JsonSchema;
  /** Reasoning will not be shown, so it need not be asked for. */
  readonly hideReasoning: boolean;
  /** False when the answer shall come in one piece. */
  readonly stream: boolean;
  /** Whether the provider's own messages are wanted too, as `raw` events. */
  readonly raw: boolean;
}

export interface ModelContext {
  /** The key given for this call. */
  readonly key?: string;
  /** Time and delays come from here. */
  readonly scheduler: SchedulerLike;
  /** The tools of the prompt, with their functions. */
  readonly tools?: readonly Tool[];
}

/** What `defineModel` takes. */
export interface ModelDefinition {
  readonly id: string;
  /** Of a chain: the model of its turns. Its stream runs the tools that it asks for, and those that a history waits for. */
  readonly chained?: { readonly model: ModelDefinition; readonly settings: ChainSettings };
  /** Who runs it, by the names of OpenTelemetry's `gen_ai.provider.name` where it has one: `openai`, `anthropic`, … */
  readonly provider?: string;
  readonly capabilities?: Capabilities;
  /** Validates model options: any Standard Schema (zod, valibot, arktype …) that validates synchronously. */
  readonly options?: StandardSchema;
  /**
   * One request: a cold Observable of events (a string is a text event) that sends on subscription and stops on
   * unsubscription. It completes when the model is done; a stream cut short errors with LlmError `truncated`.
   * Indexes may be left out; `finish` comes last.
   */
  stream(request: ModelRequest, context: ModelContext): Observable<StreamEvent | string>;
}
