// What the installed program begins with: it says its version, or runs the bundle. The bundle is compiled once for each
// version of Node; what came of that is kept in a folder of the user's own, because compiling is most of a quick start.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { cacheFolder } from './cacheFolder.ts';

// Put in by the build.
declare const programVersion: string;
/** A hash of the bundle: V8 itself compares no more than its length. */
declare const bundleHash: string;

interface Program {
  runProgram(args: readonly string[], version: string): Promise<void>;
}

const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--version') console.log(programVersion);
else void load().runProgram(args, programVersion);

function load(): Program {
  const file = path.join(__dirname, 'program.cjs');
  const cache = path.join(cacheFolder(process.env), `${bundleHash}-${process.version}-${process.arch}`);
  const cachedData = read(cache);
  const parameters = 'exports, require, module, __filename, __dirname, hostImport';
  const script = new vm.Script(`(function (${parameters}) {${fs.readFileSync(file, 'utf8')}\n})`, {
    filename: file,
    ...(cachedData && { cachedData }),
  });
  if (!cachedData || script.cachedDataRejected) process.once('exit', () => write(cache, script.createCachedData()));
  const module = { exports: {} };
  const run = script.runInThisContext() as (...values: readonly unknown[]) => void;
  run(module.exports, require, module, file, __dirname, (url: string) => import(url));
  return module.exports as Program;
}

function read(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    // The first time.
    return undefined;
  }
}

function write(file: string, data: Buffer): void {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${process.pid}.tmp`);
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Of other versions.
    for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name), { force: true });
    fs.writeFileSync(temporary, data, { mode: 0o600 });
    fs.renameSync(temporary, file);
  } catch {
    // Without it the next start takes as long as this one.
  }
}
