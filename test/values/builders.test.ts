// Builders, attachments and the error class.
import { assistant, attachment, LlmError, system, toolMessage, user } from 'rxllm';

describe('builders', () => {
  test('make plain values: equal content is equal', () => {
    expect(user('Hi')).toEqual({ role: 'user', parts: [{ type: 'text', text: 'Hi' }] });
    expect([assistant('a').role, system('a').role, toolMessage('a').role]).toEqual(['assistant', 'system', 'tool']);
  });

  test('take nested lists', () => {
    expect(user('a', ['b', [attachment({ url: 'u' })]]).parts).toHaveLength(3);
  });

  test.each([[null], [3], [{}], [{ type: 'song' }], [user('x')]])('refuse %j and say what they take', (bad) => {
    expect(() => user(bad as string)).toThrow(/made of strings, parts and lists of these, not /);
    expect(() => user(bad as string)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('attachment', () => {
  test('makes base64 of bytes, also of many', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
    const part = attachment({ type: 'image/png', content: bytes });
    expect(part.attachment!.content).toBe(Buffer.from(bytes).toString('base64'));
  });

  test('leaves out what is empty', () => {
    expect(attachment({ type: '', url: 'u', content: '' })).toEqual({ type: 'attachment', attachment: { url: 'u' } });
  });
});

describe('LlmError', () => {
  test('knows which codes are worth another try, unless told', () => {
    expect(new LlmError('overloaded', 'busy').retryable).toBe(true);
    expect(new LlmError('auth', 'no').retryable).toBe(false);
    expect(new LlmError('provider_error', 'busy', { retryable: true }).retryable).toBe(true);
  });

  test('takes on what had arrived and stays otherwise the same', () => {
    const cause = new Error('why');
    const error = new LlmError('rate_limited', 'slow', { status: 429, retryAfterMs: 5, cause });
    const partial = { model: 'm', prompt: { messages: [] }, messages: [] };
    const copy = error.with({ partial });
    expect(copy).toMatchObject({
      code: 'rate_limited',
      message: 'slow',
      status: 429,
      retryAfterMs: 5,
      retryable: true,
      partial,
    });
    expect(copy.cause).toBe(cause);
    expect(copy.stack).toBe(error.stack);
  });
});
