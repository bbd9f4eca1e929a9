// Packages for tests of plugins: made in a temporary folder, packed by npm, and installed without the internet.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { jest } from '@jest/globals';
import { build } from 'esbuild';
import { installPackages } from '../../../src/cli/plugins/install.ts';
import { root } from '../../support/dist.ts';

/** The files of a package; what its package.json says besides name, version, type and the keyword. */
export interface PackageFiles {
  readonly name: string;
  readonly manifest?: object;
  readonly files: Readonly<Record<string, string>>;
}

// npm takes its time, above all where much else is going on.
jest.setTimeout(120_000);

const made: string[] = [];

export function temporaryFolder(): string {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-plugins-')));
  made.push(folder);
  return folder;
}

/** A user's folder of its own, known to the program through the environment. */
export function useNewUserFolder(): string {
  const folder = path.join(temporaryFolder(), 'user');
  process.env.RXLLM_USER_PATH = folder;
  process.env.npm_config_offline = 'true';
  return folder;
}

export function removeFolders(): void {
  delete process.env.RXLLM_USER_PATH;
  delete process.env.RXLLM_LOAD_PLUGINS;
  delete process.env.npm_config_offline;
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
}

/** Writes a package; gives its folder. */
export function written({ name, manifest, files }: PackageFiles): string {
  const folder = path.join(temporaryFolder(), 'package');
  const basic = { name, version: '1.0.0', type: 'module', keywords: ['rxllm-plugin'] };
  for (const [file, text] of Object.entries({
    'package.json': JSON.stringify({ ...basic, ...manifest }),
    ...files,
  })) {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  }
  return folder;
}

/** Packs folders; gives the tarballs. */
export function packed(...folders: readonly string[]): string[] {
  const destination = temporaryFolder();
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', destination, ...folders];
  const told = execFileSync('npm', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const list = JSON.parse(told.toString()) as readonly { readonly filename: string }[];
  return list.map(({ filename }) => path.join(destination, filename));
}

/** Installs packages as the command does. */
export async function install(...packages: readonly PackageFiles[]): Promise<void> {
  await installPackages(packed(...packages.map(written)), { tell: () => undefined });
}

/** Puts packages where npm would, for tests of what comes after. */
export function put(...packages: readonly PackageFiles[]): void {
  const folder = path.join(process.env.RXLLM_USER_PATH ?? '', 'plugins');
  const dependencies = Object.fromEntries(packages.map(({ name }) => [name, '1.0.0']));
  for (const each of packages)
    fs.cpSync(written(each), path.join(folder, 'node_modules', each.name), { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
}

/** Tarballs of a second copy of rxllm, minified as the program itself is, and of RxJS and what that needs. */
export async function secondCopies(): Promise<string[]> {
  const exports = { '.': './index.js', './plugin': './plugin.js', './demo': './demo.js' };
  const manifest = { version: '0.1.9', keywords: [], exports, dependencies: { rxjs: '7' } };
  const folder = written({ name: 'rxllm', manifest, files: {} });
  await build({
    entryPoints: {
      index: path.join(root, 'src/index.ts'),
      plugin: path.join(root, 'src/plugin/index.ts'),
      demo: path.join(root, 'src/providers/demo.ts'),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    external: ['rxjs'],
    logLevel: 'silent',
  });
  return packed(folder, path.join(root, 'node_modules/rxjs'), path.join(root, 'node_modules/tslib'));
}

/** What is written to one of the streams of the process meanwhile. */
export async function textWrittenTo(stream: NodeJS.WriteStream, work: () => Promise<unknown>): Promise<string> {
  const chunks: string[] = [];
  const write = stream.write.bind(stream);
  stream.write = (chunk: string | Uint8Array) => chunks.push(String(chunk)) > 0;
  try {
    await work();
  } finally {
    stream.write = write;
  }
  return chunks.join('');
}
