// Imports one module and prints how long that took.
import { performance } from 'node:perf_hooks';

const start = performance.now();
await import(process.argv[2]);
console.log(JSON.stringify({ ms: performance.now() - start }));
