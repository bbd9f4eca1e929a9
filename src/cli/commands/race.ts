// `rxllm race`: several models answer the same prompt, side by side, while they come.
import type { Command } from 'commander';
import { collect, takePair, type Pair } from '../askOptions.ts';
import { runToEnd } from '../run.ts';

interface RaceFlags {
  readonly model?: readonly string[];
  readonly system?: string;
  readonly option?: readonly Pair[];
  readonly usage?: true;
}

export function addRace(program: Command): void {
  const command: Command = program
    .command('race')
    .description('ask several models at once, and see their answers side by side')
    .argument('[prompt]', 'what to ask, in quotes; text on standard input is put before it')
    .option('-m, --model <name>', 'a model; give it for each', collect)
    .option('-s, --system <text>', 'instructions for all of them')
    .option('-o, --option <name value>', 'an option for all of them', takePair)
    .option('-u, --usage', 'print how many tokens each has used')
    .action(async (prompt: string | undefined, { model: names = [], system, option = [], usage }: RaceFlags) => {
      if (names.length < 2) command.error('error: a race has two models or more; give -m for each');
      const { race } = await import('../race/race.ts');
      await runToEnd(race({ names, prompt, system, options: Object.fromEntries(option), usage: usage === true }));
    });
}
