// Encodes a history for the Messages API.
import type { ModelRequest } from '../../response/model.ts';
import type { JsonValue } from '../../values/json.ts';
import type { Message } from '../../values/message.ts';
import type { Part, PartOf } from '../../values/part.ts';
import { notRunText, resultText } from '../shared/pairResults.ts';
import { isClients, isJsonObject, metadataOf, textOf } from '../shared/parts.ts';
import { blockOf, encodeAssistant, serverToolsOf } from './assistant.ts';
import { ClientCalls, type PairedCall } from './calls.ts';
import { toBlock } from './files.ts';
import { hasText, textBlock, Turns, type Turn } from './turns.ts';
import type { BlockParam } from './wire.ts';

export interface EncodeOptions {
  /** Under which key of `provider_metadata` the server's own data is. */
  readonly key: string;
  /** Whether system messages may stand among the others. */
  readonly takesSystemMessages: boolean;
  /** Whether documents shall be cited. */
  readonly citations: boolean;
}

export interface EncodedHistory {
  readonly system?: string;
  readonly messages: readonly Turn[];
  /** Where the code of the answer runs that goes on with this request. */
  readonly container?: string;
}

/**
 * The history as turns of user and assistant. Results of tools come right after the answer with their calls, wherever
 * the history has them; a call without a result gets one that says so, a result without a call becomes text.
 *
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeMessages(
  { messages, system = '' }: Pick<ModelRequest, 'messages' | 'system'>,
  { key, takesSystemMessages, citations }: EncodeOptions,
): EncodedHistory {
  const turns = new Turns(takesSystemMessages);
  const calls = new ClientCalls(messages);
  const serverTools = serverToolsOf(messages, key);
  const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant');
  const goesOn = messages
    .slice(lastAnswer + 1)
    .every(({ parts }) => parts.every((part) => part.type === 'tool_result'));

  function addAnswer(parts: readonly Part[], at: number): void {
    const results: BlockParam[] = [];
    const idFor = (call: PartOf<'tool_call'>) => {
      const paired = calls.pair(call, at);
      results.push(encodeResult(call, paired));
      return paired.id;
    };
    turns.add('assistant', encodeAssistant(parts, key, serverTools, at === lastAnswer && goesOn, idFor));
    turns.add('user', results);
  }

  function encodeUser(part: Part): BlockParam[] {
    switch (part.type) {
      case 'text':
        return hasText(part.text) ? [textBlock(part.text)] : [];
      case 'attachment':
        return part.attachment ? [toBlock(part.attachment, citations)] : [];
      case 'tool_result': {
        if (!isClients(part) || calls.isPaired(part)) return [];
        const { attachments = [] } = part;
        return [textBlock(resultText(part)), ...attachments.map((file) => toBlock(file, citations))];
      }
      default:
        return [];
    }
  }

  function encodeResult(call: PartOf<'tool_call'>, { id, result }: PairedCall): BlockParam {
    const { output = '', exception = '', attachments = [] } = result ?? { exception: notRunText };
    const text = output || exception;
    const files = attachments.map((file) => toBlock(file, citations));
    const content: JsonValue = files.length === 0 ? text : [...(hasText(text) ? [textBlock(text)] : []), ...files];
    const toolset = blockOf(call, key)?.toolset_name;
    return {
      type: 'tool_result',
      tool_use_id: id,
      ...(content !== '' && { content }),
      ...(exception !== '' && { is_error: true }),
      ...(toolset !== undefined && { toolset_name: toolset }),
    };
  }

  turns.instruct(system);
  messages.forEach(({ role, parts }, at) => {
    if (role === 'assistant') addAnswer(parts, at);
    else if (role === 'user' || role === 'tool') turns.add('user', parts.flatMap(encodeUser));
    else turns.instruct(textOf(parts));
  });
  const container = goesOn && containerOf(messages[lastAnswer], key);
  return { ...turns.finish(), ...(container && { container }) };
}

/** Code that calls tools of the client waits for their results in its container, which has to be named then. */
function containerOf(answer: Message | undefined, key: string): string | undefined {
  const containers = (answer?.parts ?? []).map((part) => metadataOf(part, key).container);
  const found = containers.findLast(isJsonObject);
  return typeof found?.id === 'string' ? found.id : undefined;
}
