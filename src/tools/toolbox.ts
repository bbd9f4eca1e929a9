// Tools that belong together: one name, one configuration, one state.
import { AsyncSubject, share, type Observable } from 'rxjs';
import type { JsonObject, JsonSchema } from '../values/json.ts';
import { tool, type ToolArguments, type ToolInput, type ToolSettings } from './defineTool.ts';
import { Later, settle } from './settle.ts';
import { checkTool, type Tool, type ToolContext } from './tool.ts';

/** What a running tool of a toolbox knows besides its arguments. */
export interface ToolboxContext<State> extends ToolContext {
  /** What `prepare` gave. */
  readonly state: State;
}

/** A tool of a toolbox: as `tool()` takes it, but `run` gets the state too. */
export interface ToolboxTool<Input extends ToolInput, State> extends Omit<ToolSettings<Input>, 'run'> {
  run(args: ToolArguments<Input>, context: ToolboxContext<State>): unknown;
}

/** `tool()` for a toolbox: its name comes after that of the toolbox. */
export type ToolOfToolbox<State> = <Input extends ToolInput = JsonSchema>(settings: ToolboxTool<Input, State>) => Tool;

export interface ToolboxSettings<State, Config extends JsonObject> {
  /** What the names of its tools begin with: the model is told `Notes_add`. */
  readonly name: string;
  /** What may be seen in logs; keys and passwords are no part of it. Default: `{}`. */
  readonly config?: Config;
  /**
   * Makes what the tools share, before the first call of one of them: once, however many calls wait for it. A Promise is
   * awaited, of an Observable the last value taken. What goes wrong is the result of the calls that wait; the next call
   * tries again, and so it does where all that waited have gone.
   */
  prepare?(config: Config): State | PromiseLike<State> | Observable<State>;
  /** Called at once, with the function that makes a tool of this toolbox. */
  tools(tool: ToolOfToolbox<State>): readonly Tool[];
}

export interface Toolbox<Config extends JsonObject = JsonObject> {
  readonly name: string;
  readonly config: Config;
  /** For `prompt()` and `chain()`: `tools: [...box.tools, other]`. */
  readonly tools: readonly Tool[];
  /** Name and configuration. */
  toJSON(): { readonly name: string; readonly config: Config };
}

/**
 * Makes tools that share a state: a connection, a file, an object of a class.
 *
 * The schemas stand beside the functions, because the parameters of a method have no types at run time: so a class stays a
 * class without decorators, and its object is the state. One toolbox is one state: make it in a function to have more.
 *
 * @throws LlmError As `tool()` does: the name of a tool is that of the toolbox, `_` and its own.
 *
 * @example
 * const notes = toolbox({
 *   name: 'Notes',
 *   config: { path: 'notes.txt' },
 *   prepare: ({ path }) => Notebook.open(path),
 *   tools: (tool) => [
 *     tool({ name: 'add', input: z.object({ text: z.string() }), run: ({ text }, { state }) => state.add(text) }),
 *     tool({ name: 'list', description: 'All notes', run: (_, { state }) => state.all() }),
 *   ],
 * });
 * model.chain('Note that the milk is sour.', { tools: notes.tools });
 */
export function toolbox<State = undefined, Config extends JsonObject = JsonObject>(
  settings: ToolboxSettings<State, Config>,
): Toolbox<Config> {
  const { name, config = {} as Config } = settings;
  const box = { name, config };
  const state$ = settle(() => settings.prepare?.(config)).pipe(
    share({ connector: () => new AsyncSubject(), resetOnComplete: false }),
  );
  const toolOfBox: ToolOfToolbox<State> = (own) => {
    checkTool(own);
    return tool({
      ...own,
      name: `${name}_${own.name}`,
      toolbox: box,
      run: (args, context) => new Later(state$, (state) => own.run(args, { ...context, state: state as State })),
    });
  };
  return { ...box, tools: settings.tools(toolOfBox), toJSON: () => box };
}
