// `rxllm prompt`, the default command: asks a model once and shows the answer while it comes.
import { Option, type Command } from 'commander';
import { addAskOptions, collect, takeTextPair } from './askOptions.ts';
import type { PromptCommandFlags } from './askOnce.ts';

/** Adds the command to the program. */
export function addPrompt(program: Command): Command {
  const command: Command = program
    .command('prompt', { isDefault: true })
    .description('ask a model; what is meant when no command is named')
    .argument('[prompt]', 'what to ask, in quotes; text on standard input is put before it');
  addAskOptions(command)
    .option('-a, --attachment <path>', 'a file, a URL, or - for standard input', collect)
    .option('--at, --attachment-type <path type>', 'the same, with its media type', takeTextPair)
    .option('--schema <schema>', 'what the answer shall be: "name, age int", JSON, a file, an id, t:TEMPLATE')
    .option('--schema-multi <schema>', 'a list of such')
    .option('-x, --extract', 'print only the first block of code of the answer')
    .option('--xl, --extract-last', 'print only the last block of code of the answer')
    .option('--json', 'print what is logged instead of the text')
    .option('--options', 'print the options of the model, and ask nothing')
    .option('--save <name>', 'keep this as a template, and ask nothing')
    .addOption(new Option('--async').hideHelp())
    .allowExcessArguments()
    .action(async (prompt: string | undefined, flags: PromptCommandFlags) => {
      if (command.args.length > 1) command.error('error: the prompt is one argument; put it in quotes');
      const { askOnce } = await import('./askOnce.ts');
      await askOnce(prompt, flags, (message) => command.error(`error: ${message}`));
    });
  return command;
}
