// Fragments: texts that go before a prompt, by what the command line names them by.
import { readFile, stat } from 'node:fs/promises';
import { codeOf } from '../../store/lowdb/folders.ts';
import { isName } from '../../store/toRecord.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError, toLlmError } from '../../values/error.ts';
import type { AttachmentPart } from '../../values/part.ts';
import { fragmentFiles, namesOf, readNamed } from './namedFiles.ts';
import { splitPrefix, type FragmentItem, type FragmentLoaders } from './plugged.ts';
import { fetchText, isUrl, toText } from './remote.ts';

export interface Fragment {
  readonly text: string;
  /** What it was named by, or what its loader says. */
  readonly source: string;
}

/** What one name gives: loaders may give several fragments, and attachments. */
export interface Fragments {
  readonly fragments: readonly Fragment[];
  readonly attachments: readonly AttachmentPart[];
}

export interface FragmentOptions {
  readonly loaders?: FragmentLoaders | undefined;
  /** What `-` stands for: the text of standard input, read when it is named. Default: `-` is refused. */
  readonly stdin?: (() => Promise<string>) | undefined;
  /** Ends what is being fetched. */
  readonly signal?: AbortSignal | undefined;
}

/** Larger files are refused: no model reads them. */
const maxBytes = 10 * 1024 * 1024;

/**
 * The fragments that a name gives: an http(s) URL, `-`, `PREFIX:REST` for the loader of a plugin (a file of that name
 * comes first), an alias, a path. Rejects with LlmError `invalid_input` for what is none of these, and as `fetchText`
 * does.
 */
export async function loadFragment(spec: string, { loaders, stdin, signal }: FragmentOptions = {}): Promise<Fragments> {
  const one = (text: string): Fragments => ({ fragments: [{ text, source: spec }], attachments: [] });
  if (isUrl(spec)) return one(await fetchText(spec, signal));
  if (spec === '-') {
    if (stdin === undefined)
      throw new LlmError('invalid_input', 'there is no standard input for the fragment "-" here');
    return one(await stdin());
  }
  const prefixed = splitPrefix(spec);
  const loader = prefixed && loaders?.get(prefixed.prefix);
  if (prefixed && loader && !(await isThere(spec))) {
    try {
      return collect(spec, await loader.load(prefixed.rest));
    } catch (error) {
      const { code, message } = toLlmError(error, 'invalid_input');
      throw new LlmError(code, `fragment ${describe(spec)}: ${message}`, { cause: error });
    }
  }
  const stored = isName(spec) ? await readNamed(fragmentFiles, spec) : undefined;
  return one(stored ?? (await readText(spec, loaders)));
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

async function readText(file: string, loaders: FragmentLoaders | undefined): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new LlmError('invalid_input', `fragment ${describe(file)} cannot be read: ${why}`, { cause });
  try {
    const found = await stat(file);
    // Not a folder; what is no file, such as a pipe of the shell, ends when its writer ends.
    if (found.isDirectory()) throw refuse('it is a folder');
    if (found.size > maxBytes) throw refuse(`it has ${found.size} bytes, more than ${maxBytes}`);
    const bytes = await readFile(file);
    return toText(bytes, (why) => refuse(`it is no text, ${why}; give it as an attachment (-a)`));
  } catch (cause) {
    if (cause instanceof LlmError) throw cause;
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') throw await notFound(file, loaders);
    throw refuse(messageOf(cause), cause);
  }
}

async function notFound(spec: string, loaders: FragmentLoaders = new Map()): Promise<LlmError> {
  const aliases = await namesOf(fragmentFiles);
  const ways = [
    'a path',
    'an http(s) URL',
    '- for standard input',
    `an alias (${aliases.length > 0 ? aliases.join(', ') : 'none is set; rxllm fragments set ALIAS SOURCE'})`,
    `PREFIX:ARGUMENT of a plugin (${loaders.size > 0 ? [...loaders.keys()].join(', ') : 'none is installed'})`,
  ];
  return new LlmError('invalid_input', `fragment ${describe(spec)} not found; it may be ${ways.join(', ')}`);
}

function collect(spec: string, loaded: FragmentItem | readonly FragmentItem[]): Fragments {
  const items = isList(loaded) ? loaded : [loaded];
  const fragments: Fragment[] = [];
  const attachments: AttachmentPart[] = [];
  for (const item of items) {
    if (typeof item === 'string') fragments.push({ text: item, source: spec });
    else if ('type' in item && item.type === 'attachment') attachments.push(item);
    else if ('text' in item && typeof item.text === 'string') {
      fragments.push({ text: item.text, source: item.source ?? spec });
    } else
      throw new LlmError('invalid_input', `its loader gave ${describe(item)}, which is neither text nor attachment`);
  }
  return { fragments, attachments };
}

function isList(loaded: FragmentItem | readonly FragmentItem[]): loaded is readonly FragmentItem[] {
  return Array.isArray(loaded);
}
