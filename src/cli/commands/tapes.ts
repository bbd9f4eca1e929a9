// `rxllm record` and `rxllm replay`: what a provider has sent, written down with its timing, and played again.
import type { Command } from 'commander';
import { takePair, type Pair } from '../askOptions.ts';
import { runToEnd } from '../run.ts';

interface RecordFlags {
  readonly model?: string;
  readonly system?: string;
  readonly option?: readonly Pair[];
  readonly key?: string;
  readonly stream: boolean;
}

interface ReplayFlags {
  readonly speed: string;
  readonly reasoning: boolean;
  readonly usage?: true;
}

export function addTapes(program: Command): void {
  program
    .command('record')
    .description('ask a model, and write what its provider sends to a file; no key and no prompt is in it')
    .argument('<file>', 'a file that is not there yet')
    .argument('[prompt]', 'what to ask, in quotes; text on standard input is put before it')
    .option('-m, --model <name>', 'PROVIDER/NAME, or an alias')
    .option('-s, --system <text>', 'instructions for the model')
    .option('-o, --option <name value>', 'an option of the model, such as -o max_tokens 100', takePair)
    .option('--key <key>', 'API key, or the name of a stored one')
    .option('--no-stream', 'ask for the answer in one piece')
    .action(async (file: string, prompt: string | undefined, { option = [], ...flags }: RecordFlags) => {
      const { recordTo } = await import('../tapes/recordTo.ts');
      await runToEnd(recordTo(file, prompt, { ...flags, options: Object.fromEntries(option) }));
    });
  program
    .command('replay')
    .description('show an answer again from its file, as it came')
    .argument('<file>', 'what `record` has written')
    .option('--speed <times>', 'how many times as fast; `all` for everything at once', '1')
    .option('-R, --no-reasoning', "do not show the model's reasoning")
    .option('-u, --usage', 'print how many tokens were used')
    .action(async (file: string, { speed, reasoning, usage }: ReplayFlags) => {
      const { replayFrom } = await import('../tapes/replayFrom.ts');
      const times = speed === 'all' ? Infinity : Number(speed);
      await runToEnd(replayFrom(file, { speed: times, reasoning, usage: usage === true }));
    });
}
