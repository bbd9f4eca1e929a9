// Bundles the program, for a quick start: `main.cjs`, which is small, and `program.cjs`, all the rest. Run by
// `npm run build` after the library is built, with the folder to write to.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const outdir = process.argv[2] ?? 'dist/cli';
const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8'));

const common = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
};

const { metafile } = await build({
  ...common,
  entryPoints: ['src/cli/program.ts'],
  outfile: path.join(outdir, 'program.cjs'),
  // Seldom needed, and dependencies anyway.
  external: ['sucrase', 'yaml'],
  // Code that is compiled beforehand cannot import; src/cli/importFile.ts does where it must.
  supported: { 'dynamic-import': false },
  banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'fileUrl' },
  plugins: [
    {
      // Node gets RxJS as CommonJS, of which nothing can be left out.
      name: 'rxjs-modules',
      setup: (bundler) =>
        bundler.onResolve({ filter: /^rxjs($|\/)/ }, ({ path: name }) => ({
          path: path.resolve(`node_modules/rxjs/dist/esm${name.slice('rxjs'.length)}/index.js`),
          sideEffects: false,
        })),
    },
  ],
});

const bundle = fs.readFileSync(path.join(outdir, 'program.cjs'));
await build({
  ...common,
  entryPoints: ['src/cli/launch.ts'],
  outfile: path.join(outdir, 'main.cjs'),
  banner: { js: '#!/usr/bin/env node' },
  define: {
    programVersion: JSON.stringify(version),
    bundleHash: JSON.stringify(createHash('sha256').update(bundle).digest('hex').slice(0, 16)),
  },
});
fs.chmodSync(path.join(outdir, 'main.cjs'), 0o755);

// What is bundled is passed on, so its licences go along.
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
);
const notices = [...packages].toSorted().map((name) => {
  const folder = path.join('node_modules', name);
  const { version: bundled, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = fs.readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  return `${name} ${bundled} (${license})\n\n${file ? fs.readFileSync(path.join(folder, file), 'utf8').trim() : ''}`;
});
fs.writeFileSync(path.join(outdir, 'licenses.txt'), `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
