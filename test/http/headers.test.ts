// Keys and headers that cannot be sent are refused in words that do not show them.
import { inspect } from 'node:util';
import { openaiChat } from 'rxllm/openai';
import { outcomeOf } from '../support/outcome.ts';

describe('a value that no header can hold', () => {
  function thrownBy(given: Partial<Parameters<typeof openaiChat>[0]>): unknown {
    try {
      return openaiChat({ model: 'm', ...given });
    } catch (error) {
      return error;
    }
  }

  test.each([
    [
      { apiKey: 'sk-secret\nsk-other' },
      'apiKey contains a character that no HTTP header can hold (a line break at position 9)',
    ],
    [{ apiKey: 'sk-…cret' }, 'apiKey contains a character that no HTTP header can hold (U+2026 at position 3)'],
    [
      { headers: { 'X-Title': 'secret\0' } },
      'headers["X-Title"] contains a character that no HTTP header can hold (U+0000 at position 6)',
    ],
    [{ headers: { 'X Title': 'secret' } }, 'headers["X Title"]: that is no name for an HTTP header'],
    [{ headers: { '': 'secret' } }, 'headers[""]: that is no name for an HTTP header'],
  ])('is refused at the call: %j', (given, message) => {
    const error = thrownBy(given);
    expect(error).toMatchObject({ code: 'invalid_input', message });
    expect(inspect(error)).not.toMatch(/secret|cret/);
  });

  test('is refused at the request when it is the key of the call or of the environment', async () => {
    const { error } = await outcomeOf(openaiChat({ model: 'm' }), { key: 'sk-ключ' });
    expect(error).toMatchObject({
      code: 'invalid_input',
      message: 'key contains a character that no HTTP header can hold (U+043A at position 3)',
    });
    const before = process.env.OPENAI_API_KEY;
    process.env.OPENAI_API_KEY = 'sk\tsecret\r\nx';
    const { error: other } = await outcomeOf(openaiChat({ model: 'm' }));
    if (before === undefined) delete process.env.OPENAI_API_KEY;
    else process.env.OPENAI_API_KEY = before;
    expect(other?.message).toMatch(/^OPENAI_API_KEY contains .* \(a line break at position 9\)$/);
  });

  test('is none when a line break ends it, as in a file', () => {
    expect(thrownBy({ apiKey: 'sk-secret\r\n', headers: { 'X-Title': 'Ä\t\n' } })).toHaveProperty('id', 'm');
  });
});
