// `--functions FILE`: the tools that a file of JavaScript or TypeScript exports.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { importFile } from '../importFile.ts';
import { tool, type ToolSettings } from '../../tools/defineTool.ts';
import { defineTools, type Tool } from '../../tools/tool.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonSchema } from '../../values/json.ts';
import { takeFile } from './importHooks.ts';

/**
 * Runs the file, as an ES module, and gives the tools among its exports: tools, lists of them, toolboxes, and functions,
 * which become tools by their names and take one object. Whatever else it exports is left alone. `rxllm` is this program's own
 * package, all other imports are found from where the file lies.
 *
 * The file can do all that the user can: take it only from the command line, never from a template or a log.
 *
 * @returns A Promise that rejects with `invalid_input`.
 */
export async function loadFunctions(file: string): Promise<readonly Tool[]> {
  const { href } = pathToFileURL(await checkFile(file));
  takeFile(href);
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await importFile(href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw refuse(file, notLoaded(error, href), error);
  }
  const tools = new Set<unknown>();
  const made: Tool[] = [];
  for (const [name, value] of Object.entries(exported)) {
    for (const each of membersOf(value)) {
      // One that is exported by itself and in a list, or as the default too.
      if (tools.has(each)) continue;
      tools.add(each);
      const next = toTool(file, name, each);
      if (next) made.push(next);
    }
  }
  if (made.length === 0) throw refuse(file, 'exports no tool; export a function, or what tool() of rxllm gives');
  try {
    defineTools(made);
  } catch (error) {
    throw refuse(file, `exports tools that cannot be used: ${messageOf(error)}`, error);
  }
  return made;
}

async function checkFile(file: string): Promise<string> {
  // A drive of Windows is one letter.
  if (/^[a-z][a-z\d+.-]+:/i.test(file)) throw refuse(file, 'is a URL; download it, read it, and name the file');
  const extension = path.extname(file);
  if (!['.js', '.mjs', '.ts', '.mts'].includes(extension)) {
    throw refuse(
      file,
      `has the extension ${describe(extension)}; the file is JavaScript or TypeScript: .js .mjs .ts .mts`,
    );
  }
  const found = await stat(file).catch((error: unknown) => {
    throw refuse(file, `cannot be read: ${messageOf(error)}`, error);
  });
  if (!found.isFile()) throw refuse(file, 'is no file; name the file in it');
  return path.resolve(file);
}

/** What went wrong, where, and what may help. */
function notLoaded(error: unknown, href: string): string {
  const message = messageOf(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const line = stack.split(`${href}:`)[1]?.match(/^\d+/)?.[0];
  const kind = error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : '';
  const what = `cannot be loaded: ${kind}${message}${line ? ` (line ${line})` : ''}`;
  if (message.startsWith('Cannot find package')) return `${what}; install the package beside the file`;
  if (message.startsWith('Cannot find module')) return `${what}; write the whole name of the file, such as ./other.ts`;
  if (message.includes('does not provide an export named')) return `${what}; a type is imported by "import type"`;
  // Of JavaScript that is none, Node tells the place only where it prints the error itself.
  if (error instanceof SyntaxError && !line && !/\(\d+:\d+\)/.test(message))
    return `${what}; node says where: node --check`;
  return what;
}

/** The tools of a list or a toolbox, else the value itself. */
function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.filter((each) => isTool(each));
  const { tools } = (typeof value === 'object' && value !== null ? value : {}) as { readonly tools?: unknown };
  return Array.isArray(tools) ? tools.filter((each) => isTool(each)) : [value];
}

function toTool(file: string, name: string, value: unknown): Tool | undefined {
  try {
    if (isTool(value)) return fromObject(value);
    if (typeof value !== 'function' || isClass(value)) return undefined;
    const own = name === 'default' ? value.name : name;
    if (own === '' || own === 'default') throw new Error('the function has no name; give it one');
    const run = value as NonNullable<Tool['run']>;
    return tool({ name: own, run: (args, context) => run(args, context) });
  } catch (error) {
    throw refuse(file, `exports ${describe(name)}, which cannot be a tool: ${messageOf(error)}`, error);
  }
}

/** A plain object may say `input`, as `tool()` takes it, and be of a class: tools are copied by their own fields. */
function fromObject(given: Tool & Pick<ToolSettings<JsonSchema>, 'input'>): Tool {
  const { input, ...others } = given;
  if (input === undefined && Object.hasOwn(given, 'run')) return given;
  const { name } = given;
  return { ...others, ...tool({ name, ...(input && { input }), run: (args, context) => given.run!(args, context) }) };
}

function isTool(value: unknown): value is Tool {
  if (typeof value !== 'object' || value === null) return false;
  const { name, run } = value as { readonly name?: unknown; readonly run?: unknown };
  return typeof name === 'string' && typeof run === 'function';
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function refuse(file: string, what: string, cause?: unknown): LlmError {
  return new LlmError('invalid_input', `--functions: ${file} ${what}`, cause === undefined ? {} : { cause });
}
