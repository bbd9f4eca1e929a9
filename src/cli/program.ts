// The program `rxllm`: its commands, its help, and what it says about a command line that makes no sense.
import { Command, Help } from 'commander';
import { joinPairs } from './pairs.ts';
import { addPrompt } from './prompt.ts';
import { report } from './run.ts';

const examples = `
Examples:
  rxllm 'What is a cold Observable?'                 # the built-in demo, offline
  rxllm -m openai/gpt-4o-mini 'Tell me a joke'       # with OPENAI_API_KEY set
  git diff | rxllm -s 'Write a commit message'       # with RXLLM_MODEL set`;

/** Runs a command line to its end; what comes of it is the exit code of the process. */
export async function runProgram(args: readonly string[], version: string): Promise<void> {
  const program = new Command('rxllm')
    .description('Asks a language model, and shows its answer while it comes.')
    .usage("[options] 'PROMPT'")
    .version(version)
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        const message = text.replace(/^error: /, 'Error: ');
        write(`Usage: rxllm [options] 'PROMPT'\nTry 'rxllm --help' for help.\n\n${message}`);
      },
    });

  const prompt = addPrompt(program);

  // Most people need no more than these, so they are seen without asking for the help of the command.
  const help = new Help();
  program.configureHelp({
    visibleOptions: (command) => [
      ...(command === program ? help.visibleOptions(prompt).slice(0, -1) : []),
      ...help.visibleOptions(command),
    ],
  });

  try {
    await program.parseAsync(joinPairs(args), { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}
