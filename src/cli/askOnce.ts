// Asks a model once: the answer on standard output, and the turn in the log.
import { concat, defer, finalize, identity, ignoreElements, switchMap, tap, type Observable } from 'rxjs';
import { toJsonSchema } from '../values/jsonSchema.ts';
import type { Log } from '../store/log.ts';
import type { StreamEvent } from '../values/event.ts';
import { isReasoningHidden, prepare, respond, type Ask, type PromptFlags } from './ask.ts';
import { chooseShow } from './chooseShow.ts';
import { display } from './display.ts';
import { Stdin } from './input.ts';
import { stderr, stdout } from './output.ts';
import { readPrice } from './prices.ts';
import { runToEnd } from './run.ts';
import { showNothing, showWhole, type Show } from './show.ts';

export interface PromptCommandFlags extends PromptFlags {
  readonly extract?: true;
  readonly extractLast?: true;
  readonly json?: true;
  readonly options?: true;
  readonly save?: string;
}

/** @param misuse Ends the program for a command line that makes no sense. */
export async function askOnce(
  prompt: string | undefined,
  flags: PromptCommandFlags,
  misuse: (message: string) => never,
): Promise<void> {
  if (flags.save !== undefined) return save(prompt, flags, misuse);
  if (flags.options) return printOptions(flags);
  const stdin = new Stdin();
  const controller = new AbortController();
  const onTyping = () =>
    stderr.line('Type your prompt and end it with Ctrl-D. (rxllm --help says what else there is.)', 'dim');
  let log: Log | undefined;
  const work$ = defer(() => prepare(flags, { prompt, stdin, onTyping, signal: controller.signal })).pipe(
    switchMap((ask) => {
      if (isEmpty(ask)) misuse('there is no prompt; give one in quotes, or on standard input');
      if (ask.name === undefined) stderr.line(demoHint, 'dim');
      log = ask.log;
      return answer(ask, flags, (used) => (log = used));
    }),
    finalize(() => {
      controller.abort();
      stdin.close();
    }),
  );
  await runToEnd(work$, () => log?.idle());
}

const demoHint =
  'No model is chosen, so the built-in demo answers. For a real one: -m PROVIDER/NAME, or set RXLLM_MODEL.';

function answer(ask: Ask, flags: PromptCommandFlags, onLog: (log: Log) => void): Observable<unknown> {
  const { name, tools, thread, options } = ask;
  return defer(async () => {
    const show = await showFor(flags, ask);
    const price = name === undefined ? undefined : await readPrice(name);
    const { createLog } = await import('../store/log.ts');
    const { memoryAdapter } = await import('../store/memoryLog.ts');
    const log = ask.log ?? (flags.json ? createLog(memoryAdapter()) : undefined);
    if (log) onLog(log);
    return { show, price, log };
  }).pipe(
    switchMap(({ show, price, log }) => {
      let id = '';
      const response = respond(ask);
      const logged$ = log ? response.pipe(keep(log)) : response;
      const shown$ = logged$.pipe(
        tap((event) => {
          if (event.type === 'start') ({ id } = event);
        }),
        tools?.watch ?? identity,
        display(show, {
          reasoning: !isReasoningHidden(flags) && flags.stream,
          usage: flags.usage === true,
          price,
        }),
      );
      return log && flags.json
        ? concat(
            shown$.pipe(ignoreElements()),
            defer(() => printRow(log, id)),
          )
        : shown$;
    }),
  );

  function keep(log: Log) {
    return (source: Observable<StreamEvent>) =>
      defer(() => import('../store/logTo.ts')).pipe(
        switchMap(({ logTo }) =>
          source.pipe(
            logTo(log, {
              thread,
              ...(name !== undefined && { model_name: name }),
              ...(tools && { tools: tools.tools.map((tool) => tool.name) }),
              ...(options.schema && { schema: toJsonSchema(options.schema, 'schema') }),
            }),
          ),
        ),
      );
  }
}

async function showFor({ extract, extractLast, json, markdown }: PromptCommandFlags, { template }: Ask): Promise<Show> {
  if (json) return showNothing();
  const isFirst = extract ?? template?.extract;
  const isLast = extractLast ?? template?.extract_last;
  if (isFirst || isLast) {
    const { extractCode } = await import('./extractCode.ts');
    return showWhole((text) => extractCode(text, isFirst ? 'first' : 'last'));
  }
  return chooseShow({ markdown });
}

async function printRow(log: Log, id: string): Promise<void> {
  const { toLlmRow } = await import('../store/llmRows.ts');
  const turn = await log.turn(id);
  stdout.line(JSON.stringify(turn ? [toLlmRow(turn)] : [], null, 2));
}

function isEmpty({ text, options, template, previous }: Ask): boolean {
  const { fragments = [], attachments = [], schema } = options;
  return text === '' && fragments.length + attachments.length === 0 && !schema && !template && !previous;
}

async function save(
  prompt: string | undefined,
  flags: PromptCommandFlags,
  misuse: (message: string) => never,
): Promise<void> {
  const { template, continue: isNext, conversation, save: name = '' } = flags;
  if (template !== undefined || isNext || conversation !== undefined) {
    misuse('--save keeps a command line; it goes with neither -t nor -c nor --cid');
  }
  const { saveTemplate } = await import('./content/saveTemplate.ts');
  const { loadSchema } = await import('./content/loadSchema.ts');
  const { multiSchema } = await import('./content/schemaDsl.ts');
  const given = flags.schema ?? flags.schemaMulti;
  const loaded = given === undefined ? undefined : await loadSchema(given);
  const schema = loaded && flags.schema === undefined ? multiSchema(loaded) : loaded;
  await saveTemplate(name, {
    ...(prompt !== undefined && { prompt }),
    ...(flags.system !== undefined && { system: flags.system }),
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.param && { defaults: Object.fromEntries(flags.param) }),
    ...(flags.option && { options: Object.fromEntries(flags.option) }),
    ...(flags.extract && { extract: true }),
    ...(flags.extractLast && { extract_last: true }),
    ...(schema && { schema_object: schema }),
    ...(flags.fragment && { fragments: flags.fragment }),
    ...(flags.systemFragment && { system_fragments: flags.systemFragment }),
    ...(flags.tool && { tools: flags.tool }),
    // Refused: it says so.
    ...(flags.functions && { functions: flags.functions.join(' ') }),
    ...(flags.attachment && { attachments: flags.attachment }),
    ...(flags.attachmentType && {
      attachment_types: flags.attachmentType.map(([value, type]) => ({ value, type })),
    }),
  });
  stderr.line(`kept as template ${name}; rxllm -t ${name} uses it`, 'dim');
}

async function printOptions(flags: PromptCommandFlags): Promise<void> {
  const { userRegistry } = await import('../models/getModel.ts');
  const { loadPlugins } = await import('./plugins/loadPlugins.ts');
  const plugged = await loadPlugins();
  const registry = await userRegistry({ providers: plugged.providers });
  const model = await registry.getModel(flags.model || undefined, { key: flags.key ?? 'none' });
  const { describeOptions } = await import('./content/describeOptions.ts');
  stdout.line(describeOptions(model.id, model.options));
}
