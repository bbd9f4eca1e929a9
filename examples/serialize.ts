// Writes a response down as JSON, reads it again, and goes on from there: in another process, or on another day.
import { demo } from 'rxllm/demo';
import { fromJSON } from 'rxllm/serialization';

const model = demo({ chunkMs: 0 });

const response = model.prompt('My name is Ada.');
console.log(await response.text());
const json = JSON.stringify(response);

const restored = fromJSON(json, { model });
console.log(await restored.reply('What is my name?').text());

// Hello Ada! Now ask me what your name is.
// Your name is Ada: it is in the history that came with your message.
