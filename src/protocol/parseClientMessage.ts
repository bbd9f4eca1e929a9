// From what a client sent to a message, or to a word about what is wrong with it.
import { describe } from '../values/describe.ts';
import { closedShape, listOf, optional, textOf, type Check } from './closedShape.ts';
import type { ClientMessage, ClientPrompt } from './messages.ts';

const id = textOf({ least: 1, most: 256 });
const anyText = textOf({ most: Infinity });

const promptShape = {
  request_id: id,
  text: anyText,
  model: optional(id),
  reply_to: optional(id),
  attachments: optional(listOf(closedShape({ type: textOf({ least: 1, most: 256 }), content: isBase64 }), 100)),
};

const shapes: Readonly<Record<ClientMessage['type'], Readonly<Record<string, Check>>>> = {
  hello: { token: optional(textOf({ most: 16_384 })) },
  attach: { stream: id, after: optional(textOf({ least: 1, most: 256 })) },
  detach: { stream: id },
  prompt: promptShape,
  stop: { request_id: id, stream: id, reason: optional(textOf({ most: 1024 })) },
  list: { request_id: id },
  ping: {},
  pong: {},
};

const checks = new Map(
  Object.entries(shapes).map(([type, shape]) => [type, closedShape({ type: anyText, ...shape })] as const),
);

const checkPrompt = closedShape(promptShape);

/** A message, or what is wrong: `stream` and `after` of a message are checked for their type only. */
export function parseClientMessage(text: string): ClientMessage | { readonly problem: string } {
  const data = parseJson(text);
  if (data === undefined) return { problem: 'a message is one JSON text' };
  const type = typeof data === 'object' && data !== null && 'type' in data ? data.type : undefined;
  const check = typeof type === 'string' ? checks.get(type) : undefined;
  if (!check) {
    return { problem: `a message has as type one of ${[...checks.keys()].join(', ')}, not ${describe(type)}` };
  }
  const problem = check(data, String(type));
  return problem === undefined ? (data as ClientMessage) : { problem };
}

/** The body of a request with a prompt. */
export function parsePrompt(text: string): ClientPrompt | { readonly problem: string } {
  const data = parseJson(text);
  if (data === undefined) return { problem: 'a prompt is one JSON text' };
  const problem = checkPrompt(data, 'prompt');
  return problem === undefined ? (data as ClientPrompt) : { problem };
}

/** The body of a request to stop: `{}` or `{"reason": "…"}`. */
export function parseStop(text: string): { readonly reason?: string } | { readonly problem: string } {
  const data = parseJson(text);
  if (data === undefined) return { problem: 'what stops a stream is one JSON text' };
  const problem = closedShape({ reason: optional(textOf({ most: 1024 })) })(data, 'stop');
  return problem === undefined ? (data as { readonly reason?: string }) : { problem };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isBase64(value: unknown, at: string): string | undefined {
  if (typeof value !== 'string') return `${at} is a string, not ${describe(value)}`;
  const isWhole = value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
  return isWhole ? undefined : `${at} is standard base64 with padding, not ${describe(value)}`;
}
