// Templates, by what the command line names them by, and what one that came from elsewhere may not do.
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from '../../store/lowdb/folders.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError, toLlmError } from '../../values/error.ts';
import { noSuch, pathOf, readNamed, templateFiles } from './namedFiles.ts';
import { splitPrefix, type TemplateLoaders } from './plugged.ts';
import { fetchText, isUrl, toText } from './remote.ts';
import { parseTemplate, type Template } from './template.ts';

export interface LoadedTemplate {
  readonly template: Template;
  /** A file of this machine, an address, or the loader of a plugin. */
  readonly origin: 'file' | 'url' | 'loader';
  /** What the user should be told before it is used. */
  readonly notes: readonly string[];
}

export interface TemplateOptions {
  readonly loaders?: TemplateLoaders | undefined;
  /** Ends what is being fetched. */
  readonly signal?: AbortSignal | undefined;
}

/** Larger files are no templates. */
const maxBytes = 1024 * 1024;

/**
 * The template with this name: an http(s) URL, `PREFIX:REST` for the loader of a plugin, a path (with a slash in it, or
 * ending in .yaml or .yml), else the name of one in the user's folder. A file of the working directory is never meant by
 * a name alone.
 *
 * Rejects with LlmError `invalid_input` for what is not there or is no template, for one that came by URL or loader and
 * names local files, tools or functions, and as `fetchText` does.
 */
export async function loadTemplate(
  spec: string,
  { loaders = new Map(), signal }: TemplateOptions = {},
): Promise<LoadedTemplate> {
  const where = `template ${describe(spec)}`;
  if (isUrl(spec)) return foreign(await parseTemplate(spec, await fetchText(spec, signal), where), 'url');
  const prefixed = splitPrefix(spec);
  const loader = prefixed && loaders.get(prefixed.prefix);
  if (prefixed && loader) {
    let yaml: string;
    try {
      yaml = await loader.load(prefixed.rest);
    } catch (error) {
      const { code, message } = toLlmError(error, 'invalid_input');
      throw new LlmError(code, `${where}: ${message}`, { cause: error });
    }
    return foreign(await parseTemplate(spec, yaml, where), 'loader');
  }
  if (isPath(spec))
    return own(await parseTemplate(path.basename(spec, path.extname(spec)), await readPath(spec), where));
  if (prefixed) {
    const known = loaders.size > 0 ? `there are ${[...loaders.keys()].join(', ')}` : 'no plugin has brought one';
    throw new LlmError('invalid_input', `${where}: there is no loader ${describe(prefixed.prefix)}; ${known}`);
  }
  const yaml = await readNamed(templateFiles, spec);
  if (yaml === undefined) throw await noSuch(templateFiles, spec);
  return own(await parseTemplate(spec, yaml, pathOf(templateFiles, spec)));
}

function own(template: Template): LoadedTemplate {
  const note = `this template has Python functions, which are not run: ${describe(template.name)}`;
  return { template, origin: 'file', notes: template.functions ? [note] : [] };
}

/** Whoever wrote it may be anybody: it shall send nothing of this machine, and run nothing on it. */
function foreign(template: Template, origin: 'url' | 'loader'): LoadedTemplate {
  const { name, tools = [], functions, attachments = [], attachment_types = [] } = template;
  const { fragments = [], system_fragments = [] } = template;
  const isLocal = (spec: string) => !isUrl(spec);
  const files = [...attachments, ...attachment_types.map(({ value }) => value)].filter(isLocal);
  const texts = [...fragments, ...system_fragments].filter(isLocal);
  const found = [
    ...(files.length > 0 ? [`attachments that are not URLs (${files.join(', ')})`] : []),
    ...(texts.length > 0 ? [`fragments that are not URLs (${texts.join(', ')})`] : []),
    ...(tools.length > 0 ? [`tools (${tools.join(', ')})`] : []),
    ...(functions ? ['functions'] : []),
  ];
  if (found.length === 0) return { template, origin, notes: [] };
  const way =
    'a template from elsewhere may not; read it, then keep it as a file of your own (rxllm templates edit NAME)';
  throw new LlmError('invalid_input', `template ${describe(name)} names ${found.join(', ')}; ${way}`);
}

function isPath(spec: string): boolean {
  return /[/\\]/.test(spec) || /\.ya?ml$/i.test(spec);
}

async function readPath(file: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new LlmError('invalid_input', `template ${describe(file)} cannot be read: ${why}`, { cause });
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw refuse('it is a folder');
    if (found.size > maxBytes) throw refuse(`it has ${found.size} bytes, more than ${maxBytes}`);
    return toText(await readFile(file), refuse);
  } catch (cause) {
    if (cause instanceof LlmError) throw cause;
    throw refuse(codeOf(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause), cause);
  }
}
