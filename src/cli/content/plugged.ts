// What plugins add to the contents of a prompt, as the commands and the loaders take it.
import type { Provider } from '../../models/provider.ts';
import type { AttachmentPart } from '../../values/part.ts';

/** Gives fragments for `PREFIX:ARGUMENT`. */
export interface FragmentLoader {
  /** What the argument is; shown by `rxllm fragments loaders`. */
  readonly description?: string | undefined;
  load(argument: string): LoadedFragment | Promise<LoadedFragment>;
}

/** A text; one that says where it comes from; an attachment; or a list of these. */
export type LoadedFragment = FragmentItem | readonly FragmentItem[];

export type FragmentItem = string | { readonly text: string; readonly source?: string | undefined } | AttachmentPart;

/** Gives the YAML of a template for `PREFIX:ARGUMENT`. */
export interface TemplateLoader {
  /** What the argument is; shown by `rxllm templates loaders`. */
  readonly description?: string | undefined;
  load(argument: string): string | Promise<string>;
}

export type FragmentLoaders = ReadonlyMap<string, FragmentLoader>;
export type TemplateLoaders = ReadonlyMap<string, TemplateLoader>;

/** What all plugins add, by prefix. */
export interface Plugged {
  readonly providers: readonly Provider[];
  readonly fragmentLoaders: FragmentLoaders;
  readonly templateLoaders: TemplateLoaders;
}

/** Asked by a command when it needs to know, because plugins are code that then runs. */
export type LoadPlugged = () => Promise<Plugged>;

/** Where there are no plugins. */
export const nothingPlugged: LoadPlugged = () =>
  Promise.resolve({ providers: [], fragmentLoaders: new Map(), templateLoaders: new Map() });

/** The prefix and the rest of `PREFIX:REST`; undefined for what has no prefix. */
export function splitPrefix(spec: string): { readonly prefix: string; readonly rest: string } | undefined {
  const [, prefix, rest] = /^([A-Za-z][\w.-]*):(.+)$/s.exec(spec) ?? [];
  return prefix === undefined || rest === undefined ? undefined : { prefix, rest };
}

/** A list for people: each prefix with what its argument is. */
export function describeLoaders(loaders: ReadonlyMap<string, Pick<FragmentLoader, 'description'>>): string {
  return [...loaders]
    .map(([prefix, { description = 'no description' }]) => `${prefix}:\n${indented(description)}`)
    .join('\n\n');
}

function indented(text: string): string {
  return text.trim().replaceAll(/^(?=.)/gm, '  ');
}
