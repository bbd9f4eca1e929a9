// Compiled by `npm run types`: the arguments of tools have the types that their schemas say.
import { of } from 'rxjs';
import { tool, toolbox, type CallHooks, type JsonValue, type StandardSchema, type Tool } from 'rxllm';
import { z } from 'zod';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<A, B>(_same: Equal<A, B>): void {
  // Compiling is the test.
}

const trip = z.object({
  city: z.string(),
  days: z.number().default(1),
  at: z.string().transform((text) => text.length),
});

const made: Tool = tool({
  name: 'plan',
  input: trip,
  // As the schema gives them, not as the model does.
  run: (args) => is<typeof args, { city: string; days: number; at: number }>(true),
  needsApproval: ({ days }) => days > 3,
});
void made;

tool({
  name: 'plan',
  input: trip,
  // @ts-expect-error there is no such argument
  run: ({ town }) => town,
});

tool({
  name: 'plan',
  input: trip,
  // @ts-expect-error an argument is of another type
  run: (args: { city: number }) => args.city,
});

tool({
  name: 'plan',
  input: trip,
  // @ts-expect-error nor does it say whether it needs approval
  needsApproval: ({ cost }) => cost > 100,
  run: () => 'x',
});

// @ts-expect-error arguments are an object
tool({ name: 'echo', input: z.string(), run: (text) => text });

// @ts-expect-error a tool does something
tool({ name: 'nothing', input: trip });

// @ts-expect-error the name of another library's option
tool({ name: 'plan', inputSchema: trip, run: () => 'x' });

declare const other: StandardSchema<{ readonly city: string }>;
tool({ name: 'other', input: other, run: ({ city }) => is<typeof city, string>(true) });
tool({ name: 'json', input: { type: 'object' }, run: (args) => is<typeof args, Record<string, JsonValue>>(true) });
tool({ name: 'none', run: (args) => Object.keys(args) });

class Notebook {
  readonly notes: string[] = [];
}

const box = toolbox({
  name: 'Notes',
  config: { path: 'notes.txt', limit: 3 },
  prepare(config) {
    is<typeof config.limit, number>(true);
    return Promise.resolve(new Notebook());
  },
  tools: (toolOf) => [
    toolOf({
      name: 'add',
      input: z.object({ text: z.string() }),
      run({ text }, { state }) {
        is<typeof state, Notebook>(true);
        is<typeof text, string>(true);
        return state.notes.push(text);
      },
    }),
    toolOf({ name: 'list', run: (_, { state }) => state.notes }),
  ],
});
is<typeof box.config.path, string>(true);

toolbox({
  name: 'Live',
  prepare: () => of(1, 2),
  tools: (toolOf) => [toolOf({ name: 'last', run: (_, { state }) => is<typeof state, number>(true) })],
});

toolbox({
  name: 'Plain',
  tools: (toolOf) => [
    toolOf({ name: 'last', run: (_, { state }) => is<typeof state, undefined>(true) }),
    toolOf({
      name: 'add',
      input: z.object({ text: z.string() }),
      // @ts-expect-error there is no such argument
      run: ({ body }) => body,
    }),
  ],
});

toolbox({
  name: 'Notes',
  // @ts-expect-error a configuration is JSON
  config: { open: () => 1 },
  tools: () => [],
});

const hooks: readonly CallHooks[] = [
  { beforeCall: ({ name }) => (name === 'risk' ? { cancel: 'not now' } : undefined) },
  { beforeCall: async ({ name }) => (name === 'risk' ? { cancel: 'not now' } : undefined) },
  { beforeCall: (_, called) => of(called ? undefined : { cancel: 'there is none' }) },
  { beforeCall: () => void box.config, afterCall: async () => void box.config },
  { afterCall: (_call, _tool, result) => ({ ...result, output: result.output.toUpperCase() }) },
  { afterCall: (_call, _tool, result) => Promise.resolve(result) },
  // @ts-expect-error the reason is for the model to read
  { beforeCall: () => ({ cancel: true }) },
  // @ts-expect-error it is not clear what this says
  { beforeCall: () => false },
  // @ts-expect-error nor later
  { beforeCall: async () => 'no' },
  // @ts-expect-error a result is more than its text
  { afterCall: (_call, _tool, { output }) => output },
  // @ts-expect-error its output is text
  { afterCall: (_call, _tool, result) => ({ ...result, output: { a: 1 } }) },
];
void hooks;
