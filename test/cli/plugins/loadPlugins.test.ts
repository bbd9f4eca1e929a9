// Loading installed plugins: what they give, under which names, and what becomes of those that cannot be used.
import fs from 'node:fs';
import path from 'node:path';
import { forgetPlugins, loadPlugins, takeNoPlugins } from '../../../src/cli/plugins/loadPlugins.ts';
import {
  install,
  put,
  removeFolders,
  temporaryFolder,
  textWrittenTo,
  useNewUserFolder,
  type PackageFiles,
} from './packages.ts';

let user: string;
beforeEach(() => (user = useNewUserFolder()));
afterEach(removeFolders);

/** A plugin whose default export is this expression. */
function plugin(name: string, expression: string, manifest: object = {}): PackageFiles {
  return { name: `rxllm-plugin-${name}`, manifest, files: { 'index.js': `export default ${expression};` } };
}

/** Loads them, and gives what is told of it. */
async function loadedAndTold() {
  let loaded: Awaited<ReturnType<typeof loadPlugins>> | undefined;
  const told = await textWrittenTo(process.stderr, async () => (loaded = await loadPlugins()));
  return { loaded: loaded!, told };
}

const rich = plugin(
  'rich',
  `{
  name: 'rich',
  models: [{ id: 'acme', load: async () => { throw new Error('no model today'); } }],
  tools: [{ name: 'roll', run: () => 4 }, { name: 'Dice', config: { sides: 6 }, tools: [{ name: 'Dice_throw' }] }],
  templateLoaders: { gh: (rest) => 'prompt: ' + rest },
  fragmentLoaders: { docs: { description: 'Documentation', load: async (rest) => [rest, { content: 'b', source: 's' }] } },
}`,
);

test('there is nothing where nothing is installed', async () => {
  const { loaded, told } = await loadedAndTold();
  expect(told).toBe('');
  expect(loaded).toMatchObject({ plugins: [], providers: [], tools: [], failed: [] });
  expect([loaded.templateLoaders.size, loaded.fragmentLoaders.size]).toEqual([0, 0]);
});

test('gives what a plugin gives', async () => {
  await install(rich);
  const { loaded, told } = await loadedAndTold();
  expect(told).toBe('');
  expect(loaded.plugins).toEqual([
    {
      name: 'rxllm-plugin-rich',
      version: '1.0.0',
      models: ['acme'],
      tools: ['roll', 'Dice_throw'],
      templateLoaders: ['gh'],
      fragmentLoaders: ['docs'],
      commands: [],
      renamed: [],
    },
  ]);
  expect(loaded.tools.map(({ name, toolbox }) => [name, toolbox])).toEqual([
    ['roll', undefined],
    ['Dice_throw', { name: 'Dice', config: { sides: 6 } }],
  ]);
  expect(await loaded.templateLoaders.get('gh')?.load('user/repo')).toBe('prompt: user/repo');
  expect(loaded.fragmentLoaders.get('docs')?.description).toBe('Documentation');
  expect(await loaded.fragmentLoaders.get('docs')?.load('rxjs')).toEqual([
    { text: 'rxjs', source: 'docs:rxjs' },
    { text: 'b', source: 's' },
  ]);
  await expect(loaded.providers[0]?.load('m', { apiKey: undefined, env: {} })).rejects.toMatchObject({
    code: 'provider_error',
    message: 'no model today',
  });
});

test('loads once, and anew when something was installed', async () => {
  await install(rich);
  const first = await loadPlugins();
  expect(await loadPlugins()).toBe(first);
  await install(plugin('two', "{ name: 'two' }"));
  expect((await loadPlugins()).plugins).toHaveLength(2);
});

test('a package without the keyword counts by its field, and others are left alone', async () => {
  put(plugin('plain', "(() => { throw new Error('was imported'); })()", { keywords: ['other'] }), {
    ...plugin('field', '1', { keywords: [], rxllm: './lib/plugin.js' }),
    files: { 'lib/plugin.js': "export default { name: 'f' };" },
  });
  const { loaded, told } = await loadedAndTold();
  expect(told).toBe('');
  expect(loaded.plugins.map(({ name }) => name)).toEqual(['rxllm-plugin-field']);
});

test.each([
  ['main', { main: './lib/a.js' }],
  ['exports, a path', { exports: './lib/a.js' }],
  ['exports, conditions', { exports: { types: './a.d.ts', require: './no.cjs', import: './lib/a.js' } }],
  ['exports, a dot and conditions', { exports: { '.': { node: { default: './lib/a.js' } } } }],
])('finds the code by %s', async (_, manifest) => {
  put({ ...plugin('entry', '', manifest), files: { 'lib/a.js': "export default { name: 'entry' };" } });
  expect((await loadPlugins()).plugins).toHaveLength(1);
});

test('a plugin may be CommonJS', async () => {
  put({ ...plugin('old', '', { type: 'commonjs' }), files: { 'index.js': "module.exports = { name: 'old' };" } });
  expect((await loadPlugins()).plugins.map(({ name }) => name)).toEqual(['rxllm-plugin-old']);
});

test('takes a package nowhere but from the plugins folder', async () => {
  put(plugin('here', "{ name: 'here', tools: [{ name: 'here' }] }"));
  const elsewhere = temporaryFolder();
  const code = "export default { name: 'elsewhere', tools: [{ name: 'elsewhere' }] };";
  for (const modules of [path.join(user, 'node_modules'), path.join(elsewhere, 'node_modules')]) {
    fs.mkdirSync(path.join(modules, 'rxllm-plugin-here'), { recursive: true });
    fs.writeFileSync(path.join(modules, 'rxllm-plugin-here/index.js'), code);
    const manifest = { name: 'rxllm-plugin-here', keywords: ['rxllm-plugin'], type: 'module' };
    fs.writeFileSync(path.join(modules, 'rxllm-plugin-here/package.json'), JSON.stringify(manifest));
  }
  const before = process.cwd();
  process.chdir(elsewhere);
  process.env.NODE_PATH = path.join(elsewhere, 'node_modules');
  try {
    expect((await loadPlugins()).tools.map(({ name }) => name)).toEqual(['here']);
    fs.rmSync(path.join(user, 'plugins/node_modules/rxllm-plugin-here'), { recursive: true });
    forgetPlugins();
    const { loaded, told } = await loadedAndTold();
    expect(loaded.tools).toEqual([]);
    expect(told).toBe(
      'Plugin rxllm-plugin-here is left out: it is not there; `rxllm install rxllm-plugin-here` brings it back\n',
    );
  } finally {
    process.chdir(before);
    delete process.env.NODE_PATH;
  }
});

test('an entry outside of the package is refused, also behind a link', async () => {
  put(plugin('link', '1', { main: './link.js' }), plugin('up', '1', { main: '../../package.json' }));
  fs.writeFileSync(path.join(user, 'outside.js'), "export default { name: 'outside' };");
  fs.symlinkSync(path.join(user, 'outside.js'), path.join(user, 'plugins/node_modules/rxllm-plugin-link/link.js'));
  const { loaded } = await loadedAndTold();
  expect(loaded.failed).toEqual([
    { name: 'rxllm-plugin-link', message: 'its entry "./link.js" is outside of the package' },
    { name: 'rxllm-plugin-up', message: 'its entry "../../package.json" is outside of the package' },
  ]);
});

test('one that cannot be used is named with what it says, and the others work', async () => {
  await install(
    plugin('throws', "(() => { throw new Error('broken\\u001b[2J\\nsecond line'); })()"),
    { ...plugin('bare', ''), files: { 'index.js': 'export const name = 1;' } },
    plugin('wrong', "{ name: 'wrong', tools: 'all' }"),
    { ...plugin('lost', '', { main: './lost.js' }), files: {} },
    plugin('good', "{ name: 'good', tools: [{ name: 'good' }] }"),
  );
  const { loaded, told } = await loadedAndTold();
  expect(loaded.tools.map(({ name }) => name)).toEqual(['good']);
  expect(told.split('\n')).toEqual([
    'Plugin rxllm-plugin-bare is left out: it has no default export; it should be what definePlugin() makes',
    'Plugin rxllm-plugin-lost is left out: its entry "./lost.js" is not there',
    'Plugin rxllm-plugin-throws is left out: broken\\x1b[2J',
    'Plugin rxllm-plugin-wrong is left out: tools is a list; it is "all"',
    '',
  ]);
  expect(loaded.failed).toHaveLength(4);
});

test('a broken list of plugins stops nothing', async () => {
  fs.mkdirSync(path.join(user, 'plugins'), { recursive: true });
  fs.writeFileSync(path.join(user, 'plugins/package.json'), '{');
  const { loaded, told } = await loadedAndTold();
  expect(loaded.plugins).toEqual([]);
  expect(told).toContain('package.json is no JSON object');
});

test('a name in the list that leads elsewhere is no package', async () => {
  put(rich);
  const file = path.join(user, 'plugins/package.json');
  fs.writeFileSync(
    file,
    JSON.stringify({ dependencies: { '../../x': '1', '.hidden': '1', 'rxllm-plugin-rich': '1' } }),
  );
  const { loaded, told } = await loadedAndTold();
  expect(told).toBe('');
  expect(loaded.plugins.map(({ name }) => name)).toEqual(['rxllm-plugin-rich']);
});

test('of the same names the later one is numbered, and what is built in comes first', async () => {
  const both = `{
    name: 'x',
    models: [{ id: 'openai', load: async (name) => ({ id: name, stream() {} }) }, { id: 'acme', load() {} }],
    tools: [{ name: 'time' }, { name: 'roll' }, { name: 'Dice', tools: [{ name: 'Dice_throw' }, { name: 'loose' }] }],
    templateLoaders: { gh: () => 'x' },
    fragmentLoaders: { gh: () => 'x' },
  }`;
  put(
    plugin('a', both),
    plugin('b', both),
    plugin('long', `{ name: 'l', tools: [{ name: 'x'.repeat(64) }, { name: 'x'.repeat(64) }] }`),
  );
  const { loaded } = await loadedAndTold();
  expect(loaded.plugins.map(({ models }) => models)).toEqual([['openai_1', 'acme'], ['openai_2', 'acme_1'], []]);
  expect(loaded.tools.map(({ name }) => name)).toEqual([
    'time_1',
    'roll',
    'Dice_throw',
    'loose',
    'time_2',
    'roll_1',
    'Dice_1_throw',
    'loose_1',
    'x'.repeat(64),
    `${'x'.repeat(62)}_1`,
  ]);
  expect(loaded.tools[6]?.toolbox?.name).toBe('Dice_1');
  expect([...loaded.templateLoaders.keys()]).toEqual(['gh', 'gh_1']);
  expect([...loaded.fragmentLoaders.keys()]).toEqual(['gh', 'gh_1']);
  expect(loaded.plugins[1]?.renamed).toContainEqual({ what: 'tool', from: 'roll', to: 'roll_1' });
  expect(await loaded.providers[0]?.load('m', { apiKey: 'k', env: {} })).toMatchObject({ id: 'm' });
});

test.each([
  ['is empty', '', []],
  ['names one', ' rxllm-plugin-b ', ['rxllm-plugin-b']],
  ['names two', 'rxllm-plugin-b,rxllm-plugin-a', ['rxllm-plugin-a', 'rxllm-plugin-b']],
])('loads what RXLLM_LOAD_PLUGINS names: it %s', async (_, wanted, names) => {
  put(plugin('a', "{ name: 'a' }"), plugin('b', "{ name: 'b' }"));
  process.env.RXLLM_LOAD_PLUGINS = wanted;
  const { loaded, told } = await loadedAndTold();
  expect(loaded.plugins.map(({ name }) => name)).toEqual(names);
  expect(told).toBe('');
});

test('says that one which RXLLM_LOAD_PLUGINS names is not installed', async () => {
  put(rich);
  process.env.RXLLM_LOAD_PLUGINS = 'nope';
  const { told } = await loadedAndTold();
  expect(told).toBe('Plugin nope is left out: RXLLM_LOAD_PLUGINS names it, and it is not installed\n');
});

test('loads none where it is told so', async () => {
  put(rich);
  expect((await loadPlugins({ enabled: false })).plugins).toEqual([]);
  expect(takeNoPlugins(['a', '--no-plugins', 'b', '--', '--no-plugins'])).toEqual(['a', 'b', '--', '--no-plugins']);
  expect((await loadPlugins()).plugins).toEqual([]);
});

test.each([
  ['throws', "() => { throw new Error('offline'); }", 'plugin rxllm-plugin-l: offline'],
  ['gives no text', '() => ({})', 'its loader gave {}, and not the text of a template'],
])('the error of a template loader that %s names the plugin', async (_, code, message) => {
  put(plugin('l', `{ name: 'l', templateLoaders: { gh: ${code} } }`));
  const { templateLoaders } = await loadPlugins();
  await expect(templateLoaders.get('gh')?.load('x')).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining(message),
  });
});

test.each([
  ['a number', '4', 'its loader gave 4, which is no fragment and no file'],
  ['a file by path', "{ type: 'attachment', attachment: { path: '/etc/passwd' } }", 'a file by path, "/etc/passwd"'],
])('a fragment loader may not give %s', async (_, value, message) => {
  put(plugin('l', `{ name: 'l', fragmentLoaders: { gh: () => (${value}) } }`));
  const { fragmentLoaders } = await loadPlugins();
  await expect(fragmentLoaders.get('gh')?.load('x')).rejects.toThrow(message);
});

test('a fragment loader may give files, and gets the environment', async () => {
  const file = "{ type: 'attachment', attachment: { type: 'image/png', content: 'AAAA' } }";
  put(plugin('l', `{ name: 'l', fragmentLoaders: { gh: (rest, { env }) => [${file}, env.RXLLM_USER_PATH] } }`));
  const { fragmentLoaders } = await loadPlugins();
  expect(await fragmentLoaders.get('gh')?.load('x')).toEqual([
    { type: 'attachment', attachment: { type: 'image/png', content: 'AAAA' } },
    { text: user, source: 'gh:x' },
  ]);
});
