// `rxllm aliases`: other names for models.
import type { Command } from 'commander';
import { userRegistry } from '../../models/getModel.ts';
import { LlmError } from '../../values/error.ts';
import { nothingPlugged, type LoadPlugged } from '../content/plugged.ts';
import { stderr, stdout } from '../output.ts';
import { checkFileName, readUserObject, userPath, writeUserObject } from '../userFiles.ts';
import { act, printJson, printPairs } from './act.ts';

const file = 'aliases.json';

/** Adds the command to the program. */
export function addAliases(program: Command, plugged: LoadPlugged = nothingPlugged): Command {
  const aliases = program.command('aliases').description('give models other names');

  aliases
    .command('list', { isDefault: true })
    .description('list the aliases')
    .option('--json', 'as JSON')
    .action(({ json }: { readonly json?: boolean }) => act(() => list(json)));

  aliases
    .command('set')
    .description('give a model another name')
    .argument('<alias>', 'the other name')
    .argument('<model>', 'PROVIDER/NAME, demo, or an alias')
    .action((alias: string, model: string) => act(() => set(alias, model, plugged)));

  aliases
    .command('remove')
    .description('take an alias away')
    .argument('<alias>', 'its name')
    .action((alias: string) => act(() => remove(alias)));

  aliases
    .command('path')
    .description('print the path of the file with the aliases')
    .action(() => stdout.line(userPath(file)));
  return aliases;
}

async function list(json = false): Promise<void> {
  const aliases = await readUserObject(file);
  if (json) return printJson(aliases);
  const pairs = Object.entries(aliases).map(([alias, model]) => [alias, String(model)] as const);
  if (pairs.length === 0) stderr.line('No aliases found');
  else printPairs(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function set(alias: string, model: string, plugged: LoadPlugged): Promise<void> {
  checkFileName('model alias', alias);
  const { providers } = await plugged();
  const meant = (await userRegistry({ providers })).resolve(model);
  if (meant === alias) throw new LlmError('invalid_input', `${JSON.stringify(alias)} is the model's own name`);
  await writeUserObject({ ...(await readUserObject(file)), [alias]: meant }, file);
}

async function remove(alias: string): Promise<void> {
  const aliases = await readUserObject(file);
  if (!Object.hasOwn(aliases, alias)) {
    const names = Object.keys(aliases);
    const there = names.length > 0 ? `there are ${names.toSorted().join(', ')}` : 'there are none yet';
    throw new LlmError('invalid_input', `no alias ${JSON.stringify(alias)}; ${there}`);
  }
  const { [alias]: _, ...rest } = aliases;
  await writeUserObject(rest, file);
}
