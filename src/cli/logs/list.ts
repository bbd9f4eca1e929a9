// `rxllm logs list`: turns of the log as Markdown, in a short form, as JSON, or what they answered.
import { concatMap, defer, map, take, takeLast, tap, toArray, type Observable } from 'rxjs';
import { toLlmRow } from '../../store/llmRows.ts';
import type { Log } from '../../store/log.ts';
import { turnLine } from '../../store/turnLines.ts';
import type { LoggedTurn } from '../../store/turnRecord.ts';
import { loadSchema, schemaId } from '../content/loadSchema.ts';
import { multiSchema } from '../content/schemaDsl.ts';
import { extractCode } from '../extractCode.ts';
import { stderr, stdout } from '../output.ts';
import { runToEnd } from '../run.ts';
import { readUserObject } from '../userFiles.ts';
import { findThread, lookForTurn, newestThread } from './findId.ts';
import { toMarkdown } from './markdown.ts';
import { dataOf, findSchemaId } from './schemaData.ts';
import { selectTurns, type Bound, type Selection, type TurnHead } from './selectTurns.ts';
import { truncate, truncateRow, turnTexts } from './texts.ts';
import { hasLog, logFolder, openLogFolder } from './userLog.ts';

export interface ListFlags {
  readonly count?: number;
  readonly database?: string;
  readonly current?: true;
  readonly conversation?: string;
  readonly model?: string;
  readonly query?: string;
  readonly latest?: true;
  readonly tool?: readonly string[];
  readonly tools?: true;
  readonly schema?: string;
  readonly schemaMulti?: string;
  readonly data?: true;
  readonly dataArray?: true;
  readonly dataKey?: string;
  readonly dataIds?: true;
  readonly short?: true;
  readonly truncate?: true;
  readonly response?: true;
  readonly extract?: true;
  readonly extractLast?: true;
  readonly usage?: true;
  readonly idGt?: string;
  readonly idGte?: string;
  readonly json?: true;
  readonly lines?: true;
}

/** Writes what is asked for to standard output. */
export async function listTurns(flags: ListFlags): Promise<void> {
  const folder = logFolder(flags.database);
  if (!hasLog(folder)) {
    stderr.line(`There is no log yet; ${folder} has no turns.`);
    if (flags.json || flags.dataArray) stdout.line('[]');
    return;
  }
  const log = await openLogFolder(folder);
  const text$ = defer(() => toSelection(log, flags)).pipe(
    concatMap((selection) => show(log, selectTurns(log, selection), flags)),
    tap((text) => stdout.write(text)),
  );
  await runToEnd(text$);
}

/** Whether what the answers with a schema say is asked for. */
function isData({ data, dataArray, dataKey, dataIds }: ListFlags): boolean {
  return Boolean(data ?? dataArray ?? dataIds) || dataKey !== undefined;
}

async function toSelection(log: Log, flags: ListFlags): Promise<Selection> {
  const { count, model, query, latest, tool, tools, conversation } = flags;
  const newest = flags.current && (await newestThread(log));
  const thread = conversation === undefined ? newest : await findThread(log, conversation);
  const schema = await wantedSchema(log, flags);
  const accept = ({ calls, details }: TurnHead) =>
    (!tools || calls !== undefined) &&
    (schema === undefined || (details?.schema !== undefined && schemaId(details.schema) === schema)) &&
    (!isData(flags) || details?.schema !== undefined);
  // A thread is shown whole.
  const wanted = count ?? (thread === undefined ? 3 : 0);
  return {
    count: wanted === 0 ? undefined : wanted,
    thread,
    model: model && (await fullName(model)),
    tools: tool,
    accept,
    after: await toBound(log, flags),
    words: query,
    latest,
  };
}

async function wantedSchema(log: Log, { schema, schemaMulti }: ListFlags): Promise<string | undefined> {
  if (schemaMulti !== undefined) return schemaId(multiSchema(await loadSchema(schemaMulti)));
  return schema === undefined ? undefined : findSchemaId(log, schema);
}

/** What an alias stands for. */
async function fullName(model: string): Promise<string> {
  const aliases = await readUserObject('aliases.json');
  const meant = Object.hasOwn(aliases, model) ? aliases[model] : undefined;
  return typeof meant === 'string' ? meant : model;
}

/** An id that there is no turn of is compared as it stands. */
async function toBound(log: Log, { idGt, idGte }: ListFlags): Promise<Bound | undefined> {
  const id = idGt ?? idGte;
  return id === undefined ? undefined : { turn: (await lookForTurn(log, id)) ?? id, isIncluded: idGt === undefined };
}

function show(log: Log, turns$: Observable<LoggedTurn>, flags: ListFlags): Observable<string> {
  const { query, usage } = flags;
  const cut = flags.truncate ? truncate : (text: string) => text;
  if (flags.lines) {
    const lines$ = turns$.pipe(concatMap((turn) => turnLine(log, turn)));
    return lines$.pipe(map((line) => (line === undefined ? '' : `${line}\n`)));
  }
  if (flags.json) {
    const toRow = (turn: LoggedTurn) => (flags.truncate ? truncateRow(toLlmRow(turn)) : toLlmRow(turn));
    return turns$.pipe(map(toRow), toArray(), map(toJsonText));
  }
  if (isData(flags)) {
    const data$ = turns$.pipe(
      concatMap((turn) => dataOf(turn, turnTexts(turn).response, { key: flags.dataKey, ids: flags.dataIds })),
    );
    if (flags.dataArray) return data$.pipe(toArray(), map(toJsonText));
    return data$.pipe(map((value) => `${JSON.stringify(value)}\n`));
  }
  const { response, extract, extractLast } = flags;
  if (response || extract || extractLast) {
    // The one that was given last, or that says the words best.
    const one$ = turns$.pipe(query === undefined ? takeLast(1) : take(1));
    return one$.pipe(
      map((turn) => turnTexts(turn).response),
      map((text) => (extract || extractLast ? extractCode(text, extractLast ? 'last' : 'first') : text)),
      map((text) => `${cut(text)}\n`),
    );
  }
  if (flags.short) {
    return turns$.pipe(
      concatMap(async (turn) => (await import('./shortForm.ts')).toShortForm(turn, { usage: usage ?? false })),
    );
  }
  let shown: { readonly thread: string; readonly system: string } | undefined;
  return turns$.pipe(
    map((turn) => {
      const shownSystem = shown?.thread === turn.thread ? shown.system : undefined;
      const { system } = turnTexts(turn);
      if (system) shown = { thread: turn.thread, system };
      return toMarkdown(turn, { usage, truncate: flags.truncate, shownSystem });
    }),
  );
}

function toJsonText(values: readonly unknown[]): string {
  return `${JSON.stringify(values, null, 2)}\n`;
}
