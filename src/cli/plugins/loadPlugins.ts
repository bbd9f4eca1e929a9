// What the installed plugins give. Where none is installed, one look at a file says so.
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Tool } from '../../tools/tool.ts';
import type { Plugged } from '../content/plugged.ts';
import { userPath } from '../userFiles.ts';

/** One package that is a plugin, and the names under which its things are found. */
export interface PluginInfo {
  /** Of the package. */
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly models: readonly string[];
  readonly tools: readonly string[];
  readonly templateLoaders: readonly string[];
  readonly fragmentLoaders: readonly string[];
  /** Known when `addCommands` has been called. */
  readonly commands: readonly string[];
  /** What has another name than its author gave it, because that was taken. */
  readonly renamed: readonly Renamed[];
}

export interface Renamed {
  readonly what: 'provider' | 'tool' | 'toolbox' | 'template loader' | 'fragment loader';
  readonly from: string;
  readonly to: string;
}

/** A package that was left out, or whose commands were. */
export interface FailedPlugin {
  readonly name: string;
  readonly message: string;
}

export interface LoadedPlugins extends Plugged {
  readonly plugins: readonly PluginInfo[];
  readonly tools: readonly Tool[];
  readonly failed: readonly FailedPlugin[];
  /**
   * Adds the commands of the plugins to the program, once. One that fails is told on standard error.
   *
   * @param taken Names that are not to be had, besides those of the commands that the program has by now.
   */
  addCommands(program: Command, taken?: readonly string[]): Promise<void>;
}

export interface LoadPluginsOptions {
  /** Default true. */
  readonly enabled?: boolean | undefined;
}

const nothing: LoadedPlugins = {
  plugins: [],
  providers: [],
  tools: [],
  templateLoaders: new Map(),
  fragmentLoaders: new Map(),
  failed: [],
  addCommands: () => Promise.resolve(),
};

const loaded = new Map<string, Promise<LoadedPlugins>>();

/**
 * Loads the plugins of the user's folder, those named in `$RXLLM_LOAD_PLUGINS` where that is set: at the first call, all
 * at once, later calls get the same. One that cannot be used is told on standard error and left out. Never rejects.
 */
export async function loadPlugins({ enabled = true }: LoadPluginsOptions = {}): Promise<LoadedPlugins> {
  const wanted = process.env.RXLLM_LOAD_PLUGINS;
  if (!enabled || wanted === '' || !existsSync(userPath('plugins', 'package.json'))) return nothing;
  const key = JSON.stringify([userPath(), wanted]);
  const known = loaded.get(key);
  if (known) return known;
  const loading = import('./collectPlugins.ts').then(({ collectPlugins }) => collectPlugins(wanted));
  loaded.set(key, loading);
  return loading;
}

/** For who has changed what is installed. */
export function forgetPlugins(): void {
  loaded.clear();
}

/**
 * Takes `--no-plugins` out of a command line, where it may stand anywhere before `--`; it means what an empty
 * `$RXLLM_LOAD_PLUGINS` means, and sets that.
 */
export function takeNoPlugins(args: readonly string[]): readonly string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const kept = args.filter((arg, at) => at >= end || arg !== '--no-plugins');
  if (kept.length < args.length) process.env.RXLLM_LOAD_PLUGINS = '';
  return kept;
}
