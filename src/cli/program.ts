// The command line: its commands, its help, and what it says about one that makes no sense.
import { Command, Help } from 'commander';
import { joinPairs } from './pairs.ts';
import { loadPlugins, takeNoPlugins } from './plugins/loadPlugins.ts';
import { addPrompt } from './prompt.ts';
import { report } from './run.ts';

const examples = `
Examples:
  rxllm 'What is a cold Observable?'                 # the built-in demo, offline
  rxllm -m openai/gpt-4o-mini 'Tell me a joke'       # with OPENAI_API_KEY set
  git diff | rxllm -s 'Write a commit message'       # with RXLLM_MODEL set
  rxllm -c 'Shorter, please'                         # goes on with the last conversation`;

/** Loaded when they are named: most people ask, and nothing else. */
const commands: Readonly<Record<string, (program: Command) => Promise<unknown>>> = {
  chat: async (program) => (await import('./commands/chat.ts')).addChat(program),
  logs: async (program) => (await import('./commands/logs.ts')).addLogs(program),
  models: async (program) => (await import('./commands/models.ts')).addModels(program, loadPlugins),
  keys: async (program) => (await import('./commands/keys.ts')).addKeys(program),
  templates: async (program) => (await import('./commands/templates.ts')).addTemplates(program, loadPlugins),
  fragments: async (program) => (await import('./commands/fragments.ts')).addFragments(program, loadPlugins),
  schemas: async (program) => (await import('./commands/schemas.ts')).addSchemas(program),
  tools: async (program) => (await import('./commands/tools.ts')).addTools(program, pluginTools),
  aliases: async (program) => (await import('./commands/aliases.ts')).addAliases(program, loadPlugins),
  plugins: async (program) => (await import('./commands/plugins.ts')).addPlugins(program, Object.keys(commands)),
  install: async (program) => (await import('./commands/install.ts')).addInstall(program),
  uninstall: async (program) => (await import('./commands/install.ts')).addInstall(program),
  race: async (program) => (await import('./commands/race.ts')).addRace(program),
  record: async (program) => (await import('./commands/tapes.ts')).addTapes(program),
  replay: async (program) => (await import('./commands/tapes.ts')).addTapes(program),
  openai: async (program) => (await import('./commands/openai.ts')).addOpenai(program),
};

/** Runs a command line to its end; what comes of it is the exit code of the process. */
export async function runProgram(given: readonly string[], version: string): Promise<void> {
  const args = takeNoPlugins(given);
  const program = new Command('rxllm')
    .description('Asks a language model, and shows its answer while it comes.')
    .usage("[options] 'PROMPT'")
    .version(version)
    .option('--no-plugins', 'load no plugins; also RXLLM_LOAD_PLUGINS=')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        const message = text.replace(/^error: /, 'Error: ');
        write(`Usage: rxllm [options] 'PROMPT'\nTry 'rxllm --help' for help.\n\n${message}`);
      },
    });

  try {
    const prompt = addPrompt(program);
    await addNamed(program, args[0]);
    // Most people need no more than these, so they are seen without asking for the help of the command.
    const help = new Help();
    program.configureHelp({
      visibleOptions: (command) => [
        ...(command === program ? help.visibleOptions(prompt).slice(0, -1) : []),
        ...help.visibleOptions(command),
      ],
    });
    await program.parseAsync(joinPairs(args), { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Adds the command that is named; all of them where help is asked for. */
async function addNamed(program: Command, name = ''): Promise<void> {
  if (Object.hasOwn(commands, name)) await commands[name]?.(program);
  else if (['help', '-h', '--help'].includes(name)) {
    for (const [each, add] of Object.entries(commands)) {
      if (!program.commands.some((command) => command.name() === each)) await add(program);
    }
    await (await loadPlugins()).addCommands(program, Object.keys(commands));
  } else if (/^[a-z][\w-]*$/.test(name)) {
    // A word alone may be the command of a plugin.
    await (await loadPlugins()).addCommands(program, Object.keys(commands));
  }
}

async function pluginTools() {
  return (await loadPlugins()).tools;
}
