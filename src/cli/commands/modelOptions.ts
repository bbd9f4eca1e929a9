// `rxllm models options`: options that a model gets whenever the command line gives none of that name.
import type { Command } from 'commander';
import type { Registry } from '../../models/registry.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonObject, JsonValue } from '../../values/json.ts';
import { validate } from '../../values/standardSchema.ts';
import { stderr, stdout } from '../output.ts';
import { readUserObject, userPath, writeUserObject } from '../userFiles.ts';
import { act, printJson } from './act.ts';
import { toOptionValue } from '../askOptions.ts';

const file = 'model_options.json';

/** Adds the commands to `rxllm models`. */
export function addModelOptions(models: Command, registry: () => Promise<Registry>): void {
  const options = models.command('options').description('options that a model always gets');

  options
    .command('list', { isDefault: true })
    .description('list the options of all models')
    .option('--json', 'as JSON')
    .action(({ json }: { readonly json?: boolean }) => act(() => list(json)));

  options
    .command('show')
    .description('list the options of a model')
    .argument('<model>')
    .action((model: string) => act(async () => show((await registry()).resolve(model))));

  options
    .command('set')
    .description('set an option of a model')
    .argument('<model>')
    .argument('<key>', 'the name of the option, such as temperature')
    .argument('<value>', 'numbers, true, false and other JSON are meant as such')
    .action((model: string, key: string, value: string) => act(async () => set(await registry(), model, key, value)));

  options
    .command('clear')
    .description('take an option of a model away, or all of them')
    .argument('<model>')
    .argument('[key]', 'the name of the option (default: all)')
    .action((model: string, key?: string) => act(async () => clear((await registry()).resolve(model), key)));
}

async function list(json = false): Promise<void> {
  const all = await readOptions();
  if (json) return printJson(Object.fromEntries(all));
  if (all.size === 0) stderr.line('No default options set for any models.');
  for (const [model, options] of all) {
    stdout.line(`${model}:`);
    for (const [key, value] of Object.entries(options)) stdout.line(`  ${key}: ${textOf(value)}`);
  }
}

async function show(model: string): Promise<void> {
  const options = Object.entries((await readOptions()).get(model) ?? {});
  if (options.length === 0) stderr.line(`No default options set for model '${model}'.`);
  for (const [key, value] of options) stdout.line(`${key}: ${textOf(value)}`);
}

async function set(registry: Registry, name: string, key: string, text: string): Promise<void> {
  const meant = registry.resolve(name);
  const value = toOptionValue(text);
  const model = await registry.getModel(name, { factsOnly: true });
  if (model.options) validate(model.options, { [key]: value }, `options of model "${meant}"`, 'invalid_input');
  const all = await readOptions();
  all.set(meant, { ...all.get(meant), [key]: value });
  await writeUserObject(Object.fromEntries(all), file);
  stderr.line(`Set default option ${key}=${textOf(value)} for model ${meant}`);
}

async function clear(model: string, key: string | undefined): Promise<void> {
  const all = await readOptions();
  const options = all.get(model);
  if (options === undefined || (key !== undefined && !Object.hasOwn(options, key))) {
    const what = key === undefined ? 'no options' : `no option ${JSON.stringify(key)}`;
    throw new LlmError('invalid_input', `model "${model}" has ${what} set (rxllm models options list)`);
  }
  const { [key ?? '']: _, ...rest } = options;
  if (key === undefined || Object.keys(rest).length === 0) all.delete(model);
  else all.set(model, rest);
  await writeUserObject(Object.fromEntries(all), file);
  const what = key === undefined ? 'all default options' : `default option '${key}'`;
  stderr.line(`Cleared ${what} for model ${model}`);
}

async function readOptions(): Promise<Map<string, JsonObject>> {
  const all = Object.entries(await readUserObject(file));
  const isOptions = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (all.every(([, options]) => isOptions(options))) return new Map(all as [string, JsonObject][]);
  const why = 'must be an object whose values are objects; correct it or take it away';
  throw new LlmError('invalid_input', `${userPath(file)} ${why}`);
}

function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
