// Tells what the model thinks from what it says: events of two types in one stream.
import { demo } from 'rxllm/demo';
import { ofType } from 'rxllm/operators';

let speaking = '';

demo({ chunkMs: 5 })
  .prompt('What is rxllm?')
  .pipe(ofType('reasoning', 'text'))
  .subscribe({
    next({ type, chunk }) {
      if (type !== speaking) process.stdout.write(`${speaking && '\n'}[${type}] `);
      speaking = type;
      process.stdout.write(chunk);
    },
    complete: () => process.stdout.write('\n'),
  });

// [reasoning] I am a script, so I look for words that I know. Here is one: “rxllm”. I say what it is.
// [text] rxllm makes each answer of a language model an RxJS stream of typed events:
// text, reasoning, tool calls, usage. Filtering, tools, retries, sharing and
// tests in virtual time are operators on that stream, and a whole turn is
// plain JSON that Python's llm reads too.
//
// I am rxllm's built-in demo: a script, not an AI.
