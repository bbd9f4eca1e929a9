// Installs and removes packages in the plugins folder, by npm.
import { existsSync } from 'node:fs';
import { chmod, realpath } from 'node:fs/promises';
import path from 'node:path';
import { ensureFolder } from '../../store/lowdb/folders.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { readUserObject, userPath, writeUserObject } from '../userFiles.ts';
import { forgetPlugins } from './loadPlugins.ts';
import { runNpm, type NpmOptions } from './npm.ts';
import { dependencies, isPackageName, pluginPackage } from './packages.ts';

export interface InstalledPackage {
  readonly name: string;
  /** Undefined for a package that is no plugin. */
  readonly version: string | undefined;
}

/**
 * What npm is asked for: a package of the registry (`NAME`, `@SCOPE/NAME`, with `@VERSION`), or a folder or a tarball of
 * this machine, which is named by a path that begins with `.` or `/`.
 *
 * @throws LlmError `invalid_input` for anything else.
 */
export function packageSpec(given: string): string {
  if (isPath(given)) {
    const file = path.resolve(given);
    if (existsSync(file)) return file;
    throw new LlmError('invalid_input', `there is no folder and no tarball ${describe(given)}`);
  }
  const [, name = '', version] = /^(@?[^@]+)(?:@(.+))?$/.exec(given) ?? [];
  const isFile = /\.(?:tgz|tar\.gz)$/.test(given);
  if (!isFile && isPackageName(name) && (version === undefined || /^[\w.^~<>=*+-]+$/.test(version))) {
    // Without a version npm may leave the one that is there.
    return version === undefined ? `${name}@latest` : given;
  }
  const ways = 'NAME or NAME@VERSION of the npm registry, or a folder or tarball by a path that begins with ./ or /';
  throw new LlmError('invalid_input', `${describe(given)} is no package; give ${ways}`);
}

function isPath(given: string): boolean {
  return /^(?:\.{1,2}(?:[/\\]|$)|[/\\]|[A-Za-z]:[/\\])/.test(given);
}

/** Rejects with LlmError `invalid_input` for what is no package, and where npm fails. */
export async function installPackages(
  given: readonly string[],
  options: NpmOptions,
): Promise<readonly InstalledPackage[]> {
  const specs = given.map(packageSpec);
  const folder = await preparedFolder();
  // The version that is there now stays until somebody asks for another.
  await runNpm(['install', '--save-prod', '--save-exact', '--', ...specs], folder, options);
  forgetPlugins();
  const names = await Promise.all(specs.map((spec) => nameOf(spec, folder)));
  return Promise.all(names.map(async (name) => ({ name, version: (await pluginPackage(name))?.version })));
}

/** Rejects with LlmError `invalid_input` for what is not installed, and where npm fails. */
export async function uninstallPackages(names: readonly string[], options: NpmOptions): Promise<void> {
  const known = [...(await dependencies()).keys()];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const list = known.length > 0 ? known.join(', ') : 'nothing';
    throw new LlmError('invalid_input', `${describe(unknown)} is not installed; installed is ${list}`);
  }
  await runNpm(['uninstall', '--', ...names], await preparedFolder(), options);
  forgetPlugins();
}

/** For the owner alone, and no package that could be published by mistake. */
async function preparedFolder(): Promise<string> {
  const folder = userPath('plugins');
  await ensureFolder(folder);
  await chmod(folder, 0o700);
  const manifest = await readUserObject('plugins', 'package.json');
  if (manifest.private !== true) await writeUserObject({ ...manifest, private: true }, 'plugins', 'package.json');
  return folder;
}

async function nameOf(spec: string, folder: string): Promise<string> {
  if (!path.isAbsolute(spec)) return spec.slice(0, spec.indexOf('@', 1));
  const file = await realpath(spec);
  for (const [name, from] of await dependencies()) {
    const given = from.startsWith('file:') ? path.resolve(folder, from.slice('file:'.length)) : undefined;
    if (given !== undefined && existsSync(given) && (await realpath(given)) === file) return name;
  }
  throw new LlmError('invalid_input', `npm has installed ${spec}, but ${userPath('plugins', 'package.json')} lacks it`);
}
