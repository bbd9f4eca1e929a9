// What the options about tools come to: tools, and what stands around a chain of calls.
import { pipe, type MonoTypeOperatorFunction } from 'rxjs';
import type { ChainOptions } from '../../response/chainOptions.ts';
import { defineTools, type Tool } from '../../tools/tool.ts';
import type { StreamEvent } from '../../values/event.ts';
import { builtInTools } from './builtInTools.ts';
import { chooseTools } from './chooseTools.ts';
import type { ToolFlags } from './toolOptions.ts';

export interface ToolSetting {
  /** Empty where none are asked for: then a prompt needs no chain. */
  readonly tools: readonly Tool[];
  /** For `model.chain()`. */
  readonly options: Pick<ChainOptions, 'limit' | 'approvals$'>;
  /** Behind the chain, in front of what shows the text: prints calls, and asks about them. */
  readonly watch: MonoTypeOperatorFunction<StreamEvent>;
}

/**
 * The tools that the flags ask for: those named by `-T`, and all of the files of `--functions`.
 *
 * @param others Tools of plugins.
 * @returns A Promise that rejects with `invalid_input`.
 */
export async function toolSetting(flags: ToolFlags, others: readonly Tool[] = []): Promise<ToolSetting> {
  const { chosen } = await findTools(flags, others);
  const debug = flags.toolsDebug || isDebugWanted() ? (await import('./debugTools.ts')).debugTools() : pipe();
  const limit = { limit: flags.chainLimit };
  if (!flags.toolsApprove) return { tools: chosen, options: limit, watch: debug };
  const { terminalApprovals, withApproval } = await import('./terminalApprovals.ts');
  const { approvals$, watch } = terminalApprovals();
  return { tools: withApproval(chosen), options: { ...limit, approvals$ }, watch: pipe(debug, watch) };
}

/** All tools that there are, and those that the flags choose. */
export async function findTools(
  { tool: names = [], functions = [] }: Pick<ToolFlags, 'tool' | 'functions'>,
  others: readonly Tool[] = [],
): Promise<{ readonly all: readonly Tool[]; readonly chosen: readonly Tool[] }> {
  const own: Tool[] = [];
  for (const file of functions) own.push(...(await (await import('./loadFunctions.ts')).loadFunctions(file)));
  // A function of the user's own takes the place of what came with the program.
  const taken = new Set(own.map(({ name }) => name));
  const all = [...[...builtInTools, ...others].filter(({ name }) => !taken.has(name)), ...own];
  const chosen = [...new Set([...chooseTools(names, all), ...own])];
  defineTools(chosen);
  return { all, chosen };
}

function isDebugWanted(): boolean {
  return ['1', 'true', 'yes', 'on'].includes((process.env.RXLLM_TOOLS_DEBUG ?? '').toLowerCase());
}
