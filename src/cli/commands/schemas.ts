// `rxllm schemas`: the schemas that were used, and the short way to write one.
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { codeOf } from '../../store/lowdb/folders.ts';
import { LlmError } from '../../values/error.ts';
import { collect } from '../askOptions.ts';
import { schemaSummary, storedSchema } from '../content/loadSchema.ts';
import { namesOf, noSuch, pathOf, schemaFiles } from '../content/namedFiles.ts';
import { toYaml } from '../content/saveTemplate.ts';
import { multiSchema, schemaDsl } from '../content/schemaDsl.ts';
import { stderr, stdout } from '../output.ts';
import { act, printJson } from './act.ts';

interface ListFlags {
  readonly query?: readonly string[];
  readonly full?: boolean;
  readonly json?: boolean;
}

/** Adds the command to the program. */
export function addSchemas(program: Command): Command {
  const schemas = program.command('schemas').description('see the schemas that were used, for --schema ID');

  schemas
    .command('list', { isDefault: true })
    .description('list the schemas that were used, the last one last')
    .option('-q, --query <text>', 'only those with this in them; may be given again', collect)
    .option('--full', 'with the whole schema')
    .option('--json', 'as JSON, with the whole schema')
    .action((flags: ListFlags) => act(() => list(flags)));

  schemas
    .command('show')
    .description('print a schema')
    .argument('<id>', 'its id in the list')
    .action((id: string) => act(() => show(id)));

  schemas
    .command('dsl')
    .description('print the schema that fields stand for, such as "name, age int, bio: one paragraph"')
    .argument('<fields>', 'NAME, NAME TYPE or NAME TYPE: DESCRIPTION, between commas or one a line')
    .option('--multi', 'a list of such objects')
    .action((fields: string, { multi }: { readonly multi?: true }) => {
      const schema = schemaDsl(fields);
      printJson(multi ? multiSchema(schema) : schema);
    });
  return schemas;
}

async function list({ query = [], full = false, json = false }: ListFlags): Promise<void> {
  const words = query.map((word) => word.toLowerCase());
  const used = await Promise.all((await namesOf(schemaFiles)).map(lookUp));
  const found = used
    .filter((each) => each !== undefined)
    .filter(({ schema }) => words.every((word) => JSON.stringify(schema).toLowerCase().includes(word)))
    .toSorted((a, b) => (a.last_used < b.last_used ? -1 : 1));
  const rows = found.map(({ id, summary, last_used, schema }) => ({
    id,
    summary,
    last_used,
    ...((full || json) && { schema }),
  }));
  if (json) return printJson(rows);
  if (rows.length === 0) stderr.line('No schemas found');
  else stdout.write(await toYaml(rows));
}

async function lookUp(id: string) {
  try {
    const schema = await storedSchema(id);
    const { mtime } = await stat(pathOf(schemaFiles, id));
    return schema && { id, summary: schemaSummary(schema), last_used: mtime.toISOString(), schema };
  } catch (error) {
    // Taken away meanwhile.
    if (codeOf(error) === 'ENOENT') return undefined;
    if (!(error instanceof LlmError)) throw error;
    stderr.line(error.message, 'yellow');
    return undefined;
  }
}

async function show(id: string): Promise<void> {
  const schema = await storedSchema(id);
  if (schema === undefined) throw await noSuch(schemaFiles, id);
  printJson(schema);
}
