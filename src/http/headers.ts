// Request headers from what a user gives. `Headers` refuses the same values, but in words that show them, and they may
// be keys.
import { LlmError } from '../values/error.ts';
import { describe } from '../values/describe.ts';

/**
 * The value, if a header can hold it (RFC 9110 section 5.5); line breaks at its end are left out when it is sent.
 *
 * @param option What the user knows it as.
 * @throws LlmError `invalid_input`, without the value.
 */
export function headerValue<V extends string | undefined>(option: string, value: V): V {
  const bad = /[^\t\r\n\x20-\x7e\x80-\xff]|[\r\n](?!\s*$)/u.exec(value ?? '');
  if (bad === null) return value;
  const code = bad[0].codePointAt(0) ?? 0;
  const what = code === 10 || code === 13 ? 'a line break' : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  throw new LlmError(
    'invalid_input',
    `${option} contains a character that no HTTP header can hold (${what} at position ${bad.index})`,
  );
}

/** @throws LlmError `invalid_input` for a name or a value that no header can have. */
export function toHeaders(given: Readonly<Record<string, string>> = {}): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    const option = `headers[${describe(name)}]`;
    headerValue(option, value);
    try {
      headers.set(name, value);
    } catch (cause) {
      throw new LlmError('invalid_input', `${option}: that is no name for an HTTP header`, { cause });
    }
  }
  return headers;
}
