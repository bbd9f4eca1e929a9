#!/usr/bin/env node
// The program `rxllm`: what it takes to say its version, and nothing more; the rest is loaded when it is needed.
import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('rxllm/package.json') as { readonly version: string };
const [first, ...others] = process.argv.slice(2);

if (first === '--version' && others.length === 0) console.log(version);
else {
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv.slice(2), version);
}
