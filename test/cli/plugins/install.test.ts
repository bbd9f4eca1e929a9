// Installing and removing plugins, by the npm of this machine and without the internet.
import fs from 'node:fs';
import path from 'node:path';
import { installPackages, packageSpec, uninstallPackages } from '../../../src/cli/plugins/install.ts';
import { packed, removeFolders, textWrittenTo, useNewUserFolder, written, type PackageFiles } from './packages.ts';

const silent = { tell: () => undefined };
const plugin: PackageFiles = {
  name: 'rxllm-plugin-one',
  manifest: { scripts: { preinstall: 'touch ran', install: 'touch ran', postinstall: 'touch ran' } },
  files: { 'index.js': "export default { name: 'one' };" },
};

let user: string;
beforeEach(() => (user = useNewUserFolder()));
afterEach(removeFolders);

const manifest = () => JSON.parse(fs.readFileSync(path.join(user, 'plugins/package.json'), 'utf8')) as object;
const inModules = (...names: readonly string[]) => path.join(user, 'plugins/node_modules', ...names);

test('installs a tarball and says what it is', async () => {
  const [tarball = ''] = packed(written(plugin));
  expect(await installPackages([tarball], silent)).toEqual([{ name: 'rxllm-plugin-one', version: '1.0.0' }]);
  expect(fs.existsSync(inModules('rxllm-plugin-one', 'index.js'))).toBe(true);
  expect(manifest()).toMatchObject({ private: true, dependencies: { 'rxllm-plugin-one': expect.any(String) } });
});

test('runs no script of a package', async () => {
  await installPackages(packed(written(plugin)), silent);
  expect(fs.readdirSync(inModules('rxllm-plugin-one')).toSorted()).toEqual(['index.js', 'package.json']);
});

test('installs a folder as a copy', async () => {
  const folder = written(plugin);
  await installPackages([folder], silent);
  fs.rmSync(folder, { recursive: true });
  expect(fs.lstatSync(inModules('rxllm-plugin-one')).isDirectory()).toBe(true);
  expect(fs.readFileSync(inModules('rxllm-plugin-one', 'index.js'), 'utf8')).toBe(plugin.files['index.js']);
});

test('the folder is for its owner alone, also where it was there with other rights', async () => {
  fs.mkdirSync(path.join(user, 'plugins'), { recursive: true, mode: 0o755 });
  await installPackages(packed(written(plugin)), silent);
  expect(fs.statSync(path.join(user, 'plugins')).mode & 0o777).toBe(0o700);
  expect(fs.statSync(path.join(user, 'plugins/package.json')).mode & 0o777).toBe(0o600);
});

test('a second version takes the place of the first', async () => {
  await installPackages(packed(written(plugin)), silent);
  const newer = written({ ...plugin, manifest: { version: '1.1.0' } });
  expect(await installPackages(packed(newer), silent)).toEqual([{ name: 'rxllm-plugin-one', version: '1.1.0' }]);
});

test('says of a package that is no plugin that it has no version as such', async () => {
  const other = written({ ...plugin, name: 'other', manifest: { keywords: [] } });
  expect(await installPackages(packed(other), silent)).toEqual([{ name: 'other', version: undefined }]);
});

test('a script in the settings of the environment has no effect', async () => {
  process.env.npm_config_ignore_scripts = 'false';
  process.env.npm_config_global = 'true';
  try {
    await installPackages(packed(written(plugin)), silent);
  } finally {
    delete process.env.npm_config_ignore_scripts;
    delete process.env.npm_config_global;
  }
  expect(fs.readdirSync(inModules('rxllm-plugin-one')).toSorted()).toEqual(['index.js', 'package.json']);
});

test('rejects where npm fails, and tells what npm says', async () => {
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  await expect(installPackages(['rxllm-plugin-that-is-not-there'], { tell })).rejects.toMatchObject({
    code: 'invalid_input',
    message: 'npm install has failed (exit code 1)',
  });
  expect(told.join('')).toMatch(/npm error code ENOTCACHED/);
});

test('what npm says is not written to standard output', async () => {
  const tarballs = packed(written(plugin));
  expect(await textWrittenTo(process.stdout, () => installPackages(tarballs, silent))).toBe('');
});

test('stops npm when it is told to', async () => {
  const controller = new AbortController();
  const work = installPackages(packed(written(plugin)), { ...silent, signal: controller.signal });
  controller.abort();
  await expect(work).rejects.toMatchObject({ message: expect.stringContaining('aborted') });
  expect(fs.existsSync(inModules('rxllm-plugin-one'))).toBe(false);
});

test('removes what is installed, and nothing else', async () => {
  const other = written({ ...plugin, name: '@scope/two' });
  await installPackages(packed(written(plugin), other), silent);
  await uninstallPackages(['@scope/two'], silent);
  expect(fs.existsSync(inModules('@scope/two'))).toBe(false);
  expect(fs.existsSync(inModules('rxllm-plugin-one'))).toBe(true);
  await expect(uninstallPackages(['@scope/two'], silent)).rejects.toThrow(
    '"@scope/two" is not installed; installed is rxllm-plugin-one',
  );
});

test.each([
  ['rxllm-plugin-one', 'rxllm-plugin-one@latest'],
  ['@scope/one', '@scope/one@latest'],
  ['one@1.2.3', 'one@1.2.3'],
  ['@scope/one@^1', '@scope/one@^1'],
  ['one@next', 'one@next'],
])('asks npm for %s as %s', (given, spec) => expect(packageSpec(given)).toBe(spec));

test.each([
  '--global',
  '-g',
  '',
  'user/repository',
  'https://example.com/one.tgz',
  'git+ssh://git@example.com/one.git',
  'npm:other',
  'one@npm:other',
  'one@file:../other',
  'one@https://example.com/one.tgz',
  '@scope/../one',
  '..%2fone',
  '~/one',
  'one two',
  'one;ls',
  'one.tgz',
  'file:one',
  './not-there',
])('refuses %j', (given) => {
  expect(() => packageSpec(given)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
});
