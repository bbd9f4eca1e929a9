// A conversation: the history is read at subscription, and a response joins once.
import { concat, from, of, throwError } from 'rxjs';
import { LlmError, user } from 'rxllm';
import { countingModel } from '../support/models.ts';

describe('conversation', () => {
  test('reads its history when a prompt is subscribed, not when it is made', async () => {
    const model = countingModel((_, index) => of(`answer ${index}`));
    const conversation = model.conversation();
    const first = conversation.prompt('one', { system: 'Be brief' });
    const second = conversation.prompt('two');
    await first.text();
    await second.text();
    expect(model.requests[1]!.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(conversation.responses).toEqual([first, second]);
  });

  test('takes a response in once, however often it runs', async () => {
    const model = countingModel(() => of('x'));
    const conversation = model.conversation();
    const response = conversation.prompt('one');
    response.subscribe();
    response.subscribe();
    await response.share().text();
    expect(conversation.responses).toEqual([response]);
  });

  test('leaves out what failed', async () => {
    const model = countingModel((_, index) =>
      index === 0 ? throwError(() => new LlmError('overloaded', 'busy')) : of('x'),
    );
    const conversation = model.conversation();
    const response = conversation.prompt('one');
    await expect(response.text()).rejects.toThrow('busy');
    expect(conversation.responses).toEqual([]);
    expect(conversation.messages).toBeUndefined();
    await response.text();
    expect(conversation.responses).toEqual([response]);
  });

  test('goes on without a response whose events do not fit together', async () => {
    const stray = { type: 'reasoning' as const, chunk: 'b', part_index: 0 };
    const model = countingModel((_, index) => (index === 0 ? from(['a', stray]) : of('x')));
    const conversation = model.conversation();
    await conversation.prompt('one').text();
    expect(conversation.responses).toEqual([]);
    expect(await conversation.prompt('two').text()).toBe('x');
  });

  test('goes on from messages said elsewhere', async () => {
    const model = countingModel(() => of('x'));
    await model
      .conversation({ messages: [user('before')] })
      .prompt('now')
      .text();
    expect(model.requests[0]!.messages).toEqual([user('before'), user('now')]);
  });

  test('gives its tools to every prompt that brings none', async () => {
    const model = countingModel(() => of('x'));
    const conversation = model.conversation({ tools: [{ name: 'a' }] });
    await conversation.prompt('one').text();
    await conversation.prompt('two', { tools: [{ name: 'b' }] }).text();
    expect(model.requests.map(({ tools }) => tools.map(({ name }) => name))).toEqual([['a'], ['b']]);
  });

  test('hands the system prompt of a later turn to the model apart from the messages', async () => {
    const model = countingModel(() => concat(of('x')));
    const conversation = model.conversation();
    await conversation.prompt('one').text();
    await conversation.prompt('two', { system: 'In French' }).text();
    expect(model.requests[1]).toMatchObject({ system: 'In French' });
    expect(model.requests[1]!.messages.some(({ role }) => role === 'system')).toBe(false);
  });
});
