// Encodes messages for Gemini.
import type { ModelRequest } from '../../response/model.ts';
import type { JsonObject, JsonValue } from '../../values/json.ts';
import type { Part, ToolCallPart, ToolResultPart } from '../../values/part.ts';
import { argumentsObject, isClients, isJsonObject, metadataOf, ofType, textOf } from '../shared/parts.ts';
import { filePart, toFilePart } from './files.ts';
import { metadataKey, signature } from './responseParts.ts';
import { encodeResults, idOf } from './results.ts';
import { isOlder } from './thinking.ts';

interface Content {
  readonly role: 'user' | 'model';
  readonly parts: readonly JsonObject[];
}

/**
 * The history as the protocol has it: the user begins, user and model take turns, every call has its result directly after
 * it, all system texts stand before everything, each once. What is Gemini's own goes back as it came.
 *
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeContents(
  { messages, system = '' }: Pick<ModelRequest, 'messages' | 'system'>,
  model: string,
): { readonly contents: readonly Content[]; readonly systemInstruction?: JsonObject } {
  const contents: Content[] = [];
  const systems = new Set([system]);
  let calls: readonly ToolCallPart[] = [];
  let results: readonly ToolResultPart[] = [];
  let said: readonly JsonObject[] = [];

  function add({ role, parts }: Content): void {
    if (parts.length === 0) return;
    const last = contents.at(-1);
    if (last?.role === role) contents[contents.length - 1] = { role, parts: [...last.parts, ...parts] };
    else contents.push({ role, parts });
  }

  function addUserTurn(): void {
    add({ role: 'user', parts: [...encodeResults(calls, results, model), ...said] });
    [calls, results, said] = [[], [], []];
  }

  for (const { role, parts } of messages) {
    switch (role) {
      case 'user':
      case 'tool':
        said = [...said, ...parts.flatMap(encodeUserPart)];
        break;
      case 'assistant':
        // Answers that follow each other are one turn.
        if (results.length > 0 || said.length > 0) addUserTurn();
        add({ role: 'model', parts: encodeModelParts(parts, model) });
        calls = [...calls, ...ofType(parts, 'tool_call').filter(isClients)];
        break;
      default:
        systems.add(textOf(parts));
    }
    results = [...results, ...ofType(parts, 'tool_result').filter(isClients)];
  }
  addUserTurn();
  systems.delete('');
  const instructions = [...systems].map((text) => ({ text }));
  // "Developer instruction is not enabled for models/gemma-3-27b-it": the first user turn begins with it then.
  const takesInstructions = !/gemma-[1-3]/.test(model);
  if (!takesInstructions && instructions.length > 0) {
    const first = contents[0]?.role === 'user' ? contents.shift()!.parts : [];
    contents.unshift({ role: 'user', parts: [...instructions, ...first] });
  }
  // "Function call turn comes immediately after a user turn or after a function response turn", or is refused; so are
  // instructions alone: "contents is not specified".
  const saysAnything = contents.length > 0 || instructions.length > 0;
  if (saysAnything && contents[0]?.role !== 'user') contents.unshift({ role: 'user', parts: [{ text: '.' }] });
  return {
    contents: isOlder(model) ? contents : contents.map(withSignature),
    ...(takesInstructions && instructions.length > 0 && { systemInstruction: { parts: instructions } }),
  };
}

function encodeUserPart(part: Part): readonly JsonObject[] {
  if (part.type === 'text') return part.text === '' ? [] : [{ text: part.text }];
  return part.type === 'attachment' && part.attachment ? [toFilePart(part.attachment)] : [];
}

function encodeModelParts(parts: readonly Part[], model: string): readonly JsonObject[] {
  // What came after a file is kept on a part that has moved to the front.
  const isLast = (part: Part) => metadataOf(part, metadataKey).last === true;
  return [...parts.filter((part) => !isLast(part)), ...parts.filter(isLast)].flatMap((part) =>
    encodeModelPart(part, model),
  );
}

function encodeModelPart(part: Part, model: string): readonly JsonObject[] {
  const own = metadataOf(part, metadataKey);
  const after = Array.isArray(own.after) ? (own.after as readonly JsonObject[]) : [];
  return [...encodeOwn(part, own, model), ...after];
}

function encodeOwn(part: Part, own: JsonObject, model: string): readonly JsonObject[] {
  const marks = { ...(own.thought === true && { thought: true }), ...signature(own) };
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ text: part.text, ...marks }];
    case 'reasoning':
      // Another provider's, which Gemini has no place for, has no mark.
      return part.text === '' || own.thought !== true ? [] : [{ text: part.text, ...marks }];
    case 'tool_call':
      return isClients(part) ? [{ functionCall: encodeCall(part, model), ...marks }] : asItCame(own.part);
    case 'tool_result':
      return isClients(part) ? [] : asItCame(own.part);
    case 'attachment': {
      const file = part.attachment && filePart(part.attachment);
      return file ? [{ ...file, ...marks }] : [];
    }
    default:
      return [];
  }
}

function encodeCall(call: ToolCallPart, model: string): JsonObject {
  return { ...idOf(call, model), name: call.name, args: argumentsObject(call.arguments) };
}

/** What a tool of Google's did; that of another provider's is left out. */
function asItCame(wire: JsonValue | undefined): readonly JsonObject[] {
  return isJsonObject(wire) ? [wire] : [];
}

/**
 * Gemini 3 refuses a turn whose first call has no signature, and takes this one for calls that it did not make
 * (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs; of the two that are named there Vertex AI knows it alone).
 */
const noSignature = 'skip_thought_signature_validator';

function withSignature({ role, parts }: Content): Content {
  const at = role === 'model' ? parts.findIndex((part) => 'functionCall' in part) : -1;
  const first = parts[at];
  if (first === undefined || 'thoughtSignature' in first) return { role, parts };
  return { role, parts: parts.with(at, { ...first, thoughtSignature: noSignature }) };
}
