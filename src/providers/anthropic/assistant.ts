// What the model said, on its way back: thinking with its signature, calls, and what the provider did itself, verbatim.
import type { JsonValue } from '../../values/json.ts';
import type { Message } from '../../values/message.ts';
import type { Part, PartOf } from '../../values/part.ts';
import { argumentsObject, inPlace, isClients, isJsonObject, metadataOf, ofType } from '../shared/parts.ts';
import { hasText } from './turns.ts';
import type { BlockParam } from './wire.ts';

/** Which of the provider's own calls and results can go back: the API refuses the one without the other. */
export interface ServerTools {
  /** Ids. */
  readonly called: ReadonlySet<JsonValue | undefined>;
  readonly answered: ReadonlySet<JsonValue | undefined>;
}

export function serverToolsOf(messages: readonly Message[], key: string): ServerTools {
  const ids = (type: 'tool_call' | 'tool_result') =>
    messages.flatMap(({ parts }) =>
      ofType(parts, type).flatMap((part) => (blockOf(part, key) ? [part.tool_call_id] : [])),
    );
  return { called: new Set(ids('tool_call')), answered: new Set(ids('tool_result')) };
}

/**
 * The blocks of an answer. What another provider keeps for itself is left out: its reasoning, the calls that it ran and
 * their results. So are files, for which an answer has no place.
 *
 * @param goesOn Whether the turn is not over, so that a call of the provider's may still wait for its result.
 * @param idFor The id of a call of the client's.
 */
export function encodeAssistant(
  parts: readonly Part[],
  key: string,
  { called, answered }: ServerTools,
  goesOn: boolean,
  idFor: (call: PartOf<'tool_call'>) => string,
): BlockParam[] {
  const canStay = (id: JsonValue | undefined) => goesOn || answered.has(id);
  return inPlace(parts, (part) => placeOf(part, key)).flatMap((part): BlockParam[] => {
    const own = metadataOf(part, key);
    const block = withoutLostCaller(blockOf(part, key), canStay);
    switch (part.type) {
      case 'text':
        if (!hasText(part.text)) return [];
        return [{ type: 'text', text: part.text, ...(Array.isArray(own.citations) && { citations: own.citations }) }];
      case 'reasoning':
        if (typeof own.data === 'string') return [{ type: 'redacted_thinking', data: own.data }];
        if (typeof own.signature !== 'string') return [];
        return [{ type: 'thinking', thinking: part.text, signature: own.signature }];
      case 'tool_call': {
        if (!isClients(part) && (block === undefined || !canStay(part.tool_call_id))) return [];
        const id = isClients(part) ? idFor(part) : (part.tool_call_id ?? '');
        const name = part.name.replace(/[^a-zA-Z0-9_-]/g, '_');
        return [{ type: 'tool_use', ...block, id, name, input: argumentsObject(part.arguments) }];
      }
      case 'tool_result': {
        const belongs = block !== undefined && (block.tool_use_id === undefined || called.has(block.tool_use_id));
        return belongs && !isClients(part) ? [block] : [];
      }
      default:
        return [];
    }
  });
}

/** A call that was made by code of the provider's names that; where it cannot go back, its name cannot either. */
function withoutLostCaller(
  block: BlockParam | undefined,
  canStay: (id: JsonValue | undefined) => boolean,
): BlockParam | undefined {
  if (block === undefined || !isJsonObject(block.caller)) return block;
  const { caller, ...rest } = block;
  return isJsonObject(caller) && caller.tool_id !== undefined && !canStay(caller.tool_id) ? rest : block;
}

/** The block that was kept of a call or result of this provider. */
export function blockOf(part: Part, key: string): BlockParam | undefined {
  const { block } = metadataOf(part, key);
  return isJsonObject(block) && typeof block.type === 'string' ? (block as BlockParam) : undefined;
}

/** Where a block of reasoning stood, if it has been moved. */
function placeOf(part: Part, key: string): number | undefined {
  const { index } = metadataOf(part, key);
  return part.type === 'reasoning' && typeof index === 'number' ? index : undefined;
}
