// Plugins of the program `rxllm`: what one is made of.
export { definePlugin } from './definePlugin.ts';
export type {
  FragmentItem,
  FragmentLoader,
  LoadedFragment,
  LoaderContext,
  Plugin,
  PluginContext,
  TemplateLoader,
  WithDescription,
} from './plugin.ts';
