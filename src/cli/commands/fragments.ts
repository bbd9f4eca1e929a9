// `rxllm fragments`: texts that are kept under a short name, to be put before prompts.
import type { Command } from 'commander';
import { textHash } from '../../store/contentHash.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { collect } from '../askOptions.ts';
import { loadFragment } from '../content/loadFragment.ts';
import { fragmentFiles, namesOf, noSuch, readNamed, removeNamed, writeNamed } from '../content/namedFiles.ts';
import { describeLoaders, nothingPlugged, type LoadPlugged } from '../content/plugged.ts';
import { toYaml } from '../content/saveTemplate.ts';
import { stderr, stdout } from '../output.ts';
import { checkFileName } from '../userFiles.ts';
import { act, printJson, type ActContext } from './act.ts';

/** So much of a text is shown in the list. */
const shown = 100;

interface ListFlags {
  readonly query?: readonly string[];
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addFragments(program: Command, plugged: LoadPlugged = nothingPlugged): Command {
  const fragments = program.command('fragments').description('keep texts under a short name, for -f ALIAS');

  fragments
    .command('list', { isDefault: true })
    .description('list the stored fragments, with the beginning of each')
    .option('-q, --query <text>', 'only those with this in them; may be given again', collect)
    .option('--json', 'as JSON, with the whole of each')
    .action((flags: ListFlags) => act(() => list(flags)));

  fragments
    .command('set')
    .description('store a text under a name; what is there by that name is replaced')
    .argument('<alias>', 'the name')
    .argument('<source>', 'a path, a URL, - for standard input, or PREFIX:ARGUMENT of a plugin')
    .action((alias: string, source: string) => act((context) => set(alias, source, plugged, context)));

  fragments
    .command('show')
    .description('print a stored fragment')
    .argument('<alias>', 'its name')
    .action((alias: string) => act(() => show(alias)));

  fragments
    .command('remove')
    .description('take a stored fragment away')
    .argument('<alias>', 'its name')
    .action((alias: string) => act(() => remove(alias)));

  fragments
    .command('loaders')
    .description('list the prefixes that plugins load fragments for')
    .action(() => act(() => loaders(plugged)));
  return fragments;
}

async function list({ query = [], json = false }: ListFlags): Promise<void> {
  const words = query.map((word) => word.toLowerCase());
  const all = await Promise.all(
    (await namesOf(fragmentFiles)).map(async (alias) => {
      const content = (await readNamed(fragmentFiles, alias)) ?? '';
      return { alias, hash: textHash(content).slice('sha256:'.length), content };
    }),
  );
  const found = all.filter(({ alias, content }) => {
    const text = `${alias}\n${content}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (json) return printJson(found);
  if (found.length === 0) stderr.line('No fragments found');
  else stdout.write(await toYaml(found.map((each) => ({ ...each, content: shortened(each.content) }))));
}

async function set(alias: string, source: string, plugged: LoadPlugged, { stdin, signal }: ActContext): Promise<void> {
  checkFileName('fragment', alias);
  const { fragmentLoaders } = await plugged();
  const { fragments, attachments } = await loadFragment(source, {
    loaders: fragmentLoaders,
    stdin: () => stdin.text(),
    signal,
  });
  const [only] = fragments;
  if (only === undefined || fragments.length > 1 || attachments.length > 0) {
    const what = `${fragments.length} texts and ${attachments.length} attachments`;
    throw new LlmError('invalid_input', `${describe(source)} gives ${what}; an alias is for one text`);
  }
  await writeNamed(fragmentFiles, alias, only.text);
}

async function show(alias: string): Promise<void> {
  const text = await readNamed(fragmentFiles, alias);
  if (text === undefined) throw await noSuch(fragmentFiles, alias);
  stdout.write(text);
  stdout.endLine();
}

async function remove(alias: string): Promise<void> {
  if (!(await removeNamed(fragmentFiles, alias))) throw await noSuch(fragmentFiles, alias);
}

async function loaders(plugged: LoadPlugged): Promise<void> {
  const { fragmentLoaders } = await plugged();
  if (fragmentLoaders.size === 0) stderr.line('No fragment loaders found');
  else stdout.line(describeLoaders(fragmentLoaders));
}

function shortened(text: string): string {
  return text.length > shown ? `${text.slice(0, shown)}…` : text;
}
