// `rxllm chat`: a conversation, line by line.
import type { Command } from 'commander';
import { addAskOptions, type AskFlags } from '../askOptions.ts';

export function addChat(program: Command): void {
  const command = program.command('chat').description('talk with a model, line by line');
  addAskOptions(command)
    .allowExcessArguments(false)
    .action(async (flags: AskFlags) => {
      const { chat } = await import('../chat/chat.ts');
      await chat(flags);
    });
}
