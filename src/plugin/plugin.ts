// What a plugin of the program `rxllm` is: one object, the default export of an npm package.
import type { Command } from 'commander';
import type { Environment, Provider } from '../models/provider.ts';
import type { GetModelOptions } from '../models/registry.ts';
import type { Model } from '../response/defineModel.ts';
import type { Tool } from '../tools/tool.ts';
import type { Toolbox } from '../tools/toolbox.ts';
import type { AttachmentPart } from '../values/part.ts';

/** Everything but the name may be left out. Names that something else has already get `_1`, `_2` … put after them. */
export interface Plugin {
  /** What it is called in messages; usually the name of its package. */
  readonly name: string;
  /** Providers of models: `-m id/NAME`. */
  readonly models?: readonly Provider[];
  /** Tools for `-T NAME`, and toolboxes. */
  readonly tools?: readonly (Tool | Toolbox)[];
  /** Templates by prefix: with `{ gh: … }`, `-t gh:user/repo` calls it with `user/repo`. */
  readonly templateLoaders?: Readonly<Record<string, TemplateLoader | WithDescription<TemplateLoader>>>;
  /** Fragments by prefix: with `{ docs: … }`, `-f docs:rxjs` calls it with `rxjs`. */
  readonly fragmentLoaders?: Readonly<Record<string, FragmentLoader | WithDescription<FragmentLoader>>>;
  /**
   * Adds commands to the program, by `program.command(…)`. A Promise is awaited. A command whose name is taken is left
   * out. It runs at every start of the program, so what is heavy is better imported in the action of a command.
   */
  commands?(program: Command, context: PluginContext): void | Promise<void>;
}

/** A loader, and what lists of loaders say of it. */
export interface WithDescription<Loader> {
  readonly description: string;
  readonly load: Loader;
}

/** Gives the text of a template, YAML as in a file of the templates folder. What it throws is what the user reads. */
export type TemplateLoader = (rest: string, context: LoaderContext) => string | PromiseLike<string>;

/** Gives one fragment or several, and files: parts made by `attachment()`, with a URL or their bytes, no path. */
export type FragmentLoader = (
  rest: string,
  context: LoaderContext,
) => FragmentItem | readonly FragmentItem[] | PromiseLike<FragmentItem | readonly FragmentItem[]>;

export type FragmentItem = string | LoadedFragment | AttachmentPart;

export interface LoadedFragment {
  readonly content: string;
  /** Where it is from, for the log. Default: the prefix and what came after it. */
  readonly source?: string;
}

export interface LoaderContext {
  readonly env: Environment;
}

/** What commands have of the program. */
export interface PluginContext {
  readonly env: Environment;
  /** A model by name, with the user's keys and aliases, also of a plugin; the user's default where no name is given. */
  getModel(name?: string, options?: GetModelOptions): Promise<Model>;
  /** Writes a line to standard output. What could steer a terminal is made visible there. */
  print(text: string): void;
  /** As `print`, to standard error. */
  warn(text: string): void;
}
