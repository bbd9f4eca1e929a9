// `rxllm models`: what models there are, which one is meant when none is named, and the options that go with each.
import type { Command } from 'commander';
import { userRegistry } from '../../models/getModel.ts';
import type { Provider } from '../../models/provider.ts';
import type { Registry } from '../../models/registry.ts';
import { nothingPlugged, type LoadPlugged } from '../content/plugged.ts';
import { stderr, stdout } from '../output.ts';
import { userPath, writeUserText } from '../userFiles.ts';
import { act, printJson } from './act.ts';
import { addModelOptions } from './modelOptions.ts';

/** Adds the command to the program. */
export function addModels(program: Command, plugged: LoadPlugged = nothingPlugged): Command {
  const models = program.command('models').description('see which models there are, choose one, set its options');
  const registry = async () => userRegistry({ providers: (await plugged()).providers });

  models
    .command('list', { isDefault: true })
    .description('list the providers of models, whether there is a key for them, the aliases and the default')
    .option('--json', 'as JSON')
    .action(({ json }: { readonly json?: boolean }) => act(async () => list(await registry(), json)));

  models
    .command('default')
    .description('print the model that is meant when none is named, or choose it')
    .argument('[name]', 'PROVIDER/NAME, demo, or an alias')
    .action((name?: string) => act(async () => defaultModel(await registry(), name)));

  addModelOptions(models, registry);
  return models;
}

function list(registry: Registry, json = false): void {
  const { providers, aliases, defaultModel: chosen = 'demo' } = registry;
  if (json) return printJson({ providers: providers.map((each) => facts(registry, each)), aliases, default: chosen });
  for (const provider of providers) stdout.line(`${nameOf(provider)}${keyText(registry, provider)}`);
  for (const [alias, model] of Object.entries(aliases)) stdout.line(`${alias} (alias of ${model})`);
  stdout.line(`Default: ${chosen}`);
}

/** Of a provider, for programs. The key is never among them. */
function facts(registry: Registry, provider: Provider) {
  const source = registry.keySource(provider.id);
  return {
    id: provider.id,
    name: nameOf(provider),
    key_variables: provider.keyVariables ?? [],
    needs_key: registry.needsKey(provider.id),
    key: source === undefined || source === 'stored' ? (source ?? null) : source.variable,
  };
}

function nameOf({ id, single }: Provider): string {
  return single ? id : `${id}/NAME`;
}

function keyText(registry: Registry, { id, keyVariables = [] }: Provider): string {
  const source = registry.keySource(id);
  if (source === 'stored') return ' (key: stored)';
  if (source) return ` (key: ${source.variable})`;
  if (!registry.needsKey(id)) return ' (needs no key)';
  const variable = keyVariables[0] ? `${keyVariables[0]} or ` : '';
  return ` (no key; set ${variable}rxllm keys set ${id})`;
}

async function defaultModel(registry: Registry, name: string | undefined): Promise<void> {
  if (name === undefined) return stdout.line(registry.defaultModel ?? 'demo');
  await writeUserText(`${registry.resolve(name)}\n`, 'default_model.txt');
  const { RXLLM_MODEL: set } = process.env;
  if (set) stderr.line(`RXLLM_MODEL is set, and comes before ${userPath('default_model.txt')}: ${set}`, 'yellow');
}
