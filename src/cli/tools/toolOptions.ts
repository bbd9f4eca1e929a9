// The options about tools that `prompt` and `chat` share.
import { InvalidArgumentError, type Command } from 'commander';

export interface ToolFlags {
  /** Names of tools and toolboxes. */
  readonly tool?: readonly string[];
  /** Files of functions. */
  readonly functions?: readonly string[];
  readonly toolsDebug?: true;
  readonly toolsApprove?: true;
  readonly chainLimit: number;
}

/** Adds `-T`, `--functions`, `--td`, `--ta` and `--cl`; the flags of the command are `ToolFlags` then. */
export function addToolOptions(command: Command): Command {
  return addToolChoice(command)
    .option('--td, --tools-debug', 'print calls of tools and their results (also with RXLLM_TOOLS_DEBUG=1)')
    .option('--ta, --tools-approve', 'ask before each call of a tool')
    .option(
      '--cl, --chain-limit <n>',
      'how many answers of the model a chain of calls may have; 0: any number',
      toLimit,
      5,
    );
}

/** Adds those that say which tools there are: `-T` and `--functions`. */
export function addToolChoice(command: Command): Command {
  return command
    .option('-T, --tool <name>', 'a tool or toolbox that the model may use; may be given again', toList)
    .option('--functions <file>', 'a file (js, mjs, ts, mts) that exports tools; it is run', toList);
}

function toList(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

function toLimit(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It is a whole number, or 0 for no limit.');
}
