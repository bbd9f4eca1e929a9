// What a model said, as content of the AI SDK.
import { parseJson } from '../../http/errorBody.ts';
import type { Part, PartOf, ToolCallPart, ToolResultPart } from '../../values/part.ts';
import { inlineFile } from '../shared/files.ts';
import { argumentsObject, isClients } from '../shared/parts.ts';
import type { OwnIds } from './ids.ts';
import { notesOf, providerOptionsOf } from './notes.ts';
import type { AssistantContent, ResultOutput } from './types.ts';

/** Leaves out what another provider's model thought, made or ran itself. */
export function assistantContent(parts: readonly Part[], vendor: string, ids: OwnIds): AssistantContent {
  return asItWas(parts).flatMap((part): AssistantContent => {
    const isOwn = notesOf(part).by === vendor;
    const options = providerOptionsOf(part, vendor);
    switch (part.type) {
      case 'text':
        // Anthropic refuses text that shows nothing, which others send.
        return part.text === '' || (part.text.trim() === '' && !isOwn)
          ? []
          : [{ type: 'text', text: part.text, ...options }];
      case 'reasoning': {
        const { kind } = notesOf(part);
        if (!isOwn) return [];
        return kind === undefined
          ? [{ type: 'reasoning', text: part.text, ...options }]
          : [{ type: 'custom', kind: kind as `${string}.${string}`, ...options }];
      }
      case 'attachment':
        return isOwn ? madeFile(part, vendor) : [];
      case 'tool_call':
        return isClients(part) || isOwn ? [toolCall(part, vendor, ids)] : [];
      case 'tool_result':
        return isOwn && !isClients(part) ? [serverResult(part, vendor)] : [];
    }
  });
}

/** The parts in the order in which the model sent them: the redacted ones, which stand first, back in their places. */
function asItWas(parts: readonly Part[]): readonly Part[] {
  const placeOf = (part: Part) => notesOf(part).position;
  const moved = parts.filter((part) => placeOf(part) !== undefined);
  if (moved.length === 0) return parts;
  const others = parts.filter((part) => placeOf(part) === undefined);
  const at = (index: number) =>
    moved.filter((part) => {
      const place = Math.min(placeOf(part) ?? 0, others.length);
      return place === index;
    });
  return [...others.flatMap((part, index) => [...at(index), part]), ...at(others.length)];
}

/** Only by content: how long an address holds that a provider gave is not known. */
function madeFile(part: PartOf<'attachment'>, vendor: string): AssistantContent {
  const file = part.attachment && inlineFile(part.attachment);
  if (file?.type === undefined) return [];
  return [
    {
      type: notesOf(part).reasoning ? 'reasoning-file' : 'file',
      mediaType: file.type,
      data: { type: 'data', data: file.data },
      ...providerOptionsOf(part, vendor),
    },
  ];
}

function toolCall(part: ToolCallPart, vendor: string, ids: OwnIds): AssistantContent[number] {
  return {
    type: 'tool-call',
    toolCallId: ids.ofCall(part),
    toolName: part.name,
    input: argumentsObject(part.arguments),
    ...(!isClients(part) && { providerExecuted: true }),
    ...providerOptionsOf(part, vendor),
  };
}

function serverResult(part: ToolResultPart, vendor: string): AssistantContent[number] {
  const { name, output, tool_call_id: id = '' } = part;
  const { output: type = 'json' } = notesOf(part);
  const isJson = type === 'json' || type === 'error-json';
  return {
    type: 'tool-result',
    toolCallId: id,
    toolName: name,
    output: { type, value: isJson ? (parseJson(output) ?? output) : output } as ResultOutput,
    ...providerOptionsOf(part, vendor),
  };
}
