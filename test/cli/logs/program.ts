// A program with the one command `logs`, for tests of its streams.
import { Command } from 'commander';
import { addLogs } from '../../../src/cli/commands/logs.ts';
import { report } from '../../../src/cli/run.ts';

const program = new Command('rxllm').exitOverride();
addLogs(program);
try {
  await program.parseAsync(process.argv.slice(2), { from: 'user' });
} catch (error) {
  process.exitCode = report(error);
}
