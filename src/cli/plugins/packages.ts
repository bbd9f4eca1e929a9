// The packages in the plugins folder: which there are, which of them are plugins, and where their code begins.
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../store/lowdb/folders.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { readUserObject, userPath } from '../userFiles.ts';

export interface PluginPackage {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

type Manifest = Readonly<Record<string, unknown>>;

/** What `plugins/package.json` lists, with how each was asked for. Rejects with LlmError `invalid_input`. */
export async function dependencies(): Promise<ReadonlyMap<string, string>> {
  const { dependencies: listed = {} } = await readUserObject('plugins', 'package.json');
  if (!isObject(listed)) {
    throw new LlmError('invalid_input', `dependencies in ${userPath('plugins', 'package.json')} is no object`);
  }
  const entries = Object.entries(listed).map(([name, spec]) => [name, String(spec)] as const);
  return new Map(entries.filter(([name]) => isPackageName(name)));
}

/** As npm has it, but for names that begin with a dot: none that leaves the folder. */
export function isPackageName(name: string): boolean {
  return name.length <= 214 && /^(?:@[\w~-][\w.~-]*\/)?[\w~][\w.~-]*$/.test(name);
}

/**
 * The package with this name in `plugins/node_modules`, and nowhere else; undefined where it is no plugin, which it is by
 * the keyword `rxllm-plugin` or the field `rxllm`. Rejects with LlmError `invalid_input` where it is not there.
 */
export async function pluginPackage(name: string): Promise<PluginPackage | undefined> {
  const folder = userPath('plugins', 'node_modules', ...name.split('/'));
  const { version, description, ...manifest } = await readManifest(name, folder);
  if (!isPlugin(manifest)) return undefined;
  return {
    name,
    version: typeof version === 'string' ? version : '0.0.0',
    ...(typeof description === 'string' && { description }),
    folder,
    manifest,
  };
}

async function readManifest(name: string, folder: string): Promise<Manifest> {
  const file = path.join(folder, 'package.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
    throw new LlmError('invalid_input', `it is not there; \`rxllm install ${name}\` brings it back`, { cause });
  }
  const manifest: unknown = JSON.parse(text);
  if (!isObject(manifest)) throw new LlmError('invalid_input', `${file} is no JSON object`);
  return manifest;
}

function isPlugin({ keywords, rxllm }: Manifest): boolean {
  return Boolean(rxllm) || (Array.isArray(keywords) && keywords.includes('rxllm-plugin'));
}

/**
 * The file that is imported: that of the field `rxllm` where it is a path, else what Node would take. Node itself is not
 * asked, because it goes on looking in folders further up. Rejects with LlmError `invalid_input`.
 */
export async function entryOf({ folder, manifest: { rxllm, exports, main } }: PluginPackage): Promise<string> {
  const target = typeof rxllm === 'string' ? rxllm : (fromExports(exports) ?? main ?? 'index.js');
  const what = `its entry ${describe(target)}`;
  if (typeof target !== 'string') throw new LlmError('invalid_input', `${what} is no path`);
  const root = await realpath(folder);
  let file: string;
  try {
    file = await realpath(path.join(root, target));
  } catch (cause) {
    throw new LlmError('invalid_input', `${what} is not there`, { cause });
  }
  if (!file.startsWith(root + path.sep)) throw new LlmError('invalid_input', `${what} is outside of the package`);
  return file;
}

const conditions = new Set(['node', 'import', 'default']);

/** https://nodejs.org/api/packages.html#conditional-exports */
function fromExports(exports: unknown): unknown {
  if (!isObject(exports)) return exports;
  if ('.' in exports) return fromExports(exports['.']);
  for (const [condition, target] of Object.entries(exports)) {
    const found = conditions.has(condition) ? fromExports(target) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
