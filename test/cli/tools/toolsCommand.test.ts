// `rxllm tools`: what it says of the tools that there are; and the options about tools that other commands share.
import { jest } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { tool } from 'rxllm';
import { signatureOf } from '../../../src/cli/tools/signature.ts';
import { addToolOptions } from '../../../src/cli/tools/toolOptions.ts';
import { toolSetting } from '../../../src/cli/tools/toolSetting.ts';
import { runScript } from './runSource.ts';

// Processes, on a machine that may be busy.
jest.setTimeout(60_000);

const script = `
  import { Command } from 'commander';
  import { addTools } from 'src/cli/commands/tools.ts';
  import { toolbox } from 'rxllm';
  const program = new Command('rxllm');
  const box = toolbox({
    name: 'Notes',
    tools: (tool) => [
      tool({ name: 'add', description: 'Adds a note.\\nKeeps it.', input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }, run: () => 1 }),
      tool({ name: 'all', run: () => 1 }),
    ],
  });
  addTools(program, async () => box.tools);
  await program.parseAsync(process.argv.slice(1), { from: 'user' }).catch(({ message }) => console.error(message));`;

describe('rxllm tools', () => {
  let folder = '';
  let file = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'rxllm-tools-'));
    file = path.join(folder, 'own.ts');
    await writeFile(file, 'export const shout = ({ text }: { text: string }) => text.toUpperCase();\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('lists what there is, with signatures and descriptions', async () => {
    const { stdout, stderr } = await runScript(script, ['tools', '--functions', file]);
    expect(stderr).toBe('');
    expect(stdout).toContain('\nversion()\n\n  The version of rxllm, the program that runs this conversation.\n\n');
    expect(stdout).toContain('\ncalculator(expression: string)\n\n  Calculates an arithmetic expression: + - * / %');
    expect(stdout).toMatch(/^time\(\)\n/);
    const last =
      'shout(…)\n\nNotes:\n\n  Notes_add(text: string)\n\n    Adds a note.\n    Keeps it.\n\n  Notes_all(…)\n';
    expect(stdout.endsWith(`\n${last}`)).toBe(true);
  });

  test('lists those that are named, by an argument or by -T', async () => {
    const { stdout } = await runScript(script, ['tools', 'list', 'Notes_all', '-T', 'version']);
    expect(stdout.match(/^\S.*/gm)).toEqual(['version()', 'Notes:']);
    expect(stdout).not.toContain('Notes_add');
  });

  test('says all as JSON', async () => {
    const words = ['tools', 'list', '--json', '--functions', file, 'version', 'shout', 'Notes'];
    const { stdout } = await runScript(script, words);
    const nothing = { type: 'object', properties: {}, additionalProperties: false };
    const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };
    const description = 'The version of rxllm, the program that runs this conversation.';
    expect(JSON.parse(stdout)).toEqual({
      tools: [
        { name: 'version', description, arguments: nothing },
        { name: 'shout', description: '', arguments: null },
      ],
      toolboxes: [
        {
          name: 'Notes',
          tools: [
            { name: 'Notes_add', description: 'Adds a note.\nKeeps it.', arguments: text },
            { name: 'Notes_all', description: '', arguments: null },
          ],
        },
      ],
    });
  });

  test('a name that is none is an error that says what there is', async () => {
    const { stdout, stderr } = await runScript(script, ['tools', 'list', 'verzion']);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'there is no tool "verzion"; did you mean version? ' +
        'There are: time, version, calculator, Notes, Notes_add, Notes_all (rxllm tools says more)\n',
    );
  });
});

test.each([
  [{ properties: { a: { type: 'string' }, b: { type: 'integer' } }, required: ['b'] }, 't(a?: string, b: integer)'],
  [{ properties: { a: { enum: ['x', 1] }, b: { const: null } } }, 't(a?: "x" | 1, b?: null)'],
  [{ properties: { a: { type: ['string', 'null'] }, b: {} } }, 't(a?: string | null, b?: any)'],
  [
    { properties: { a: { type: 'array', items: { type: 'number' } }, b: { type: 'array' } } },
    't(a?: number[], b?: array)',
  ],
  [{ properties: { a: { type: 'array', items: { enum: [1, 2] } } } }, 't(a?: (1 | 2)[])'],
  [{ properties: { a: { anyOf: [{ type: 'string' }, { type: 'object' }] } } }, 't(a?: string | object)'],
  [{}, 't(…)'],
])('the signature of %j is %s', (schema, signature) => {
  expect(signatureOf(tool({ name: 't', input: { type: 'object', ...schema }, run: () => 1 }))).toBe(signature);
});

describe('the options of prompt and chat', () => {
  async function flagsOf(...words: readonly string[]): Promise<unknown> {
    let found: unknown;
    const command = addToolOptions(new Command('prompt').argument('[prompt]'))
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .action((_prompt: string, flags: unknown) => {
        found = flags;
      });
    await command.parseAsync(words, { from: 'user' });
    return found;
  }

  test('-T and --functions may be given again, and do not take the prompt', async () => {
    expect(
      await flagsOf('-T', 'time', '--tool', 'version', '--functions', 'a.js', '--functions', 'b.ts', 'Hi'),
    ).toEqual({
      tool: ['time', 'version'],
      functions: ['a.js', 'b.ts'],
      chainLimit: 5,
    });
  });

  test('--td, --ta and --cl have long names too', async () => {
    const flags = { toolsDebug: true, toolsApprove: true, chainLimit: 0 };
    expect(await flagsOf('--td', '--ta', '--cl', '0')).toEqual(flags);
    expect(await flagsOf('--tools-debug', '--tools-approve', '--chain-limit', '0')).toEqual(flags);
  });

  test.each(['-1', '1.5', 'x', ''])('a limit of %j makes no sense', async (limit) => {
    await expect(flagsOf(`--cl=${limit}`)).rejects.toThrow('It is a whole number, or 0 for no limit.');
  });

  test('no tool is given to the model but those that are asked for', async () => {
    expect(await toolSetting({ chainLimit: 5 })).toMatchObject({ tools: [], options: { limit: 5 } });
    const { tools } = await toolSetting({ chainLimit: 5, tool: ['calculator', 'plugged'] }, [
      tool({ name: 'plugged', run: () => 1 }),
      tool({ name: 'other', run: () => 1 }),
    ]);
    expect(tools.map(({ name, needsApproval }) => [name, needsApproval])).toEqual([
      ['calculator', undefined],
      ['plugged', undefined],
    ]);
  });

  test('with --ta all of them wait for approval', async () => {
    const eager = tool({ name: 'eager', eager: true, needsApproval: false, run: () => 1 });
    const { tools, options } = await toolSetting({ chainLimit: 5, tool: ['time', 'eager'], toolsApprove: true }, [
      eager,
    ]);
    expect(tools.map(({ needsApproval, eager: early }) => [needsApproval, early])).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(options.approvals$).toBeDefined();
  });
});

test('all functions of a file are given to the model; one takes the place of a tool of the program', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rxllm-tools-'));
  const file = path.join(folder, 'own.mjs');
  await writeFile(file, 'export const time = () => "noon"; export const more = () => 1;');
  const code = `
    import { toolSetting } from 'src/cli/tools/toolSetting.ts';
    const { tools } = await toolSetting({ chainLimit: 5, tool: ['time', 'version'], functions: [process.argv[1]] });
    console.log(tools.map(({ name }) => name).join(), tools[0].run({}, {}));`;
  expect((await runScript(code, [file])).stdout).toBe('time,version,more noon\n');
  await rm(folder, { recursive: true });
});

test.each([
  ['1', 2],
  ['true', 2],
  ['0', 0],
  ['', 0],
])('RXLLM_TOOLS_DEBUG=%s prints %d lines of a call', async (RXLLM_TOOLS_DEBUG, count) => {
  const code = `
    import { of } from 'rxjs';
    import { toolSetting } from 'src/cli/tools/toolSetting.ts';
    const { watch } = await toolSetting({ chainLimit: 5 });
    const result = { type: 'tool_result', name: 'look', output: 'here' };
    of({ type: 'tool_output', result, part_index: 0, message_index: 0 }).pipe(watch).subscribe();`;
  const { stderr } = await runScript(code, [], { RXLLM_TOOLS_DEBUG });
  expect(stderr.split('\n').length - 1).toBe(count);
});
