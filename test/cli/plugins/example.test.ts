// examples/plugin: it installs, does what its page says, and its own tests pass.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { demo } from 'rxllm/demo';
import { installPackages } from '../../../src/cli/plugins/install.ts';
import { loadPlugins, type LoadedPlugins } from '../../../src/cli/plugins/loadPlugins.ts';
import { root } from '../../support/dist.ts';
import { packed, removeFolders, secondCopies, textWrittenTo, useNewUserFolder } from './packages.ts';

const example = path.join(root, 'examples/plugin');
const run = promisify(execFile);

let user: string;
let plugins: LoadedPlugins;

beforeAll(async () => {
  user = useNewUserFolder();
  await installPackages([...(await secondCopies()), ...packed(example)], { tell: () => undefined });
  plugins = await loadPlugins();
});
afterAll(removeFolders);

test('it gives one of everything', async () => {
  await plugins.addCommands(new Command('rxllm'));
  expect(plugins.failed).toEqual([]);
  expect(plugins.plugins).toEqual([
    {
      name: 'rxllm-plugin-dice',
      version: '1.0.0',
      description: expect.stringMatching(/^Dice for rxllm/),
      models: ['dice'],
      tools: ['dice_roll'],
      templateLoaders: ['dice'],
      fragmentLoaders: ['odds'],
      commands: ['roll'],
      renamed: [],
    },
  ]);
});

test('its tool is called', async () => {
  const [tool] = plugins.tools;
  const result: unknown = await demo({ chunkMs: 0 }).chain('Use dice_roll.', { tools: plugins.tools }).text();
  expect(result).toMatch(/^dice_roll says: /);
  expect(tool?.description).toBe('Rolls dice and gives the eyes of each.');
});

test('its model, its loaders and its command work', async () => {
  const model = await plugins.providers[0]!.load('six', { apiKey: undefined, env: {} });
  expect(await model.prompt('Will it rain?').text()).toMatch(/^[A-Z].*[.?]$/);
  expect(await plugins.fragmentLoaders.get('odds')?.load('1d2')).toEqual([
    { text: '1: 50.00 %\n2: 50.00 %', source: 'odds:1d2' },
  ]);
  expect(await plugins.templateLoaders.get('dice')?.load('story')).toMatch(
    /^prompt: 'Write a story of [1-6] sentences about \$input'\n$/,
  );
  const program = new Command('rxllm');
  await plugins.addCommands(program);
  const printed = await textWrittenTo(process.stdout, () => program.parseAsync(['roll', '3d6'], { from: 'user' }));
  expect(printed).toMatch(/^[1-6] [1-6] [1-6]\n$/);
});

test('its own tests pass', async () => {
  const folder = path.join(user, 'plugins/node_modules/rxllm-plugin-dice');
  fs.copyFileSync(path.join(example, 'test.js'), path.join(folder, 'test.js'));
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: folder });
  expect(stdout).toMatch(/^# pass 4$/m);
});
