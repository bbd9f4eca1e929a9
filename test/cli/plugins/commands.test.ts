// `rxllm plugins`, `rxllm install`, `rxllm uninstall`, and commands that plugins add.
import { Command } from 'commander';
import { addInstall } from '../../../src/cli/commands/install.ts';
import { addPlugins } from '../../../src/cli/commands/plugins.ts';
import { loadPlugins } from '../../../src/cli/plugins/loadPlugins.ts';
import { packed, put, removeFolders, textWrittenTo, useNewUserFolder, written, type PackageFiles } from './packages.ts';

beforeEach(useNewUserFolder);
afterEach(removeFolders);

/** What the program, so far as it is looked at here, does with a command line. */
async function run(...args: readonly string[]) {
  const program = new Command('rxllm')
    .version('9.9.9')
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) });
  addPlugins(program, ['chat']);
  addInstall(program);
  let error: unknown;
  let stdout = '';
  const stderr = await textWrittenTo(process.stderr, async () => {
    stdout = await textWrittenTo(process.stdout, async () => {
      await (await loadPlugins()).addCommands(program, ['chat']);
      await program.parseAsync(args, { from: 'user' }).catch((thrown: unknown) => (error = thrown));
    });
  });
  return { stdout, stderr, error };
}

const dice: PackageFiles = {
  name: 'rxllm-plugin-dice',
  manifest: { version: '1.2.3', description: 'Rolls dice' },
  files: {
    'index.js': `export default {
  name: 'dice',
  models: [{ id: 'acme', load: async () => ({ id: 'acme', stream() {} }) }],
  tools: [{ name: 'roll' }, { name: 'time' }],
  templateLoaders: { gh: () => '' },
  fragmentLoaders: { docs: () => '' },
  commands(program, { print, warn, getModel, env }) {
    program.command('dice').argument('<sides>').description('Rolls one').action(async (sides) => {
      print('of ' + sides);
      warn((await getModel('acme/m')).id + ' in ' + (env.RXLLM_USER_PATH ? 'a folder' : 'none'));
    });
    program.command('fail').action(() => { throw new Error('no luck'); });
  },
};`,
  },
};
const broken: PackageFiles = { name: 'rxllm-plugin-broken', files: { 'index.js': 'export default 4;' } };

test('lists what each plugin gives', async () => {
  put(dice);
  expect(await run('plugins')).toEqual({
    stdout: [
      'rxllm-plugin-dice 1.2.3',
      '  Rolls dice',
      '  models: acme',
      '  tools: roll, time_1',
      '  template loaders: gh',
      '  fragment loaders: docs',
      '  commands: dice, fail',
      '  tool time is called time_1 here, because the name was taken\n',
    ].join('\n'),
    stderr: '',
    error: undefined,
  });
});

test('lists nothing where nothing is installed', async () => {
  expect(await run('plugins', 'list')).toEqual({ stdout: '', stderr: 'No plugins found\n', error: undefined });
  expect((await run('plugins', '--json')).stdout).toBe('[]\n');
});

test('lists as JSON, with those that failed', async () => {
  put(dice, broken);
  const { stdout } = await run('plugins', 'list', '--json');
  expect(JSON.parse(stdout)).toEqual([
    {
      name: 'rxllm-plugin-dice',
      version: '1.2.3',
      description: 'Rolls dice',
      models: ['acme'],
      tools: ['roll', 'time_1'],
      templateLoaders: ['gh'],
      fragmentLoaders: ['docs'],
      commands: ['dice', 'fail'],
      renamed: [{ what: 'tool', from: 'time', to: 'time_1' }],
    },
    { name: 'rxllm-plugin-broken', error: expect.stringContaining('a plugin is an object') },
  ]);
});

test('lists those that give something of a kind', async () => {
  put(dice, { name: 'rxllm-plugin-empty', files: { 'index.js': "export default { name: 'empty' };" } }, broken);
  const { stdout } = await run('plugins', '--hook', 'tools', '--json');
  expect((JSON.parse(stdout) as readonly { readonly name: string }[]).map(({ name }) => name)).toEqual([
    'rxllm-plugin-dice',
  ]);
});

test('lists what is built in, where all is asked for', async () => {
  const { stdout } = await run('plugins', '--all', '--json');
  expect(JSON.parse(stdout)).toEqual([
    {
      name: 'rxllm',
      version: '9.9.9',
      models: expect.arrayContaining(['demo', 'openai']),
      tools: expect.arrayContaining(['time', 'version']),
    },
  ]);
});

test('another word than list is wrong usage', async () => {
  expect(await run('plugins', 'lits')).toMatchObject({
    stderr: "error: unknown command 'lits'\n",
    error: { exitCode: 1, code: 'commander.error' },
  });
});

test('a command of a plugin is one of the program', async () => {
  put(dice);
  expect(await run('dice', '6')).toEqual({ stdout: 'of 6\n', stderr: 'acme in a folder\n', error: undefined });
  expect((await run('fail')).error).toMatchObject({ message: 'no luck' });
  // As all commands of the program: wrong usage is an error and does not end the process.
  expect((await run('dice')).error).toMatchObject({ code: 'commander.missingArgument' });
});

test('a plugin takes the place of no command, and changes none', async () => {
  const code = `export default { name: 'n', commands(program) {
    program.option('--evil').hook('preAction', () => { throw new Error('evil'); });
    program.command('plugins').action(() => { throw new Error('evil'); });
    program.command('other').alias('install');
    program.command('help');
    program.command('chat');
    program.command('mine', { isDefault: true }).action(() => { throw new Error('evil'); });
  } };`;
  put({ name: 'rxllm-plugin-n', files: { 'index.js': code } });
  const { stdout, stderr, error } = await run('plugins');
  expect(error).toBeUndefined();
  expect(stdout).toBe('rxllm-plugin-n 1.0.0\n  commands: mine\n');
  expect(stderr).toBe(
    ['plugins', 'install', 'help', 'chat']
      .map((name) => `Plugin rxllm-plugin-n lacks a command: there is a command "${name}" already\n`)
      .join(''),
  );
  expect((await run()).error).toMatchObject({ code: 'commander.help' });
  expect((await run('--evil')).error).toMatchObject({ code: 'commander.unknownOption' });
});

test('a plugin whose commands fail keeps everything else', async () => {
  const code = `export default { name: 'n', tools: [{ name: 'roll' }], async commands() { throw new Error('oh\\u001b no'); } };`;
  put({ name: 'rxllm-plugin-n', files: { 'index.js': code } }, dice);
  const { stdout, stderr } = await run('plugins');
  expect(stdout).toContain('rxllm-plugin-n 1.0.0\n  tools: roll\n');
  expect(stdout).toContain('commands: dice');
  expect(stderr).toBe('Plugin rxllm-plugin-n has no commands: oh\\x1b no\n');
});

test('installs and removes, and says so on standard output', async () => {
  const [tarball = ''] = packed(written(dice));
  const installed = await run('install', tarball);
  expect(installed).toMatchObject({ stdout: 'Installed rxllm-plugin-dice 1.2.3\n', error: undefined });
  expect(installed.stderr).toContain('added 1 package');
  expect((await run('plugins')).stdout).toContain('rxllm-plugin-dice 1.2.3');
  expect(await run('uninstall', 'rxllm-plugin-dice')).toMatchObject({
    stdout: 'Removed rxllm-plugin-dice\n',
    error: undefined,
  });
  expect((await run('plugins')).stdout).toBe('');
});

test('says when what was installed is no plugin', async () => {
  const tarballs = packed(written({ ...dice, manifest: { keywords: [] } }));
  const { stdout, stderr } = await run('install', ...tarballs);
  expect(stdout).toBe('');
  expect(stderr).toContain('rxllm-plugin-dice is installed, but is no plugin of rxllm\n');
});

test.each([
  [['install', '--global', 'x'], "error: unknown option '--global'"],
  [['install', '--', '--global'], 'error: "--global" is no package; give NAME'],
  [['install', 'x', 'user/repository'], 'error: "user/repository" is no package'],
  [['install'], "error: missing required argument 'package'"],
  [['uninstall'], "error: missing required argument 'name'"],
])('%j is wrong usage', async (args, message) => {
  const { stderr, error } = await run(...args);
  expect(stderr).toContain(message);
  expect(error).toMatchObject({ code: expect.stringMatching(/^commander\./) });
});

test('what is not installed cannot be removed', async () => {
  expect((await run('uninstall', 'nope')).error).toMatchObject({
    code: 'invalid_input',
    message: '"nope" is not installed; installed is nothing',
  });
});

test('what fails is an error, and the words of npm are on standard error', async () => {
  const { stdout, stderr, error } = await run('install', 'rxllm-plugin-that-is-not-there');
  expect(stdout).toBe('');
  expect(stderr).toContain('npm error code ENOTCACHED');
  expect(error).toMatchObject({ message: 'npm install has failed (exit code 1)' });
});
