// zod schemas of everything that is serialised. They read what llm writes, defaults written out included, and give the
// one shape that is used in memory: optional keys absent, unknown keys left out.
import { z } from 'zod';
import type { StreamEvent } from '../values/event.ts';
import type { JsonObject, JsonValue } from '../values/json.ts';
import type { UsageDetails } from '../values/usage.ts';

// JSON is passed on as it is and not rebuilt: zod leaves out a key `__proto__`, which is data here.
const json = z.custom<JsonValue>((value) => value !== undefined, 'must be JSON');
const jsonObject = z.custom<JsonObject>(isObject, 'must be an object');
// The same at run time; Python llm keeps whatever a provider counts, so only the type knows the usual keys.
const usageDetails = z.custom<UsageDetails>(isObject, 'must be an object');

const isFalse = (value: unknown) => value === false;
const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const isEmptyText = (value: unknown) => value === '';

const flag = optional(z.literal(true), isFalse);
const metadata = optional(jsonObject, isEmpty);
const text = optional(z.string());
const nonEmptyText = optional(z.string(), isEmptyText);
const count = optional(z.number());

const AttachmentSchema = z
  .object({ type: nonEmptyText, url: nonEmptyText, path: nonEmptyText, content: nonEmptyText })
  .transform(withoutAbsent);

const toolCall = z.object({
  type: z.literal('tool_call'),
  name: z.string(),
  arguments: json,
  tool_call_id: text,
  server_executed: flag,
  provider_metadata: metadata,
});

const toolResult = z.object({
  type: z.literal('tool_result'),
  name: z.string(),
  output: z.string(),
  tool_call_id: text,
  server_executed: flag,
  exception: text,
  attachments: optional(z.array(AttachmentSchema), isEmpty),
  provider_metadata: metadata,
});

const ToolCallSchema = toolCall.transform(withoutAbsent);
const ToolResultSchema = toolResult.transform(withoutAbsent);

/** A part of a message. */
export const PartSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string(), provider_metadata: metadata }),
    z.object({ type: z.literal('reasoning'), text: z.string(), redacted: flag, provider_metadata: metadata }),
    toolCall,
    toolResult,
    z.object({
      type: z.literal('attachment'),
      attachment: optional(AttachmentSchema, isEmpty),
      provider_metadata: metadata,
    }),
  ])
  .transform(withoutAbsent);

/** A message. Any role is read, and a message without parts. */
export const MessageSchema = z
  .object({ role: z.string(), parts: z.array(PartSchema).default([]), provider_metadata: metadata })
  .transform(withoutAbsent);

const UsageSchema = z.object({ input: count, output: count, details: optional(usageDetails) }).transform(withoutAbsent);

/** A whole turn. */
export const ResponseSchema = z
  .object({
    model: z.string(),
    prompt: z
      .object({ messages: z.array(MessageSchema), options: optional(jsonObject, isEmpty), system: nonEmptyText })
      .transform(withoutAbsent),
    messages: z.array(MessageSchema),
    id: nonEmptyText,
    usage: optional(UsageSchema),
    datetime_utc: nonEmptyText,
    status: optional(z.enum(['aborted', 'failed', 'truncated'])),
    incomplete: optional(
      z.array(
        z
          .object({ name: z.string(), arguments_raw: z.string(), tool_call_id: text, server_executed: flag })
          .transform(withoutAbsent),
      ),
      isEmpty,
    ),
  })
  .transform(withoutAbsent);

const index = optional(z.int().nonnegative());
const anyFlag = optional(z.boolean());
const indexes = { part_index: index, message_index: index, provider_metadata: optional(jsonObject) };

const partFields = { tool_call_id: text, tool_name: text, server_executed: anyFlag, redacted: anyFlag };

function partEvent<T extends string>(type: T) {
  return z.object({ type: z.literal(type), chunk: z.string(), ...indexes, ...partFields }).transform(withoutAbsent);
}

const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'pause', 'error', 'other', 'unknown']);

const knownTypes = new Set<string>([
  'text',
  'reasoning',
  'tool_call_name',
  'tool_call_args',
  'tool_result',
  'attachment',
  'start',
  'part_end',
  'usage',
  'finish',
  'reset',
  'raw',
  'turn_start',
  'turn_end',
  'tool_output',
  'tool_progress',
  'tool_approval',
  'nested',
] satisfies StreamEvent['type'][]);

/** An event. One of a type that is not known is read as it stands, if it has a `type`. */
export const StreamEventSchema = z.union([
  z
    .object({ type: z.literal('text'), chunk: z.string(), ...indexes, ...partFields, separator: flag })
    .transform(withoutAbsent),
  partEvent('reasoning'),
  partEvent('tool_call_name'),
  partEvent('tool_call_args'),
  partEvent('tool_result'),
  z.object({ type: z.literal('attachment'), attachment: AttachmentSchema, ...indexes }).transform(withoutAbsent),
  z
    .object({
      type: z.literal('start'),
      id: z.string(),
      model: z.string(),
      resolved_model: text,
      datetime_utc: z.string(),
    })
    .transform(withoutAbsent),
  z.object({ type: z.literal('part_end'), part_index: z.int().nonnegative() }),
  z.object({ type: z.literal('usage'), usage: UsageSchema }),
  z
    .object({
      type: z.literal('finish'),
      reason: finishReason,
      raw_reason: text,
    })
    .transform(withoutAbsent),
  z.object({ type: z.literal('reset') }),
  z.object({ type: z.literal('raw'), payload: json }),
  z.object({
    type: z.literal('turn_start'),
    turn: z.int().positive(),
    messages: z.array(MessageSchema),
    message_index: z.int().nonnegative(),
  }),
  z
    .object({
      type: z.literal('turn_end'),
      turn: z.int().positive(),
      reason: finishReason,
      raw_reason: text,
      response: ResponseSchema,
    })
    .transform(withoutAbsent),
  z.object({
    type: z.literal('tool_output'),
    result: ToolResultSchema,
    part_index: z.int().nonnegative(),
    message_index: z.int().nonnegative(),
  }),
  z
    .object({ type: z.literal('tool_progress'), tool_name: z.string(), tool_call_id: text, value: json })
    .transform(withoutAbsent),
  z.object({ type: z.literal('tool_approval'), call: ToolCallSchema }),
  z.object({
    type: z.literal('nested'),
    path: z.array(z.string()),
    get event(): z.ZodType<StreamEvent> {
      return StreamEventSchema as z.ZodType<StreamEvent>;
    },
  }),
  // Of a type that only a newer version knows: `never`, because the closed union of types has no place for it.
  z.custom<never>((event) => isObject(event) && hasUnknownType(event), 'must be an event'),
]);

function hasUnknownType(event: object): boolean {
  return 'type' in event && typeof event.type === 'string' && !knownTypes.has(event.type);
}

/** A key that may be missing, or hold null or its default; the result does not have it then. */
function optional<T extends z.ZodType>(schema: T, isDefault: (value: unknown) => boolean = () => false) {
  return z.preprocess((value) => (value === null || isDefault(value) ? undefined : value), schema.optional());
}

type WithoutAbsent<T> = T extends unknown ? { [K in keyof T]: Exclude<T[K], undefined> } : never;

function withoutAbsent<T extends object>(value: T): WithoutAbsent<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as WithoutAbsent<T>;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
