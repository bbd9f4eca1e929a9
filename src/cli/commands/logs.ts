// `rxllm logs`: what was asked and answered, and what is done with that.
import { Help, InvalidArgumentError, type Command } from 'commander';
import { collect } from '../askOptions.ts';
import type { DeleteFlags } from '../logs/deleteTurns.ts';
import type { ListFlags } from '../logs/list.ts';

interface Place {
  readonly database?: string;
}

/** Adds the command to the program. */
export function addLogs(program: Command): Command {
  const logs = program.command('logs').description('look at what was asked and answered, import it, delete it');
  const list = addList(logs);
  logs
    .command('path')
    .description('print where the log is')
    .action(async () => (await import('../logs/onOff.ts')).showPath());
  withPlace(logs.command('status'))
    .description('say whether logging is on, and how much there is')
    .action(async (place: Place) => (await import('../logs/status.ts')).showStatus(place));
  withPlace(logs.command('check'))
    .description('read all of the log, and fail where something is damaged')
    .action(async (place: Place) => (await import('../logs/status.ts')).checkLog(place));
  withPlace(logs.command('backup'))
    .description('copy the log to a folder that is not there yet')
    .argument('<folder>', 'where the copy shall be')
    .action(async (folder: string, place: Place) => (await import('../logs/backup.ts')).backUp(folder, place));
  withPlace(logs.command('import'))
    .description('add turns from a file: lines of logs list --lines, or the array of llm logs --json')
    .argument('<file>', 'its path, or - for standard input')
    .action(async (file: string, place: Place) => (await import('../logs/importFile.ts')).importFile(file, place));
  addDelete(logs);
  logs
    .command('on')
    .description('log prompts and answers from now on')
    .action(async () => (await import('../logs/onOff.ts')).turnOn());
  logs
    .command('off')
    .description('log nothing from now on')
    .action(async () => (await import('../logs/onOff.ts')).turnOff());
  // `rxllm logs` is `rxllm logs list`, so its options are seen in the help of either.
  const help = new Help();
  logs.configureHelp({
    visibleOptions: (command) => [
      ...(command === logs ? help.visibleOptions(list).slice(0, -1) : []),
      ...help.visibleOptions(command),
    ],
  });
  return logs;
}

function addList(logs: Command): Command {
  const list: Command = withPlace(logs.command('list', { isDefault: true }))
    .description('show turns of the log; what is meant when nothing else is named')
    .option('-n, --count <n>', 'how many, 0 for all (default: 3, or all of a thread)', takeCount)
    .option('-c, --current', 'the thread of the newest turn')
    .option('--cid, --conversation <id>', 'the thread with this id, or its beginning')
    .option('-m, --model <name>', 'only answers of this model')
    .option('-q, --query <words>', 'only turns that say all the words, the best first')
    .option('-l, --latest', 'with -q: the newest first')
    .option('-T, --tool <name>', 'only turns that called this tool; may be given again', collect)
    .option('--tools', 'only turns that called tools')
    .option('--schema <schema>', 'only turns with this schema, as for a prompt or by the beginning of its id')
    .option('--schema-multi <schema>', 'only turns with a list of such objects')
    .option('--data', 'what answers with a schema say, a JSON value a line')
    .option('--data-array', 'the same as one JSON array')
    .option('--data-key <key>', 'the objects in the array under this key')
    .option('--data-ids', 'each object with the ids of its turn and thread')
    .option('-s, --short', 'a few lines a turn, prompts cut short')
    .option('-t, --truncate', 'long texts cut short')
    .option('-r, --response', 'the last answer alone')
    .option('-x, --extract', 'the first code block of the last answer')
    .option('--xl, --extract-last', 'the last code block of the last answer')
    .option('-u, --usage', 'how many tokens were used, and how long it took')
    .option('--id-gt <id>', 'only turns after this one')
    .option('--id-gte <id>', 'this turn and those after it')
    .option('--json', 'as rows of llm logs --json')
    .option('--lines', 'a line of JSON a turn, with all that is known of it')
    .option('-e, --expand', 'for llm; there is nothing to expand')
    .allowExcessArguments(false)
    .action(async (flags: ListFlags) => {
      refuseTogether(list, flags);
      const { listTurns } = await import('../logs/list.ts');
      await listTurns(flags);
    });
  return list;
}

function addDelete(logs: Command): void {
  const command: Command = withPlace(logs.command('delete'))
    .description('delete turns, and what only they said')
    .option('--turn <id>', 'this turn')
    .option('--cid, --conversation <id>', 'this thread')
    .option('--before <date>', 'what began before: 2026-01-31, or 2026-01-31T12:00:00Z; UTC', takeDate)
    .option('-y, --yes', 'do not ask')
    .action(async (flags: Omit<DeleteFlags, 'cid'> & { readonly conversation?: string }) => {
      const { turn, conversation: cid, before } = flags;
      const given = [turn, cid, before].filter((value) => value !== undefined);
      if (given.length !== 1) command.error('error: say what to delete by one of --turn, --cid and --before');
      const { deleteTurns } = await import('../logs/deleteTurns.ts');
      await deleteTurns({ ...flags, ...(cid !== undefined && { cid }) });
    });
}

function withPlace(command: Command): Command {
  return command.option('-d, --database <folder>', 'the folder of another log');
}

/** Only one form of output makes sense, but the data options are one, and so are -r, -x and --xl without each other. */
function refuseTogether(command: Command, flags: ListFlags): void {
  const forms = {
    '--json': flags.json,
    '--lines': flags.lines,
    '-s': flags.short,
    '-r': flags.response && !flags.extract && !flags.extractLast,
    '-x': flags.extract,
    '--xl': flags.extractLast,
    '--data': flags.data ?? flags.dataArray ?? flags.dataIds ?? (flags.dataKey !== undefined || undefined),
  };
  const [first, second] = Object.entries(forms).flatMap(([name, isGiven]) => (isGiven ? name : []));
  if (second !== undefined) command.error(`error: ${first ?? ''} and ${second} cannot be used together`);
  if (flags.lines && flags.truncate) command.error('error: --lines and -t cannot be used together');
  if (flags.idGt !== undefined && flags.idGte !== undefined) {
    command.error('error: --id-gt and --id-gte cannot be used together');
  }
  if (flags.schema !== undefined && flags.schemaMulti !== undefined) {
    command.error('error: --schema and --schema-multi cannot be used together');
  }
}

function takeCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number, 0 or more.');
}

/** Without a zone it is meant in UTC. */
function takeDate(text: string): Date {
  const [, day = '', time = 'T00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:([T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(text) ?? [];
  const date = new Date(`${day}${time.replace(' ', 'T')}${zone.toUpperCase()}`);
  if (!Number.isNaN(date.getTime()) && isDay(day)) return date;
  throw new InvalidArgumentError('It is a date such as 2026-01-31 or 2026-01-31T12:00:00Z.');
}

/** The 31st of February is none, though `Date` reads it as one of March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
