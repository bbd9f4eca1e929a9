// Loads packages, and puts together what they give.
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { importFile } from '../importFile.ts';
import type { Provider } from '../../models/provider.ts';
import { providers as builtInProviders } from '../../models/providers.ts';
import { checkPlugin } from '../../plugin/definePlugin.ts';
import type { Plugin } from '../../plugin/plugin.ts';
import type { Tool } from '../../tools/tool.ts';
import type { Toolbox } from '../../tools/toolbox.ts';
import { messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { FragmentLoader, TemplateLoader } from '../content/plugged.ts';
import { stderr, visible } from '../output.ts';
import { builtInTools } from '../tools/builtInTools.ts';
import { registerCommands } from './commands.ts';
import { ownProvider, ownTool } from './foreign.ts';
import { ownFragmentLoader, ownTemplateLoader } from './loaders.ts';
import type { FailedPlugin, LoadedPlugins, PluginInfo, Renamed } from './loadPlugins.ts';
import { Names } from './names.ts';
import { dependencies, entryOf, pluginPackage, type PluginPackage } from './packages.ts';

/** A package and its plugin. */
export interface Installed {
  readonly package: PluginPackage;
  readonly plugin: Plugin;
}

/** @param wanted The packages to load, with commas between them. Default: all. */
export async function collectPlugins(wanted: string | undefined): Promise<LoadedPlugins> {
  const failed: FailedPlugin[] = [];
  const fail = (name: string, error: unknown, what = 'is left out') => {
    // One line, whatever it says.
    const message = visible(messageOf(error).split(/\r?\n/, 1)[0] ?? '');
    failed.push({ name, message });
    stderr.line(`Plugin ${visible(name)} ${what}: ${message}`, 'yellow');
  };
  const names = await wantedNames(wanted, fail);
  // All at once; what is told of them comes in their order.
  const results = await Promise.allSettled(names.map(load));
  const installed: Installed[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === 'rejected') fail(names[index] ?? '', result.reason);
    else if (result.value) installed.push(result.value);
  }
  const collection = new Collection();
  const plugins = installed.map((each) => collection.add(each));
  const programs = new WeakMap<Command, Promise<void>>();
  return {
    plugins,
    providers: collection.providers,
    tools: collection.tools,
    templateLoaders: collection.templateLoaders,
    fragmentLoaders: collection.fragmentLoaders,
    failed,
    addCommands(program, taken = []) {
      const { providers } = collection;
      const parts = { installed, plugins, providers, taken, fail };
      const adding = programs.get(program) ?? registerCommands(program, parts);
      programs.set(program, adding);
      return adding;
    },
  };
}

async function wantedNames(
  wanted: string | undefined,
  fail: (name: string, error: unknown) => void,
): Promise<readonly string[]> {
  try {
    const listed = [...(await dependencies()).keys()];
    if (wanted === undefined) return listed;
    const names = wanted.split(',').map((name) => name.trim());
    const missing = names.filter((name) => name !== '' && !listed.includes(name));
    for (const name of missing) fail(name, 'RXLLM_LOAD_PLUGINS names it, and it is not installed');
    return listed.filter((name) => names.includes(name));
  } catch (error) {
    fail('folder', error);
    return [];
  }
}

async function load(name: string): Promise<Installed | undefined> {
  const found = await pluginPackage(name);
  if (!found) return undefined;
  const module = (await importFile(pathToFileURL(await entryOf(found)).href)) as { readonly default?: unknown };
  if (module.default === undefined) {
    throw new LlmError('invalid_input', 'it has no default export; it should be what definePlugin() makes');
  }
  return { package: found, plugin: checkPlugin(module.default) };
}

class Collection {
  readonly #providerIds = new Names(
    'provider',
    builtInProviders.map(({ id }) => id),
  );
  readonly #toolNames = new Names(
    'tool',
    builtInTools.map(({ name }) => name),
    64,
  );
  readonly #boxNames = new Names('toolbox');
  readonly #templatePrefixes = new Names('template loader');
  readonly #fragmentPrefixes = new Names('fragment loader');
  readonly providers: Provider[] = [];
  readonly tools: Tool[] = [];
  readonly templateLoaders = new Map<string, TemplateLoader>();
  readonly fragmentLoaders = new Map<string, FragmentLoader>();

  add({ package: { name, version, description }, plugin }: Installed): PluginInfo {
    const renamed: Renamed[] = [];
    const models = (plugin.models ?? []).map((provider) => {
      const id = this.#providerIds.take(provider.id, renamed);
      this.providers.push(ownProvider(provider, id));
      return id;
    });
    const tools = (plugin.tools ?? []).flatMap((each) =>
      'tools' in each ? this.#addBox(each, renamed) : this.#addTool(each, each.name, renamed, each.toolbox),
    );
    const templateLoaders = Object.entries(plugin.templateLoaders ?? {}).map(([given, loader]) => {
      const prefix = this.#templatePrefixes.take(given, renamed);
      this.templateLoaders.set(prefix, ownTemplateLoader(name, loader));
      return prefix;
    });
    const fragmentLoaders = Object.entries(plugin.fragmentLoaders ?? {}).map(([given, loader]) => {
      const prefix = this.#fragmentPrefixes.take(given, renamed);
      this.fragmentLoaders.set(prefix, ownFragmentLoader(name, prefix, loader));
      return prefix;
    });
    const info = { name, version, ...(description !== undefined && { description }) };
    return { ...info, models, tools, templateLoaders, fragmentLoaders, commands: [], renamed };
  }

  #addTool(tool: Tool, wanted: string, renamed: Renamed[], toolbox: Tool['toolbox']): string {
    const name = this.#toolNames.take(wanted, renamed);
    this.tools.push(ownTool(tool, name, toolbox));
    return name;
  }

  /** All tools of a box keep what their names begin with, so the box gets the number. */
  #addBox(box: Toolbox, renamed: Renamed[]): readonly string[] {
    const nameIn = (name: string, tool: Tool) =>
      tool.name.startsWith(`${box.name}_`) ? `${name}${tool.name.slice(box.name.length)}` : tool.name;
    const begins = (tool: Tool) => tool.name.startsWith(`${box.name}_`);
    const isFree = (name: string) => box.tools.filter(begins).every((tool) => !this.#toolNames.has(nameIn(name, tool)));
    const name = this.#boxNames.take(box.name, renamed, isFree);
    const toolbox = { name, config: box.config };
    return box.tools.flatMap((tool) => this.#addTool(tool, nameIn(name, tool), renamed, toolbox));
  }
}
