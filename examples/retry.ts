// Asks again when an answer breaks off, and takes back what had come of it.
import { concat, defer, of, throwError } from 'rxjs';
import { defineModel, LlmError, withRetry } from 'rxllm';

// It is overloaded at first, breaks off the second time, and is well then.
const answers = [
  throwError(() => new LlmError('overloaded', 'too many requests')),
  concat(
    of('Six times sev'),
    throwError(() => new LlmError('truncated', 'the connection broke')),
  ),
  of('Six times seven ', 'is forty-two.'),
];
const unreliable = defineModel({ id: 'unreliable', stream: () => defer(() => answers.shift() ?? of('Hm?')) });

const model = withRetry(unreliable, {
  initialDelayMs: 20,
  afterContent: 'restart',
  onRetry: ({ attempt, error }) => console.log(`retry ${attempt}, because ${error.message}`),
});

const response = model.prompt('What is six times seven?').share();
response.text$.subscribe((text) => console.log(JSON.stringify(text)));
console.log(await response.text());

// ""
// retry 1, because too many requests
// "Six times sev"
// retry 2, because the connection broke
// ""
// "Six times seven "
// "Six times seven is forty-two."
// Six times seven is forty-two.
