// Schemas, by what the command line says: a template that has one, JSON, the short way, a file, or one that was used.
import { readFile } from 'node:fs/promises';
import { canonicalJson } from '../../store/canonicalJson.ts';
import { textHash } from '../../store/contentHash.ts';
import { codeOf } from '../../store/lowdb/folders.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonSchema } from '../../values/json.ts';
import { loadTemplate, type TemplateOptions } from './loadTemplate.ts';
import { readNamed, schemaFiles, writeNamed } from './namedFiles.ts';
import { schemaDsl } from './schemaDsl.ts';

/**
 * The schema that is meant, in llm's order: `t:TEMPLATE`, JSON (it begins with a brace), the short way (it has a space or
 * a comma), a file, the id of a stored one. Rejects with LlmError `invalid_input` for what is none of these.
 */
export async function loadSchema(given: string, options: TemplateOptions = {}): Promise<JsonSchema> {
  const text = given.trim();
  if (text.startsWith('t:')) return schemaOfTemplate(text.slice(2), options);
  if (text.startsWith('{')) return toSchema(text, 'the schema');
  if (/[\s,]/.test(text)) return schemaDsl(given);
  const stored = await readFileText(text);
  if (stored !== undefined) return toSchema(stored, `the file ${describe(text)}`);
  const schema = isId(text) ? await storedSchema(text) : undefined;
  if (schema) return schema;
  const ways = 'JSON, fields ("name, age int"), a file, t:TEMPLATE, or an id of rxllm schemas list';
  throw new LlmError('invalid_input', `${describe(text)} is no schema and no file; it may be ${ways}`);
}

/** What a schema is called: 32 hexadecimal digits of the SHA-256 of its canonical JSON. */
export function schemaId(schema: JsonSchema): string {
  return textHash(canonicalJson(schema)).slice('sha256:'.length, 'sha256:'.length + 32);
}

/** Keeps a schema that is used, so that it can be named by its id from then on. */
export async function keepSchema(schema: JsonSchema): Promise<string> {
  const id = schemaId(schema);
  // Also when it is there: the time of the file says when it was used last.
  await writeNamed(schemaFiles, id, `${JSON.stringify(schema, null, 2)}\n`);
  return id;
}

/** The schema that was kept under this id; undefined where there is none. */
export async function storedSchema(id: string): Promise<JsonSchema | undefined> {
  const text = await readNamed(schemaFiles, id);
  return text === undefined ? undefined : toSchema(text, `the stored schema ${describe(id)}`);
}

/** What it has, in one line: `{items: [{name, age}]}`. */
export function schemaSummary(schema: unknown): string {
  const { type, properties, items }: JsonSchema = isObject(schema) ? schema : {};
  if (type === 'array') return `[${schemaSummary(items)}]`;
  if (type !== 'object' || !isObject(properties)) return '';
  const fields = Object.entries(properties).map(([name, field]) => {
    const inner = schemaSummary(field);
    return inner === '' ? name : `${name}: ${inner}`;
  });
  return `{${fields.join(', ')}}`;
}

async function schemaOfTemplate(name: string, options: TemplateOptions): Promise<JsonSchema> {
  const { template } = await loadTemplate(name, options);
  if (template.schema_object) return template.schema_object;
  throw new LlmError('invalid_input', `template ${describe(name)} has no schema (schema_object)`);
}

async function readFileText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw new LlmError('invalid_input', `the schema ${describe(file)} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function toSchema(text: string, what: string): JsonSchema {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new LlmError('invalid_input', `${what} is no JSON: ${messageOf(cause)}`, { cause });
  }
  if (isObject(value)) return value;
  throw new LlmError('invalid_input', `${what} is no JSON Schema but ${describe(value)}; it is an object`);
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}
