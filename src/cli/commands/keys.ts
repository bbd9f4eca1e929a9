// `rxllm keys`: API keys, stored for the owner alone. A key is shown by `get` and by nothing else.
import { Option, type Command } from 'commander';
import { LlmError } from '../../values/error.ts';
import type { Stdin } from '../input.ts';
import { stderr, stdout } from '../output.ts';
import { checkFileName, readUserObject, userPath, writeUserObject } from '../userFiles.ts';
import { act, refuseMore } from './act.ts';
import { readSecret } from './secret.ts';

const file = 'keys.json';

/** As llm begins the file. */
const note = { '// Note': 'This file stores secret API credentials. Do not share!' };

const noArgument =
  'a key is not taken from the command line, where the list of processes and the history of the shell show it; leave it out to be asked for it, or pipe it in';

/** Adds the command to the program. */
export function addKeys(program: Command): Command {
  const keys = program.command('keys').description('store API keys for the models of providers');

  keys
    .command('list', { isDefault: true })
    .description('list the names of stored keys')
    .action(() => act(list));

  keys
    .command('path')
    .description('print the path of the file with the keys')
    .action(() => stdout.line(userPath(file)));

  keys
    .command('get')
    .description('print a stored key')
    .argument('<name>', 'the name of the key')
    .action((name: string) => act(() => get(name)));

  const set: Command = keys
    .command('set')
    .description('store a key: it is asked for, or read from standard input')
    .argument('<name>', 'the id of a provider, such as openai, or a name for --key')
    .addOption(new Option('--value [key]').hideHelp())
    .allowExcessArguments()
    .action((name: string, flags: { readonly value?: unknown }) => {
      refuseMore(set, 1, noArgument);
      if (flags.value !== undefined) set.error(`error: ${noArgument}`);
      return act(({ stdin }) => store(name, stdin));
    });
  return keys;
}

async function list(): Promise<void> {
  const names = namesIn(await readUserObject(file));
  if (names.length === 0) stderr.line('No keys found');
  for (const name of names) stdout.line(name);
}

async function get(name: string): Promise<void> {
  const keys = await readUserObject(file);
  const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
  if (typeof key === 'string' && !isNote(name)) return stdout.line(key);
  const names = namesIn(keys);
  const there = names.length > 0 ? `there are ${names.join(', ')}` : 'there are none yet';
  throw new LlmError('invalid_input', `no key ${JSON.stringify(name)} is stored; ${there}`);
}

async function store(name: string, stdin: Stdin): Promise<void> {
  checkFileName('key', name);
  // First: nobody shall type a key for a file that cannot be written.
  await readUserObject(file);
  const key = await readSecret('Enter key: ', stdin);
  if (key === '') throw new LlmError('invalid_input', 'the key is empty; nothing is changed');
  if (/\s/.test(key))
    throw new LlmError('invalid_input', 'a key has no spaces or line breaks in it; nothing is changed');
  const kept = await readUserObject(file);
  await writeUserObject({ ...(Object.keys(kept).length === 0 && note), ...kept, [name]: key }, file);
}

function namesIn(keys: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(keys)
    .filter((name) => !isNote(name))
    .toSorted();
}

function isNote(name: string): boolean {
  return name.startsWith('//');
}
