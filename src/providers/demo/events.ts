// From what the demo says to the events of its stream, chunk by chunk.
import type { ModelRequest } from '../../response/model.ts';
import type { FinishReason, StreamEvent } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Message } from '../../values/message.ts';
import type { Usage } from '../../values/usage.ts';

/** What the demo says, part by part. */
export type DemoPart =
  | { readonly type: 'reasoning' | 'text'; readonly text: string }
  | { readonly type: 'tool_call'; readonly name: string; readonly arguments: JsonObject };

/** One chunk of a part, and whether the part ends with it. */
interface Piece {
  readonly type: 'reasoning' | 'text' | 'tool_call_name' | 'tool_call_args';
  readonly chunk: string;
  readonly part_index: number;
  readonly tool_call_id?: string;
  readonly ends: boolean;
}

/** Text in pieces about as long as a model's tokens: a word with the space before it, a long word in several. */
export function tokens(text: string): string[] {
  return text.match(/\s?\S{1,8}|\s+/gu) ?? [];
}

/**
 * The events in steps; what comes at one moment is one step. The last brings usage, counted in chunks, and the reason
 * to stop: `length` when `max_tokens` chunks were out before all was said.
 */
export function toSteps(parts: readonly DemoPart[], { messages, options, stream }: ModelRequest): StreamEvent[][] {
  const pieces = parts.flatMap((part, index) => toPieces(part, index, callId(messages, parts.slice(0, index))));
  const said = pieces.slice(0, typeof options.max_tokens === 'number' ? options.max_tokens : pieces.length);
  const steps = (stream ? said : joined(said)).map(toEvents);
  const isWaiting = parts.some(({ type }) => type === 'tool_call');
  const reason: FinishReason = said.length < pieces.length ? 'length' : isWaiting ? 'tool_calls' : 'stop';
  return [
    ...steps.slice(0, -1),
    [...(steps.at(-1) ?? []), { type: 'usage', usage: usageOf(messages, said) }, { type: 'finish', reason }],
  ];
}

function toPieces(part: DemoPart, part_index: number, tool_call_id: string): Piece[] {
  if (part.type !== 'tool_call') {
    const chunks = tokens(part.text);
    return chunks.map((chunk, at) => ({ type: part.type, chunk, part_index, ends: at === chunks.length - 1 }));
  }
  const chunks = tokens(JSON.stringify(part.arguments));
  return [
    { type: 'tool_call_name', chunk: part.name, part_index, tool_call_id, ends: false },
    ...chunks.map((chunk, at): Piece => {
      return { type: 'tool_call_args', chunk, part_index, tool_call_id, ends: at === chunks.length - 1 };
    }),
  ];
}

// Counted through the whole history, so that no two calls of a conversation have the same id.
function callId(messages: readonly Message[], before: readonly DemoPart[]): string {
  const calls = [...messages.flatMap((message) => message.parts), ...before].filter(({ type }) => type === 'tool_call');
  return `call_demo_${calls.length + 1}`;
}

/** The pieces of the same kind and part in one. */
function joined(pieces: readonly Piece[]): Piece[] {
  const whole: Piece[] = [];
  for (const piece of pieces) {
    const last = whole.at(-1);
    const fits = last?.part_index === piece.part_index && last.type === piece.type;
    if (fits) whole[whole.length - 1] = { ...piece, chunk: last.chunk + piece.chunk };
    else whole.push(piece);
  }
  return whole;
}

function toEvents({ ends, ...event }: Piece): StreamEvent[] {
  return ends ? [event, { type: 'part_end', part_index: event.part_index }] : [event];
}

function usageOf(messages: readonly Message[], said: readonly Piece[]): Usage {
  const parts = messages.flatMap((message) => message.parts);
  const texts = parts.map((part) =>
    part.type === 'text' ? part.text : part.type === 'tool_result' ? part.output : '',
  );
  const input = texts.flatMap(tokens).length;
  const reasoning = said.filter(({ type }) => type === 'reasoning').length;
  return { input, output: said.length, ...(reasoning > 0 && { details: { reasoning } }) };
}
