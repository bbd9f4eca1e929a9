// The readable text of what a tool of the provider gave back: of any block, also of kinds that are newer than this.
import type { JsonValue } from '../../values/json.ts';
import { isJsonObject } from '../shared/parts.ts';

/** Text where there is text (`text`, `stdout`, a document's `data`, …); else compact JSON. */
export function readable(content: JsonValue | undefined): string {
  return textIn(content) ?? compact(content);
}

function textIn(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (isList(value)) {
    const texts = value.map(textIn).filter((text) => text !== undefined);
    return texts.length > 0 ? texts.join('\n') : undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const { text, stdout, stderr, content, source } = value;
  if (typeof text === 'string') return text;
  if (typeof stdout === 'string') return typeof stderr === 'string' && stderr ? `${stdout}\n${stderr}`.trim() : stdout;
  if (typeof content === 'string' || isJsonObject(content)) return textIn(content);
  // Of a file that is no text there is nothing to read.
  return isJsonObject(source) && source.type === 'text' ? textIn(source.data) : undefined;
}

/** Encrypted contents and bytes are long, cannot be read, and are kept with the block. */
function compact(value: JsonValue | undefined): string {
  return JSON.stringify(value ?? null, (name, field: JsonValue) =>
    name.startsWith('encrypted_') || name === 'data' ? undefined : field,
  );
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
