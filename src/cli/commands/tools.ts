// `rxllm tools`: which tools there are, and how they are called.
import type { Command } from 'commander';
import type { Tool } from '../../tools/tool.ts';
import type { JsonSchema } from '../../values/json.ts';
import { stdout } from '../output.ts';
import { addToolChoice, type ToolFlags } from '../tools/toolOptions.ts';

interface Flags extends Pick<ToolFlags, 'tool' | 'functions'> {
  readonly json?: true;
}

interface ToolRow {
  readonly name: string;
  readonly description: string;
  /** JSON Schema; null where any object will do. */
  readonly arguments: JsonSchema | null;
}

/**
 * Adds the command to the program.
 *
 * @param pluginTools Tools of plugins, asked for when the command runs.
 */
export function addTools(program: Command, pluginTools: () => Promise<readonly Tool[]> = async () => []): Command {
  const tools = program.command('tools').description('which tools a model may be given');
  const list = tools
    .command('list', { isDefault: true })
    .description('list tools, with what they take and what they do')
    .argument('[name...]', 'tools or toolboxes; default: all');
  addToolChoice(list)
    .option('--json', 'as JSON, with the JSON Schema of the arguments')
    .action((names: readonly string[], flags: Flags) => listTools(names, flags, pluginTools));
  return tools;
}

async function listTools(
  names: readonly string[],
  { tool = [], functions = [], json }: Flags,
  pluginTools: () => Promise<readonly Tool[]>,
): Promise<void> {
  const [{ findTools }, { chooseTools }, { argumentsOf, signatureOf }] = await Promise.all([
    import('../tools/toolSetting.ts'),
    import('../tools/chooseTools.ts'),
    import('../tools/signature.ts'),
  ]);
  const { all } = await findTools({ functions }, await pluginTools());
  const wanted = [...names, ...tool];
  const shown = wanted.length > 0 ? chooseTools(wanted, all) : all;
  const single = shown.filter(({ toolbox }) => !toolbox);
  const boxes = new Map<string, Tool[]>();
  for (const each of shown) {
    if (each.toolbox) boxes.set(each.toolbox.name, [...(boxes.get(each.toolbox.name) ?? []), each]);
  }
  if (json) {
    const toRow = (each: Tool): ToolRow => ({
      name: each.name,
      description: each.description ?? '',
      arguments: argumentsOf(each) ?? null,
    });
    const toolboxes = [...boxes].map(([name, members]) => ({ name, tools: members.map(toRow) }));
    stdout.line(JSON.stringify({ tools: single.map(toRow), toolboxes }, null, 2));
    return;
  }
  const lines = (each: Tool) => [signatureOf(each), ...(each.description ? ['', indented(each.description)] : [])];
  const blocks = [
    ...single.map((each) => lines(each).join('\n')),
    ...[...boxes].map(([name, members]) =>
      [`${name}:`, ...members.map((each) => indented(lines(each).join('\n')))].join('\n\n'),
    ),
  ];
  for (const [at, block] of blocks.entries()) stdout.line(at === 0 ? block : `\n${block}`);
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
