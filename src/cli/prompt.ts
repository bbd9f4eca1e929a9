// `rxllm prompt`, the default command: asks a model once and shows the answer while it comes.
import { Option, type Command } from 'commander';
import { defer, map, switchMap, type Observable } from 'rxjs';
import { userRegistry } from '../models/getModel.ts';
import type { Model } from '../response/defineModel.ts';
import type { StreamEvent } from '../values/event.ts';
import type { JsonValue } from '../values/json.ts';
import { display } from './display.ts';
import { readInput, readPiped } from './input.ts';
import { stderr } from './output.ts';
import { runToEnd } from './run.ts';

interface Flags {
  readonly model?: string;
  readonly system?: string;
  readonly key?: string;
  readonly option?: readonly Pair[];
  readonly reasoning: boolean;
  readonly hideReasoning?: true;
  readonly stream: boolean;
  readonly usage?: true;
}

type Pair = readonly [name: string, value: JsonValue];

/** Adds the command to the program. */
export function addPrompt(program: Command): Command {
  const command: Command = program
    .command('prompt', { isDefault: true })
    .description('ask a model; what is meant when no command is named')
    .argument('[prompt]', 'what to ask, in quotes; text on standard input is put before it')
    .option(
      '-m, --model <name>',
      'PROVIDER/NAME, an alias, or demo (default: $RXLLM_MODEL, else your default, else demo)',
    )
    .option('-s, --system <text>', 'instructions for the model')
    .option('-o, --option <name value>', 'an option of the model, such as -o max_tokens 100', takePair)
    .option('-R, --no-reasoning', "do not show the model's reasoning")
    .addOption(new Option('--hide-reasoning').hideHelp())
    .option('--no-stream', 'print the answer in one piece')
    .option('-u, --usage', 'print how many tokens were used')
    .option('--key <key>', 'API key, or the name of a stored one')
    .allowExcessArguments()
    .action((prompt: string | undefined, flags: Flags) => runToEnd(ask(prompt, flags, command)));
  return command;
}

function ask(prompt: string | undefined, flags: Flags, command: Command): Observable<StreamEvent> {
  const { system, stream, usage = false } = flags;
  const hideReasoning = !flags.reasoning || flags.hideReasoning === true;
  const options = Object.fromEntries(flags.option ?? []);
  // The model first: nobody shall type or pipe in a long text for one that does not exist.
  return defer(() => chooseModel(flags)).pipe(
    switchMap(({ model, isChosen }) =>
      promptText(prompt, command).pipe(
        switchMap((text) => {
          if (!isChosen) stderr.line(demoHint, 'dim');
          return model.prompt(text, { ...(system && { system }), options, hideReasoning, stream });
        }),
      ),
    ),
    display({ reasoning: !hideReasoning && stream, usage }),
  );
}

async function chooseModel({
  model: name,
  key,
}: Flags): Promise<{ readonly model: Model; readonly isChosen: boolean }> {
  const registry = await userRegistry();
  const model = await registry.getModel(name || undefined, { key });
  return { model, isChosen: Boolean(name || registry.defaultModel) };
}

const demoHint =
  'No model is chosen, so the built-in demo answers. For a real one: -m PROVIDER/NAME, or set RXLLM_MODEL.';

/** What was piped in, a space, what was given: as llm joins them. */
function promptText(given: string | undefined, command: Command): Observable<string> {
  if (command.args.length > 1) command.error('error: the prompt is one argument; put it in quotes');
  const isTyped = given === undefined && process.stdin.isTTY;
  if (isTyped) stderr.line('Type your prompt and end it with Ctrl-D. (rxllm --help says what else there is.)', 'dim');
  return (isTyped ? readInput() : readPiped()).pipe(
    map((piped) => {
      const text = [piped, given ?? ''].filter((piece) => piece !== '').join(' ');
      return text || command.error('error: there is no prompt; give one in quotes, or on standard input');
    }),
  );
}

function takePair(pair: string, pairs: readonly Pair[] = []): readonly Pair[] {
  const at = pair.indexOf('=');
  return [...pairs, [pair.slice(0, at), toValue(pair.slice(at + 1))]];
}

/** Numbers, booleans and other JSON are meant as such; anything else is a string. */
function toValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
