// Prints an answer while it comes.
import { demo } from 'rxllm/demo';
import { text } from 'rxllm/operators';

demo()
  .prompt('Hello')
  .pipe(text())
  .subscribe({
    next: (chunk) => process.stdout.write(chunk),
    complete: () => process.stdout.write('\n'),
  });

// Hello! Ask me what a cold Observable is, what rxllm is, or what I can do.
//
// I am rxllm's built-in demo: a script, not an AI.
