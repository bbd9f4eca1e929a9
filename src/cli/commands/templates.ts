// `rxllm templates`: prompts that are kept, with variables in them.
import type { Command } from 'commander';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { openEditor } from '../content/editor.ts';
import { loadTemplate } from '../content/loadTemplate.ts';
import { namesOf, pathOf, readNamed, removeNamed, templateFiles, writeNamed } from '../content/namedFiles.ts';
import { describeLoaders, nothingPlugged, type LoadPlugged } from '../content/plugged.ts';
import { toYaml } from '../content/saveTemplate.ts';
import { parseTemplate, type Template } from '../content/template.ts';
import { stderr, stdout } from '../output.ts';
import { userPath } from '../userFiles.ts';
import { act, printPairs } from './act.ts';

/** What a new template begins as. */
const beginning = 'prompt: \n';

/** Adds the command to the program. */
export function addTemplates(program: Command, plugged: LoadPlugged = nothingPlugged): Command {
  const templates = program.command('templates').description('keep prompts, with variables in them, for -t NAME');

  templates
    .command('list', { isDefault: true })
    .description('list the templates')
    .action(() => act(list));

  templates
    .command('show')
    .description('print a template')
    .argument('<name>', 'its name, a path, a URL, or PREFIX:ARGUMENT of a plugin')
    .action((name: string) => act(({ signal }) => show(name, plugged, signal)));

  templates
    .command('edit')
    .description('open a template in $VISUAL or $EDITOR; a new one where there is none')
    .argument('<name>', 'its name')
    .action((name: string) => act(() => edit(name)));

  templates
    .command('path')
    .description('print the path of the folder with the templates')
    .action(() => stdout.line(userPath(templateFiles.folder)));

  templates
    .command('loaders')
    .description('list the prefixes that plugins load templates for')
    .action(() => act(() => loaders(plugged)));
  return templates;
}

async function list(): Promise<void> {
  const names = await namesOf(templateFiles);
  const pairs: (readonly [name: string, rest: string])[] = [];
  for (const name of names) {
    try {
      const { template } = await loadTemplate(name);
      pairs.push([name, summary(template)]);
    } catch (error) {
      stderr.line(`${name} cannot be used: ${messageOf(error)}`, 'yellow');
    }
  }
  if (names.length === 0) stderr.line('No templates found');
  else if (pairs.length > 0) printPairs(shortened(pairs));
}

/** In one line. */
function summary({ name: _, prompt, system, ...rest }: Template): string {
  const said = [...(system ? [`system: ${system}`] : []), ...(prompt ? [`prompt: ${prompt}`] : [])];
  const text = said.length > 0 ? said.join(' ') : Object.keys(rest).join(', ');
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** As wide as the terminal; piped on they are whole. */
function shortened(pairs: readonly (readonly [name: string, rest: string])[]): typeof pairs {
  if (!stdout.isTerminal) return pairs;
  const width = Math.max(...pairs.map(([name]) => name.length));
  const room = Math.max(20, (process.stdout.columns || 80) - width - 3);
  return pairs.map(([name, rest]) => [name, rest.length > room ? `${rest.slice(0, room - 1)}…` : rest]);
}

async function show(spec: string, plugged: LoadPlugged, signal: AbortSignal): Promise<void> {
  const { templateLoaders } = await plugged();
  const { template, notes } = await loadTemplate(spec, { loaders: templateLoaders, signal });
  const { name: _, ...content } = template;
  for (const note of notes) stderr.line(note, 'yellow');
  // What is printed can be kept as a file.
  stdout.write(await toYaml(content));
}

async function edit(name: string): Promise<void> {
  const isNew = (await readNamed(templateFiles, name)) === undefined;
  if (isNew) await writeNamed(templateFiles, name, beginning);
  const file = pathOf(templateFiles, name);
  try {
    await openEditor(file);
  } finally {
    const text = await readNamed(templateFiles, name);
    if (isNew && (text === beginning || text?.trim() === '')) {
      await removeNamed(templateFiles, name);
      stderr.line(`Nothing was written, so there is no template ${describe(name)}`);
    }
  }
  const text = await readNamed(templateFiles, name);
  if (text === undefined) return;
  try {
    await parseTemplate(name, text, file);
  } catch (cause) {
    const again = `rxllm templates edit ${name}`;
    throw new LlmError('invalid_input', `${messageOf(cause)}\nIt stays as you wrote it; correct it: ${again}`, {
      cause,
    });
  }
}

async function loaders(plugged: LoadPlugged): Promise<void> {
  const { templateLoaders } = await plugged();
  if (templateLoaders.size === 0) stderr.line('No template loaders found');
  else stdout.line(describeLoaders(templateLoaders));
}
