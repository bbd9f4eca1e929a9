// What to do about the two failures that everybody meets first: Ollama does not run, and the model is not there.
import type { LlmError } from '../../values/error.ts';

/** The same error, with the way out in its message where there is one. */
export function withHint(error: LlmError, url: string, model: string): LlmError {
  const hint = hintFor(error, url, model);
  return hint === undefined ? error : error.with({ message: `${error.message}; ${hint}` });
}

function hintFor({ code, message }: LlmError, url: string, model: string): string | undefined {
  const { hostname } = new URL(url);
  const isHere = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname);
  if (code === 'connection' && isHere) return 'if Ollama is not running, start it with `ollama serve`';
  // `model 'NAME' not found`; older servers add "try pulling it first".
  const isMissing = code === 'not_found' && /\bmodel\b.*\bnot found\b/.test(message);
  return isMissing && hostname !== 'ollama.com' ? `get it with \`ollama pull ${model}\`` : undefined;
}
