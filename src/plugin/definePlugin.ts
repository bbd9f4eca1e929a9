// definePlugin(), and what is checked of a plugin: also of one that another copy of this package has made.
import { checkTool } from '../tools/tool.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { Plugin } from './plugin.ts';

/**
 * Makes a plugin of the program `rxllm`, the default export of a package with the keyword `rxllm-plugin`.
 *
 * @throws LlmError `invalid_input` for what is no plugin.
 *
 * @example
 * export default definePlugin({ name: 'rxllm-plugin-dice', tools: [roll] });
 */
export function definePlugin(plugin: Plugin): Plugin {
  return checkPlugin(plugin);
}

const checks: Readonly<Record<keyof Plugin, (value: unknown) => void>> = {
  name(value) {
    if (typeof value !== 'string' || !/^[^\p{Cc}]{1,214}$/u.test(value)) refuse('its name is a text', value);
  },
  models: (value) => eachOf('models', value, checkProvider),
  tools: (value) => eachOf('tools', value, checkToolOrBox),
  templateLoaders: (value) => checkLoaders('templateLoaders', value),
  fragmentLoaders: (value) => checkLoaders('fragmentLoaders', value),
  commands(value) {
    if (typeof value !== 'function') refuse('commands is a function', value);
  },
};

/** @throws LlmError `invalid_input` */
export function checkPlugin(given: unknown): Plugin {
  checkFields(given);
  return given as Plugin;
}

function checkFields(plugin: unknown): void {
  if (!isObject(plugin)) return refuse('a plugin is an object, as definePlugin() makes it', plugin);
  const unknown = Object.keys(plugin).find((key) => !Object.hasOwn(checks, key));
  if (unknown !== undefined) refuse(`a plugin has ${Object.keys(checks).join(', ')}`, unknown);
  checks.name(plugin.name);
  for (const [key, check] of Object.entries(checks)) if (plugin[key] !== undefined) check(plugin[key]);
}

function checkProvider(value: unknown): void {
  if (!isObject(value) || typeof value.load !== 'function') refuse('a provider has an id and a function load', value);
  if (typeof value.id !== 'string' || !/^[A-Za-z0-9][\w.-]*$/.test(value.id)) {
    refuse('the id of a provider has letters of A to Z, digits and . _ -, the first a letter or a digit', value.id);
  }
}

function checkToolOrBox(value: unknown): void {
  const isBox = isObject(value) && 'tools' in value;
  if (isBox && typeof value.name !== 'string') refuse('a toolbox has a name', value.name);
  if (isBox) eachOf('tools of a toolbox', value.tools, checkOne);
  else checkOne(value);
}

function checkOne(value: unknown): void {
  checkTool(value as Parameters<typeof checkTool>[0]);
}

// What else stands before a colon where a template or a fragment is named. A single letter is a drive of Windows.
const reserved = new Set(['http', 'https', 'file', 'data']);

function checkLoaders(field: string, value: unknown): void {
  if (!isObject(value) || Array.isArray(value)) return refuse(`${field} is an object of functions by prefix`, value);
  for (const [prefix, loader] of Object.entries(value)) {
    if (!/^[a-z][a-z0-9_-]+$/i.test(prefix) || reserved.has(prefix.toLowerCase())) {
      const rule = 'two or more letters of A to Z, digits, _ and -, the first a letter, and not those of a URL';
      refuse(`a prefix of ${field} has ${rule}`, prefix);
    }
    const load: unknown = isObject(loader) ? loader.load : loader;
    if (typeof load !== 'function') refuse(`"${prefix}" of ${field} is a function, or has one as load`, loader);
  }
}

function eachOf(field: string, value: unknown, check: (item: unknown) => void): void {
  if (!Array.isArray(value)) refuse(`${field} is a list`, value);
  for (const item of value as readonly unknown[]) check(item);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function refuse(rule: string, seen: unknown): never {
  const what = typeof seen === 'function' ? 'a function' : describe(seen);
  throw new LlmError('invalid_input', `${rule}; it is ${what}`);
}
