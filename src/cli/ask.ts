// From what the command line says to a response: the model, what it is asked, and what it goes on from.
import { firstValueFrom } from 'rxjs';
import { loadPlugins, type LoadedPlugins } from './plugins/loadPlugins.ts';
import type { Registry } from '../models/registry.ts';
import { userRegistry } from '../models/getModel.ts';
import type { Model } from '../response/defineModel.ts';
import type { PromptOptions } from '../response/prompt.ts';
import { restoreResponse, type LlmResponse } from '../response/response.ts';
import type { Log } from '../store/log.ts';
import { withLocalFiles } from '../store/withLocalFiles.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { JsonObject, JsonSchema } from '../values/json.ts';
import type { AttachmentPart } from '../values/part.ts';
import type { AskFlags, TextPair } from './askOptions.ts';
import type { EvaluatedTemplate } from './content/evaluateTemplate.ts';
import type { Template } from './content/template.ts';
import { joined, type Stdin } from './input.ts';
import { openUserLog } from './logs/userLog.ts';
import { stderr } from './output.ts';
import type { ToolSetting } from './tools/toolSetting.ts';

/** What `prompt` may say besides. */
export interface PromptFlags extends AskFlags {
  readonly attachment?: readonly string[];
  readonly attachmentType?: readonly TextPair[];
  readonly schema?: string;
  readonly schemaMulti?: string;
}

/** Somebody asks a model. */
export interface Ask {
  readonly model: Model;
  /** What the model was asked for by; undefined where nobody has chosen one and the demo answers. */
  readonly name: string | undefined;
  readonly text: string;
  readonly options: PromptOptions;
  /** Undefined where there are none, and so no chain is needed. */
  readonly tools: ToolSetting | undefined;
  /** What it goes on from. */
  readonly previous: LlmResponse | undefined;
  readonly thread: string | undefined;
  readonly log: Log | undefined;
  readonly template: Template | undefined;
}

/** How the prompt comes: what was given, and where the rest of it can be read. */
export interface Given {
  /** Null: it comes later, line by line, and so does what a template makes of it. */
  readonly prompt: string | undefined | null;
  readonly stdin: Stdin;
  /** Called where there is no prompt and a person could type one. */
  readonly onTyping: () => void;
  /** Aborted when nobody waits any more. */
  readonly signal?: AbortSignal | undefined;
}

export async function prepare(flags: PromptFlags, { prompt, stdin, onTyping, signal }: Given): Promise<Ask> {
  const plugged = await loadPlugins();
  const template = flags.template === undefined ? undefined : await readTemplate(flags.template, plugged, signal);
  const log = await openUserLog(flags);
  const before = await goOnFrom(flags, log);
  // The model first: nobody shall type or pipe in a long text for one that does not exist.
  const registry = await userRegistry({ providers: plugged.providers });
  const name = flags.model || template?.model || before?.modelName || registry.defaultModel;
  const model = await modelOf(registry, name, flags.key);

  const content = await readContent(flags, template, { stdin, plugged, signal });
  const schema = await readSchema(flags, template, { plugged, signal });
  const tools = await readTools(flags, template, { plugged, before: before?.tools });
  const isAsked = Boolean(prompt) || content.hasAny || schema !== undefined || template?.prompt !== undefined;
  const { text, system } =
    prompt === null
      ? { text: '', system: flags.system }
      : await evaluate(template, flags, { piped: await readPiped(stdin, isAsked, onTyping), prompt });

  const options: JsonObject = {
    ...registry.defaultOptions(name),
    ...template?.options,
    ...Object.fromEntries(flags.option ?? []),
  };
  return {
    model,
    name,
    text,
    options: {
      ...(system !== undefined && { system }),
      systemFragments: content.systemFragments,
      fragments: content.fragments,
      attachments: content.attachments,
      ...(tools && { tools: tools.tools }),
      ...(schema && { schema }),
      options,
      hideReasoning: isReasoningHidden(flags),
      stream: flags.stream,
    },
    tools,
    previous: before && restoreResponse(model, before.json),
    thread: before?.thread,
    log,
    template,
  };
}

/** What `-R` and its other names say. */
export function isReasoningHidden({ reasoning, hideReasoning }: AskFlags): boolean {
  return !reasoning || hideReasoning === true;
}

/** The response; nothing is sent before it is subscribed. */
export function respond({ model, text, options, tools, previous }: Ask): LlmResponse {
  const chain = tools?.options;
  if (!previous) return chain ? model.chain(text, { ...options, ...chain }) : model.prompt(text, options);
  // As one message with what goes before it.
  const all = { ...options, fragments: [...(options.fragments ?? []), ...(text === '' ? [] : [text])] };
  return chain ? previous.chain('', { ...all, ...chain }) : previous.reply('', all);
}

async function modelOf(registry: Registry, name: string | undefined, key: string | undefined): Promise<Model> {
  return withLocalFiles(await registry.getModel(name, { key }));
}

async function readTemplate(spec: string, plugged: LoadedPlugins, signal: AbortSignal | undefined): Promise<Template> {
  const { loadTemplate } = await import('./content/loadTemplate.ts');
  const { template, notes } = await loadTemplate(spec, { loaders: plugged.templateLoaders, signal });
  for (const note of notes) stderr.line(note, 'yellow');
  return template;
}

/** The turn that is gone on from: the last one of all, or of a conversation. */
async function goOnFrom({ continue: isLast, conversation, database }: AskFlags, log: Log | undefined) {
  if (!isLast && conversation === undefined) return undefined;
  const from = log ?? (await openUserLog({ log: true, database }));
  if (!from) return undefined;
  const { findThread } = await import('./logs/findId.ts');
  const thread = conversation === undefined ? undefined : await findThread(from, conversation);
  const turn = await firstValueFrom(from.list({ thread }), { defaultValue: undefined });
  if (!turn) {
    const what =
      conversation === undefined
        ? 'there is no conversation to go on with'
        : `no conversation ${describe(conversation)}`;
    throw new LlmError('invalid_input', `${what}; rxllm logs shows those that there are`);
  }
  const json = await from.response(turn.id);
  const { model_name, tools = [] } = turn.details ?? {};
  return json && { json, thread: turn.thread, modelName: model_name ?? turn.response.model, tools };
}

async function readContent(
  flags: PromptFlags,
  template: Template | undefined,
  { stdin, plugged, signal }: Pick<Given, 'stdin' | 'signal'> & { readonly plugged: LoadedPlugins },
) {
  const attachments: AttachmentPart[] = [];
  const texts = async (specs: readonly string[]) => {
    if (specs.length === 0) return [];
    const { loadFragment } = await import('./content/loadFragment.ts');
    const found: string[] = [];
    for (const spec of specs) {
      const options = { loaders: plugged.fragmentLoaders, stdin: () => stdin.text(), signal };
      const loaded = await loadFragment(spec, options);
      found.push(...loaded.fragments.map(({ text }) => text));
      attachments.push(...loaded.attachments);
    }
    return found;
  };
  const fragments = await texts([...(template?.fragments ?? []), ...(flags.fragment ?? [])]);
  const systemFragments = await texts([...(template?.system_fragments ?? []), ...(flags.systemFragment ?? [])]);
  const files = [
    ...(template?.attachments ?? []).map((spec) => [spec, undefined] as const),
    ...(template?.attachment_types ?? []).map(({ type, value }) => [value, type] as const),
    ...(flags.attachment ?? []).map((spec) => [spec, undefined] as const),
    ...(flags.attachmentType ?? []).map(([spec, type]) => [spec, type] as const),
  ];
  if (files.length > 0) {
    const { loadAttachment } = await import('./content/loadAttachment.ts');
    for (const [spec, type] of files) {
      const attachment = await loadAttachment(spec, { type, stdin: () => stdin.bytes(), signal });
      attachments.push({ type: 'attachment', attachment });
    }
  }
  return { fragments, systemFragments, attachments, hasAny: fragments.length + attachments.length > 0 };
}

async function readSchema(
  { schema, schemaMulti }: PromptFlags,
  template: Template | undefined,
  { plugged, signal }: Pick<Given, 'signal'> & { readonly plugged: LoadedPlugins },
): Promise<JsonSchema | undefined> {
  const given = schema ?? schemaMulti;
  if (given === undefined && !template?.schema_object) return undefined;
  const { keepSchema, loadSchema } = await import('./content/loadSchema.ts');
  const { multiSchema } = await import('./content/schemaDsl.ts');
  const options = { loaders: plugged.templateLoaders, signal };
  const loaded = given === undefined ? template?.schema_object : await loadSchema(given, options);
  if (!loaded) return undefined;
  const found = schema === undefined && schemaMulti !== undefined ? multiSchema(loaded) : loaded;
  await keepSchema(found);
  return found;
}

/** The tools that are named; where none are, those that there were before, as far as they are still there. */
async function readTools(
  flags: AskFlags,
  template: Template | undefined,
  { plugged, before = [] }: { readonly plugged: LoadedPlugins; readonly before: readonly string[] | undefined },
): Promise<ToolSetting | undefined> {
  const named = [...(template?.tools ?? []), ...(flags.tool ?? [])];
  const isNamed = named.length + (flags.functions ?? []).length > 0;
  if (!isNamed && before.length === 0) return undefined;
  const { findTools, toolSetting } = await import('./tools/toolSetting.ts');
  if (isNamed) return toolSetting({ ...flags, tool: named }, plugged.tools);
  const { all } = await findTools({}, plugged.tools);
  const known = before.filter((name) => all.some((tool) => tool.name === name));
  const lost = before.filter((name) => !known.includes(name));
  if (lost.length > 0) stderr.line(`tools of this conversation that are not there now: ${lost.join(', ')}`, 'yellow');
  return known.length > 0 ? toolSetting({ ...flags, tool: known }, plugged.tools) : undefined;
}

/** What was piped in, or is typed now because nothing was asked. */
async function readPiped(stdin: Stdin, isAsked: boolean, onTyping: () => void): Promise<string> {
  if (stdin.isTaken || (stdin.isTerminal && isAsked)) return '';
  if (stdin.isTerminal) onTyping();
  return stdin.text();
}

/** What a template makes of a prompt, by llm's rules. */
export async function evaluate(
  template: Template | undefined,
  flags: AskFlags,
  { piped = '', prompt = '' }: { readonly piped?: string; readonly prompt?: string | undefined },
): Promise<{ readonly text: string; readonly system: string | undefined }> {
  const { system } = flags;
  if (!template) return { text: joined(piped, prompt), system };
  const { evaluateTemplate, usesInput } = await import('./content/evaluateTemplate.ts');
  const params = Object.fromEntries(flags.param ?? []);
  const takesAll = usesInput(template);
  const made: EvaluatedTemplate = evaluateTemplate(template, {
    input: takesAll ? joined(piped, prompt) : prompt,
    params,
  });
  return { text: takesAll ? made.prompt : joined(piped, made.prompt), system: system ?? made.system };
}
