// Holds a conversation: each prompt is sent with everything said before.
import { demo } from 'rxllm/demo';

const conversation = demo({ chunkMs: 0 }).conversation();

console.log(await conversation.prompt('What is my name?').text());
console.log(await conversation.prompt('My name is Ada.').text());
console.log(await conversation.prompt('So what is my name?').text());
console.log(`${conversation.messages?.length} messages so far.`);

// You have not told me your name.
// Hello Ada! Now ask me what your name is.
// Your name is Ada: it is in the history that came with your message.
// 6 messages so far.
