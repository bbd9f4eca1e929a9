// Asks another model where one fails, or is slow to begin.
import { NEVER, throwError } from 'rxjs';
import { defineModel, LlmError, withFallback, withHedge } from 'rxllm';
import { demo } from 'rxllm/demo';

const overloaded = new LlmError('overloaded', 'too many requests');
const broken = defineModel({ id: 'broken', stream: () => throwError(() => overloaded) });
const silent = defineModel({ id: 'silent', stream: () => NEVER });

const steady = withFallback([broken, demo({ chunkMs: 0 })]);
const quick = withHedge([silent, demo({ chunkMs: 0 })], { afterMs: 50 });

for (const model of [steady, quick]) {
  const { text, resolved_model } = await model.prompt('My name is Ada.').result();
  console.log(`Not ${model.id}, but ${resolved_model} said: ${text}`);
}

// Not broken, but demo said: Hello Ada! Now ask me what your name is.
// Not silent, but demo said: Hello Ada! Now ask me what your name is.
