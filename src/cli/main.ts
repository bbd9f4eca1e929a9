// The program from its sources, for `npm start` and who works on it; what is installed begins with launch.ts.
import { createRequire } from 'node:module';
import { runProgram } from './program.ts';

const { version } = createRequire(import.meta.url)('rxllm/package.json') as { readonly version: string };
await runProgram(process.argv.slice(2), version);
