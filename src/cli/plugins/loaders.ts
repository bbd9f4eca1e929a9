// The loaders of plugins as the program calls them: their errors name the plugin, and what they give is checked.
import type { FragmentItem as GivenItem, LoaderContext, Plugin, WithDescription } from '../../plugin/plugin.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { FragmentItem, FragmentLoader, TemplateLoader } from '../content/plugged.ts';
import { ownError } from './foreign.ts';

type Given<Field extends 'templateLoaders' | 'fragmentLoaders'> = NonNullable<Plugin[Field]>[string];

export function ownTemplateLoader(plugin: string, given: Given<'templateLoaders'>): TemplateLoader {
  const { load, description } = partsOf(given);
  return {
    ...(description !== undefined && { description }),
    load: (rest) =>
      naming(plugin, async () => {
        const text: unknown = await load(rest, context());
        if (typeof text === 'string') return text;
        throw new LlmError('invalid_input', `its loader gave ${describe(text)}, and not the text of a template`);
      }),
  };
}

export function ownFragmentLoader(plugin: string, prefix: string, given: Given<'fragmentLoaders'>): FragmentLoader {
  const { load, description } = partsOf(given);
  return {
    ...(description !== undefined && { description }),
    load: (rest) =>
      naming(plugin, async () => {
        const items = await load(rest, context());
        const list = Array.isArray(items) ? (items as readonly GivenItem[]) : [items as GivenItem];
        return list.map((item) => ownItem(item, `${prefix}:${rest}`));
      }),
  };
}

function ownItem(item: GivenItem, source: string): FragmentItem {
  const given: unknown = item;
  if (typeof given === 'string') return { text: given, source };
  const refused = new LlmError('invalid_input', `its loader gave ${describe(given)}, which is no fragment and no file`);
  if (typeof given !== 'object' || given === null) throw refused;
  if ('content' in given && typeof given.content === 'string') {
    return {
      text: given.content,
      source: 'source' in given && typeof given.source === 'string' ? given.source : source,
    };
  }
  if (!('attachment' in given) || typeof given.attachment !== 'object' || given.attachment === null) throw refused;
  // What stands in a fragment may be anybody's: it does not say which files of this machine are sent.
  if ('path' in given.attachment) {
    const way = 'give its content';
    throw new LlmError('invalid_input', `its loader gave a file by path, ${describe(given.attachment.path)}; ${way}`);
  }
  return { type: 'attachment', attachment: given.attachment };
}

function partsOf<Loader extends (...args: never) => unknown>(
  given: Loader | WithDescription<Loader>,
): { readonly load: Loader; readonly description: string | undefined } {
  if (typeof given === 'function') return { load: given, description: undefined };
  return { load: ((...args: never) => given.load(...args)) as Loader, description: given.description };
}

function context(): LoaderContext {
  return { env: process.env };
}

async function naming<T>(plugin: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = ownError(error, 'invalid_input');
    throw new LlmError(code, `plugin ${plugin}: ${message}`, { cause: error });
  }
}
