// Gives the model a tool; `reply()` runs what the model calls and sends back the results.
import type { Tool } from 'rxllm';
import { demo } from 'rxllm/demo';

const multiply: Tool = {
  name: 'multiply',
  description: 'Multiplies two numbers',
  input_schema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
  },
  run: ({ a, b }) => Number(a) * Number(b),
};

const response = demo({ chunkMs: 0 }).prompt('Multiply 17 and 23.', { tools: [multiply] });

for (const call of await response.toolCalls()) console.log(call.name, call.arguments);
console.log(await response.reply().text());

// multiply { a: 17, b: 23 }
// multiply says: 391
