// A response that was read from JSON: it has ended long ago, and subscribers get events made from what was stored.
import type { Subscriber, Subscription } from 'rxjs';
import { LlmError, type LlmErrorCode } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import type { Message } from '../values/message.ts';
import type { Part } from '../values/part.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';
import { pendingCalls, type Outcome, type SingleSource, type Watcher } from './outcome.ts';

export class RestoredRun implements SingleSource {
  readonly carried = {};
  readonly settled: Outcome;
  readonly #events: readonly StreamEvent[];

  constructor(json: ResponseJSON) {
    this.#events = toEvents(json);
    this.settled = toOutcome(json, this.#events);
  }

  observe(subscriber: Subscriber<StreamEvent>): void {
    for (const event of this.#events) subscriber.next(event);
    const { error } = this.settled;
    if (error) subscriber.error(error);
    else subscriber.complete();
  }

  watch(_subscription: Subscription, watcher: Watcher): void {
    watcher.end(this.settled);
  }

  whenEnded(listener: (outcome: Outcome) => void): () => void {
    listener(this.settled);
    return () => undefined;
  }

  abort(): void {
    // It has ended long ago.
  }
}

const codeOf: Record<Exclude<EndStatus, 'done'>, LlmErrorCode> = {
  aborted: 'aborted',
  truncated: 'truncated',
  failed: 'provider_error',
};

function toOutcome(json: ResponseJSON, events: readonly StreamEvent[]): Outcome {
  const { status = 'done', usage, messages } = json;
  const finish = events.find((event) => event.type === 'finish');
  return {
    status,
    error:
      status === 'done'
        ? undefined
        : new LlmError(codeOf[status], `the stored response was ${status}`, { partial: json }),
    text: textOf(messages, 'text'),
    reasoning: textOf(messages, 'reasoning'),
    kept: messages,
    usage,
    finish,
    resolvedModel: undefined,
    hasPrompt: true,
    toJSON: () => json,
  };
}

function textOf(messages: readonly Message[], type: 'text' | 'reasoning'): string {
  return messages.flatMap(({ parts }) => parts.map((part) => (part.type === type ? part.text : ''))).join('');
}

/**
 * Events that fold to the messages of a model, as they are stored. JSON does not say why the model stopped, nor when each
 * piece came; and events have no place for the attachments and exception of a result, which only clients' tools have.
 */
function toEvents({
  id = '',
  model,
  datetime_utc = '',
  messages,
  usage,
  status,
}: ResponseJSON): readonly StreamEvent[] {
  let next = 0;
  const parts = messages.flatMap((message, message_index) =>
    message.parts.flatMap((part) => partEvents(part, { part_index: next++, message_index })),
  );
  return [
    { type: 'start', id, model, datetime_utc },
    ...parts,
    ...(usage ? [{ type: 'usage' as const, usage }] : []),
    ...(status === undefined
      ? [
          {
            type: 'finish' as const,
            reason: pendingCalls(messages).length > 0 ? ('tool_calls' as const) : ('unknown' as const),
          },
        ]
      : []),
  ];
}

interface At {
  readonly part_index: number;
  readonly message_index: number;
}

function partEvents(part: Part, at: At): readonly StreamEvent[] {
  const { provider_metadata } = part;
  const common = { ...at, ...(provider_metadata && { provider_metadata }) };
  const end: StreamEvent = { type: 'part_end', part_index: at.part_index };
  switch (part.type) {
    case 'text':
      return [{ type: 'text', chunk: part.text, ...common }, end];
    case 'reasoning':
      return [{ type: 'reasoning', chunk: part.text, ...common, ...(part.redacted && { redacted: true }) }, end];
    case 'tool_call': {
      const call = { ...common, ...callFields(part) };
      return [
        { type: 'tool_call_name', chunk: part.name, ...call },
        { type: 'tool_call_args', chunk: JSON.stringify(part.arguments), ...call },
        end,
      ];
    }
    case 'tool_result':
      return [{ type: 'tool_result', chunk: part.output, tool_name: part.name, ...common, ...callFields(part) }, end];
    case 'attachment':
      return [{ type: 'attachment', attachment: part.attachment ?? {}, ...common }, end];
  }
}

function callFields({
  tool_call_id,
  server_executed,
}: {
  readonly tool_call_id?: string;
  readonly server_executed?: true;
}) {
  return { ...(tool_call_id !== undefined && { tool_call_id }), ...(server_executed && { server_executed }) };
}
