// `rxllm plugins`: what is installed, and what each of it gives.
import { Option, type Command } from 'commander';
import { stderr, stdout } from '../output.ts';
import { loadPlugins, type FailedPlugin, type PluginInfo } from '../plugins/loadPlugins.ts';

const kinds = ['models', 'tools', 'templateLoaders', 'fragmentLoaders', 'commands'] as const;

type Kind = (typeof kinds)[number];

interface Flags {
  readonly all?: true;
  readonly json?: true;
  readonly hook?: Kind;
}

/** @param taken Names of commands that plugins cannot have, besides those that the program has by then. */
export function addPlugins(program: Command, taken: readonly string[] = []): void {
  program
    .command('plugins')
    .description('the plugins that are installed')
    .argument('[list]', 'the same; may be left out')
    .option('--all', 'list what is built in as well')
    .addOption(new Option('--hook <kind>', 'only those that give something of this kind').choices(kinds))
    .option('--json', 'as JSON')
    .action(async (word: string | undefined, { all, json, hook }: Flags, command: Command) => {
      if (word !== undefined && word !== 'list') command.error(`error: unknown command '${word}'`);
      const loaded = await loadPlugins();
      await loaded.addCommands(program, taken);
      const { plugins, failed } = loaded;
      const listed = [...(all ? [await builtIn(program)] : []), ...plugins].filter(
        (plugin) => !hook || plugin[hook].length > 0,
      );
      const isListed = (name: string) => plugins.some((plugin) => plugin.name === name);
      const lost = failed.filter(({ name }) => !hook && !isListed(name));
      if (json) stdout.line(JSON.stringify([...listed.map(withoutNothing), ...lost.map(asJson)], null, 2));
      else for (const text of [...listed.map(asText), ...lost.map(failedText)]) stdout.line(text);
      if (!json && listed.length + lost.length === 0) stderr.line('No plugins found');
    });
}

async function builtIn(program: Command): Promise<PluginInfo> {
  const { providers } = await import('../../models/providers.ts');
  const { builtInTools } = await import('../tools/builtInTools.ts');
  return {
    name: program.name(),
    version: program.version() ?? '',
    models: providers.map(({ id }) => id),
    tools: builtInTools.map(({ name }) => name),
    templateLoaders: [],
    fragmentLoaders: [],
    commands: [],
    renamed: [],
  };
}

function withoutNothing(plugin: PluginInfo): object {
  return Object.fromEntries(Object.entries(plugin).filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

function asJson({ name, message }: FailedPlugin): object {
  return { name, error: message };
}

const titles: Readonly<Record<Kind, string>> = {
  models: 'models',
  tools: 'tools',
  templateLoaders: 'template loaders',
  fragmentLoaders: 'fragment loaders',
  commands: 'commands',
};

function asText(plugin: PluginInfo): string {
  const { name, version, description, renamed } = plugin;
  return [
    `${name} ${version}`,
    ...(description ? [description] : []),
    ...kinds.filter((kind) => plugin[kind].length > 0).map((kind) => `${titles[kind]}: ${plugin[kind].join(', ')}`),
    ...renamed.map(({ what, from, to }) => `${what} ${from} is called ${to} here, because the name was taken`),
  ].join('\n  ');
}

function failedText({ name, message }: FailedPlugin): string {
  return `${name} is left out: ${message}`;
}
