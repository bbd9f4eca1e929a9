// `rxllm openai`: a server that speaks OpenAI's protocols, asked once, and the models of an OpenAI account.
import type { Command } from 'commander';
import { collect, takePair, type Pair } from '../askOptions.ts';
import { runToEnd } from '../run.ts';

interface EndpointFlags {
  readonly model?: string;
  readonly models?: true;
  readonly system?: string;
  readonly option?: readonly Pair[];
  readonly key?: string;
  readonly header?: readonly string[];
  readonly responses?: true;
  readonly chat?: true;
  readonly stream: boolean;
  readonly reasoning: boolean;
  readonly usage?: true;
}

export function addOpenai(program: Command): void {
  const openai = program.command('openai').description('servers that speak the protocols of OpenAI');
  const endpoint: Command = openai
    .command('endpoint')
    .description('ask a server once; nothing is logged, and no stored key is sent')
    .argument('<url>', 'its address, up to /v1')
    .argument('[prompt]', 'what to ask, in quotes; text on standard input is put before it')
    .option('-m, --model <name>', 'the name that the server has for the model')
    .option('--models', 'list the models of the server')
    .option('-s, --system <text>', 'instructions for the model')
    .option('-o, --option <name value>', 'an option of the model, such as -o max_tokens 100', takePair)
    .option('--key <key>', 'API key')
    .option('-H, --header <name: value>', 'a header for the request', collect)
    .option('--responses', 'the Responses API')
    .option('--chat', 'Chat Completions, which is what is meant when nothing is said')
    .option('--no-stream', 'print the answer in one piece')
    .option('-R, --no-reasoning', "do not show the model's reasoning")
    .option('-u, --usage', 'print how many tokens were used')
    .action(async (url: string, prompt: string | undefined, flags: EndpointFlags) => {
      if (flags.responses && flags.chat) endpoint.error('error: --responses and --chat are two protocols; give one');
      if (!flags.model && !flags.models)
        endpoint.error('error: a server has no default model; give -m, or --models for a list');
      const { askEndpoint, listModels } = await import('../openai/endpoint.ts');
      const { key, option = [], header = [] } = flags;
      const server = { url, key, header };
      if (flags.models) await runToEnd(listModels(server));
      else
        await runToEnd(
          askEndpoint(server, prompt, { ...flags, usage: flags.usage === true, options: Object.fromEntries(option) }),
        );
    });
  openai
    .command('models')
    .description('list the models that the key of OpenAI may use')
    .option('--key <key>', 'API key, or the name of a stored one')
    .option('--json', 'as the server says it')
    .action(async ({ key, json = false }: { readonly key?: string; readonly json?: boolean }) => {
      const { listModels } = await import('../openai/endpoint.ts');
      const { openaiKey } = await import('../openai/key.ts');
      const url = process.env.OPENAI_BASE_URL || 'https://api.openai.com/v1';
      await runToEnd(listModels({ url, key: await openaiKey(key), header: [] }, { json }));
    });
}
