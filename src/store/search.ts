// Which turns say the words that are looked for, and how much.
import { LlmError } from '../values/error.ts';
import type { Message } from '../values/message.ts';
import { textOf } from './toRecord.ts';
import type { LoggedTurn } from './turnRecord.ts';

/**
 * The words of a query, in lower case; what stands in double quotes is one.
 *
 * @throws LlmError `invalid_input` where there is none.
 */
export function toTerms(words: string): readonly string[] {
  const terms = [...words.toLowerCase().matchAll(/"([^"]*)"?|[^\s"]+/g)].map(([word, quoted = word]) => quoted.trim());
  const given = terms.filter((term) => term !== '');
  if (given.length > 0) return given;
  throw new LlmError('invalid_input', 'there is no word to search for; give one or more, such as "hello world"');
}

/** How much the turn says all the words, in prompt and answer; 0 where it does not. A word of the prompt counts ten times. */
export function rank({ prompt, messages }: LoggedTurn, terms: readonly string[]): number {
  const asked = textsOf(prompt, 'user');
  const answered = textsOf(messages, 'assistant');
  let sum = 0;
  for (const term of terms) {
    const found = 10 * count(asked, term) + count(answered, term);
    if (found === 0) return 0;
    // A word that comes often says less each time.
    sum += Math.log1p(found);
  }
  return sum;
}

function textsOf(messages: readonly Message[], role: string): string {
  return messages.flatMap((message) => (message.role === role ? textOf(message).toLowerCase() : [])).join('\n');
}

function count(text: string, term: string): number {
  let found = 0;
  for (let at = text.indexOf(term); at !== -1; at = text.indexOf(term, at + term.length)) found += 1;
  return found;
}
