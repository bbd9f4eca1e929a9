// From the arguments of `prompt()` to what the model is sent, by llm's rules of which input goes where.
import { asyncScheduler, Observable, type SchedulerLike } from 'rxjs';
import { defineTools, type Tool } from '../tools/tool.ts';
import { toAttachment, type AttachmentInput } from '../values/attachment.ts';
import { LlmError } from '../values/error.ts';
import type { JsonObject, JsonSchema, JsonValue } from '../values/json.ts';
import { system, toolMessage, user } from '../values/builders.ts';
import { describe } from '../values/describe.ts';
import { isMessage, type Message } from '../values/message.ts';
import type { AttachmentPart, ToolResultPart } from '../values/part.ts';
import type { PromptJSON } from '../values/responseJson.ts';
import { toJsonSchema } from '../values/jsonSchema.ts';
import { validate, type StandardSchema } from '../values/standardSchema.ts';
import type { ModelDefinition, ModelRequest } from './model.ts';

/** A string becomes one user message; a message or a list of them is the history, used as it is. */
export type PromptInput = string | Message | readonly Message[];

/** Model options of a model that does not say which it takes. */
export interface ModelOptions {
  readonly [name: string]: JsonValue | undefined;
}

export interface PromptOptions<Options = ModelOptions> {
  /** Instructions: the first message. With a history given they hold for this turn only and enter no message. */
  readonly system?: string | undefined;
  /** Put before `system`, a blank line between. */
  readonly systemFragments?: readonly string[] | undefined;
  /** Put before the prompt text, a line break between. */
  readonly fragments?: readonly string[] | undefined;
  /** The history, instead of a list as input. */
  readonly messages?: readonly Message[] | undefined;
  /** Shown after the prompt text, in the same message. */
  readonly attachments?: readonly (AttachmentPart | AttachmentInput)[] | undefined;
  readonly tools?: readonly Tool[] | undefined;
  /** Results of tools that ran elsewhere: a tool message before the prompt. */
  readonly toolResults?: readonly (Omit<ToolResultPart, 'type'> & { readonly type?: 'tool_result' })[] | undefined;
  /** What the answer must fit: JSON Schema, or any Standard Schema that says itself as JSON Schema (zod 4, ArkType …). */
  readonly schema?: JsonSchema | StandardSchema | undefined;
  /** Model options by their wire names, such as `max_tokens`; what is null or undefined counts as not given. */
  readonly options?: { readonly [K in keyof Options]?: Options[K] | null | undefined } | undefined;
  /** Tells the provider that reasoning will not be shown. */
  readonly hideReasoning?: boolean | undefined;
  /** API key for this call. */
  readonly key?: string | undefined;
  /** False asks for the answer in one piece. Default true. */
  readonly stream?: boolean | undefined;
  /** True adds a `raw` event with each message of the provider as it came. Default false. */
  readonly raw?: boolean | undefined;
  /** Where time comes from: ids, dates, delays, timeouts. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** One complete prompt: what is sent, and what of it is written down. */
export interface Prompt {
  readonly request: ModelRequest;
  readonly json: PromptJSON;
}

/** The checked arguments of one turn, which become a prompt once the history is known. */
export interface Turn {
  readonly history: readonly Message[] | undefined;
  readonly tools: readonly Tool[];
  readonly key: string | undefined;
  readonly scheduler: SchedulerLike;
  /** What the turn itself says. */
  readonly messages: readonly Message[];
  /** @param goesOn Instructions that hold on, where the turn brings none. */
  toPrompt(history: readonly Message[] | undefined, goesOn?: string): Prompt;
}

/**
 * Checks the arguments of a turn.
 *
 * @throws LlmError `invalid_input` for arguments that make no sense, `unsupported` for what the model cannot do.
 */
export function takeTurn(model: ModelDefinition, input: PromptInput | undefined, given: PromptOptions<object>): Turn {
  const { text, history } = splitInput(input, given.messages);
  const { fragments = [], hideReasoning = false, stream = true, raw = false, scheduler = asyncScheduler } = given;
  const tools = [...checkList('tools', given.tools ?? [])];
  const schema = given.schema && toJsonSchema(given.schema, 'schema');
  const definitions = defineTools(tools);
  const attachments = toAttachmentParts(given.attachments);
  checkCapabilities(model, tools, schema, attachments);
  const options = takeOptions(model, given.options);
  const instructions = joinSystem(given.systemFragments, given.system);
  const results = checkList('toolResults', given.toolResults ?? []).map((result): ToolResultPart => ({
    ...result,
    type: 'tool_result',
  }));
  const content = [...fragments, ...(text ? [text] : [])].join('\n');
  const turn: Message[] = [
    ...(results.length > 0 ? [toolMessage(results)] : []),
    ...(content || attachments.length > 0 ? [user(content ? [content, attachments] : attachments)] : []),
  ];

  function toPrompt(before: readonly Message[] | undefined, goesOn = ''): Prompt {
    const opening = before ?? (instructions ? [system(instructions)] : []);
    const here = instructions || goesOn;
    const written = given.system || goesOn;
    const messages = [...opening, ...turn];
    const request: ModelRequest = {
      messages,
      ...(before && here && { system: here }),
      options,
      tools: definitions,
      ...(schema && { schema }),
      hideReasoning,
      stream,
      raw,
    };
    const json: PromptJSON = {
      // A list of its own, whatever a model does to that of the request.
      messages: [...messages],
      ...(Object.keys(options).length > 0 && { options }),
      ...(written && { system: written }),
    };
    return { request, json };
  }
  return { history, tools, key: given.key, scheduler, messages: turn, toPrompt };
}

/**
 * A request that was checked for another model, for this one.
 *
 * @param validated What the options have been validated by; that need not take its own output as input.
 * @throws LlmError `invalid_input` for options, `unsupported` for what the model cannot do.
 */
export function fitRequest(
  model: ModelDefinition,
  request: ModelRequest,
  validated: StandardSchema | undefined,
): ModelRequest {
  const parts = request.messages.flatMap((message) => message.parts);
  const attachments = parts.filter((part) => part.type === 'attachment');
  checkCapabilities(model, request.tools, request.schema, attachments);
  return model.options === validated ? request : { ...request, options: takeOptions(model, request.options) };
}

/** Emits the prompt of a turn, once; the history is read at subscription. */
export function promptOf(turn: Turn, history: () => readonly Message[] | undefined): Observable<Prompt> {
  return new Observable((subscriber) => {
    subscriber.next(turn.toPrompt(history()));
    subscriber.complete();
  });
}

function splitInput(input: PromptInput | undefined, messages: readonly Message[] | undefined) {
  const history = messages && checkMessages(messages);
  if (input === undefined || typeof input === 'string') return { text: input, history };
  if (history) {
    throw new LlmError('invalid_input', 'the history was given twice, as input and as `messages`; give it once');
  }
  return { text: undefined, history: toMessages(input) };
}

/**
 * The messages that an input stands for; an empty string stands for none.
 *
 * @throws LlmError `invalid_input` for anything that is no message.
 */
export function toMessages(input: PromptInput): readonly Message[] {
  if (input === '') return [];
  if (typeof input === 'string') return [user(input)];
  return checkMessages(isMessage(input) ? [input] : input);
}

function checkMessages(messages: readonly Message[]): readonly Message[] {
  if (!Array.isArray(messages)) {
    throw new LlmError(
      'invalid_input',
      `a prompt is a string, a message or a list of messages, not ${describe(messages)}`,
    );
  }
  messages.forEach((message: unknown, index) => {
    if (isMessage(message)) return;
    throw new LlmError(
      'invalid_input',
      `messages[${index}] is ${describe(message)}, not a message; make one with user(), assistant(), system() or toolMessage()`,
    );
  });
  return [...messages];
}

function joinSystem(fragments: readonly string[] = [], text = ''): string {
  return [...fragments, text]
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
    .join('\n\n');
}

function takeOptions(model: ModelDefinition, given: object | undefined): JsonObject {
  const options = Object.fromEntries(
    Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined),
  );
  if (model.options === undefined) return options;
  return validate(model.options, options, `options of model "${model.id}"`, 'invalid_input') as JsonObject;
}

function toAttachmentParts(given: PromptOptions['attachments'] = []): readonly AttachmentPart[] {
  return checkList('attachments', given).map((each, index) => {
    if (typeof each !== 'object' || each === null) {
      const what = `attachments[${index}] is ${describe(each)}, not an attachment`;
      throw new LlmError('invalid_input', `${what}; give { url }, { path } or { content }`);
    }
    return 'attachment' in each || each.type === 'attachment'
      ? (each as AttachmentPart)
      : { type: 'attachment', attachment: toAttachment(each) };
  });
}

function checkList<T>(name: string, given: readonly T[]): readonly T[] {
  if (Array.isArray(given)) return given;
  throw new LlmError('invalid_input', `${name} is ${describe(given)}, not a list`);
}

function checkCapabilities(
  { id, capabilities = {} }: ModelDefinition,
  tools: readonly unknown[],
  schema: JsonSchema | undefined,
  attachments: readonly AttachmentPart[],
): void {
  const refuse = (what: string) => new LlmError('unsupported', `model "${id}" does not take ${what}`);
  if (tools.length > 0 && capabilities.tools === false) throw refuse('tools');
  if (schema && capabilities.schema === false) throw refuse('a schema');
  const { attachments: types } = capabilities;
  if (types === undefined) return;
  for (const { attachment } of attachments) {
    if (types === false) throw refuse('attachments');
    const type = attachment?.type;
    if (type && !types.some((known) => matches(known, type))) {
      throw refuse(`attachments of type "${type}", only ${types.join(', ')}`);
    }
  }
}

function matches(pattern: string, type: string): boolean {
  return pattern === type || (pattern.endsWith('/*') && (pattern === '*/*' || type.startsWith(pattern.slice(0, -1))));
}
