// The options by which a model is asked: those of `prompt`, and those that other commands have, too.
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { JsonValue } from '../values/json.ts';
import { addToolOptions, type ToolFlags } from './tools/toolOptions.ts';

/** What may be said about how a model is asked. */
export interface AskFlags extends ToolFlags {
  readonly model?: string;
  readonly system?: string;
  readonly key?: string;
  readonly option?: readonly Pair[];
  readonly reasoning: boolean;
  readonly hideReasoning?: true;
  readonly stream: boolean;
  readonly usage?: true;
  readonly markdown: boolean;
  readonly fragment?: readonly string[];
  readonly systemFragment?: readonly string[];
  readonly template?: string;
  readonly param?: readonly TextPair[];
  readonly continue?: true;
  readonly conversation?: string;
  readonly database?: string;
  /** Undefined where nothing was said. */
  readonly log?: boolean;
}

export type Pair = readonly [name: string, value: JsonValue];

export type TextPair = readonly [name: string, value: string];

/** Adds what every command that asks has. */
export function addAskOptions(command: Command): Command {
  command
    .option(
      '-m, --model <name>',
      'PROVIDER/NAME, an alias, or demo (default: $RXLLM_MODEL, else your default, else demo)',
    )
    .option('-s, --system <text>', 'instructions for the model')
    .option('-o, --option <name value>', 'an option of the model, such as -o max_tokens 100', takePair)
    .option('-c, --continue', 'go on with the last conversation')
    .option('--cid, --conversation <id>', 'go on with this conversation')
    .option('-f, --fragment <name>', 'put before the prompt: an alias, a file, a URL, - or prefix:name', collect)
    .option('--sf, --system-fragment <name>', 'put before the instructions', collect)
    .option('-t, --template <name>', 'a stored prompt: a name, a file, a URL or prefix:name')
    .option('-p, --param <name value>', 'a variable of the template', takeTextPair);
  // The last would win, unsaid.
  const said = new Set<string>();
  const say = (name: string) => {
    said.add(name);
    if (said.size > 1) command.error('error: --log and -n are opposites; give one');
  };
  command.on('option:log', () => say('log')).on('option:no-log', () => say('no-log'));
  return (
    addToolOptions(command)
      .option('-R, --no-reasoning', "do not show the model's reasoning")
      .addOption(new Option('--hide-reasoning').hideHelp())
      .option('--no-markdown', 'show the text as it comes, also on a terminal')
      .option('--no-stream', 'print the answer in one piece')
      .option('-u, --usage', 'print how many tokens were used')
      // In this order: `--no-log` alone would make `--log` the default, also when logging is off.
      .option('--log', 'keep this in the log, also when logging is off')
      .option('-n, --no-log', 'keep this out of the log')
      .option('-d, --database <folder>', 'another folder for the log')
      .option('--key <key>', 'API key, or the name of a stored one')
  );
}

/** Of an option that may be given several times. */
export function collect(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

/** Of an option with two values, which `joinPairs` has joined. */
export function takeTextPair(pair: string, pairs: readonly TextPair[] = []): readonly TextPair[] {
  const at = pair.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It takes a name and a value.');
  return [...pairs, [pair.slice(0, at), pair.slice(at + 1)]];
}

/** The same, where the second is a value of JSON. */
export function takePair(pair: string, pairs: readonly Pair[] = []): readonly Pair[] {
  return [...pairs, ...takeTextPair(pair).map(([name, text]): Pair => [name, toOptionValue(text)])];
}

/** Numbers, booleans and other JSON are meant as such; anything else is a string. */
export function toOptionValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
