// Bundles the program for a quick start: one small entry, and pieces that are loaded when a command needs them. Run by
// `npm run build`, after the types are checked and the library is built.
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const outdir = 'dist/cli';

const { metafile } = await build({
  entryPoints: ['src/cli/main.ts'],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  keepNames: false,
  metafile: true,
  // Seldom needed, and no quicker for being bundled.
  external: ['marked', 'string-width', 'sucrase', 'yaml'],
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [
    {
      // Node gets RxJS as CommonJS, of which nothing can be left out.
      name: 'rxjs-modules',
      setup: ({ onResolve }) =>
        onResolve({ filter: /^rxjs($|\/)/ }, ({ path: name }) => ({
          path: path.resolve(`node_modules/rxjs/dist/esm${name.slice('rxjs'.length)}/index.js`),
          sideEffects: false,
        })),
    },
  ],
  // Of packages that are CommonJS inside.
  banner: { js: "import{createRequire as rxllmRequire}from'node:module';const require=rxllmRequire(import.meta.url);" },
});

// What is bundled is passed on, so its licences go along.
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
);
const notices = [...packages].toSorted().map((name) => {
  const folder = path.join('node_modules', name);
  const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = fs.readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  return `${name} ${version} (${license})\n\n${file ? fs.readFileSync(path.join(folder, file), 'utf8').trim() : ''}`;
});
fs.writeFileSync(path.join(outdir, 'licenses.txt'), `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
fs.chmodSync(path.join(outdir, 'main.js'), 0o755);
