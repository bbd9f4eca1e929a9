// The key of OpenAI: the one given, else the stored one, else that of the environment.
import { readUserFolder, userFolder } from '../../models/userFolder.ts';
import { LlmError } from '../../values/error.ts';

/** @param given A key, or the name of a stored one. */
export async function openaiKey(given: string | undefined): Promise<string> {
  const { keys = {}, keysPath } = await readUserFolder(userFolder(process.env));
  const stored = (name: string) => (Object.hasOwn(keys, name) ? keys[name] : undefined);
  const key = given ? (stored(given) ?? given) : (stored('openai') ?? process.env.OPENAI_API_KEY);
  if (key) return key;
  const ways = `set OPENAI_API_KEY, store one as "openai" in ${keysPath}, or give one with --key`;
  throw new LlmError('missing_key', `the models of OpenAI are listed with an API key: ${ways}`);
}
