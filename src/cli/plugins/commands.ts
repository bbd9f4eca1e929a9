// Commands of plugins. Each plugin adds its own to a program of their own, from which those that it has become commands of
// the real one: so none changes what is there.
import { Command } from 'commander';
import type { Provider } from '../../models/provider.ts';
import type { PluginContext } from '../../plugin/plugin.ts';
import { LlmError } from '../../values/error.ts';
import { stderr, stdout } from '../output.ts';
import type { Installed } from './collectPlugins.ts';
import type { PluginInfo } from './loadPlugins.ts';

interface Parts {
  readonly installed: readonly Installed[];
  /** What is told of each of them; gets the names of its commands. */
  readonly plugins: PluginInfo[];
  readonly providers: readonly Provider[];
  readonly taken: readonly string[];
  readonly fail: (name: string, error: unknown, what: string) => void;
}

export async function registerCommands(
  program: Command,
  { installed, plugins, providers, taken, fail }: Parts,
): Promise<void> {
  const context = contextOf(providers);
  for (const [
    index,
    {
      package: { name },
      plugin,
    },
  ] of installed.entries()) {
    const info = plugins[index];
    if (!plugin.commands || !info) continue;
    const own = new Command(program.name()).copyInheritedSettings(program);
    try {
      await plugin.commands(own, context);
    } catch (error) {
      fail(name, error, 'has no commands');
      continue;
    }
    const commands = own.commands.filter((command) => {
      const names = [command.name(), ...command.aliases()];
      const clash = names.find((each) => taken.includes(each) || isTaken(program, each));
      if (clash === undefined) program.addCommand(command);
      else fail(name, new LlmError('invalid_input', `there is a command "${clash}" already`), 'lacks a command');
      return clash === undefined;
    });
    plugins[index] = { ...info, commands: commands.map((command) => command.name()) };
  }
}

function isTaken(program: Command, name: string): boolean {
  // The help command is not in the list.
  return name === 'help' || program.commands.some((each) => each.name() === name || each.aliases().includes(name));
}

function contextOf(providers: readonly Provider[]): PluginContext {
  return {
    env: process.env,
    async getModel(name, options) {
      const { userRegistry } = await import('../../models/getModel.ts');
      const registry = await userRegistry({ providers });
      return registry.getModel(name, options);
    },
    print: (text) => stdout.line(text),
    warn: (text) => stderr.line(text),
  };
}
