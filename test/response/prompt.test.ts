// What `prompt()` takes, and what it refuses before anything is sent.
import { of } from 'rxjs';
import { attachment, defineModel, user, type Capabilities, type ModelRequest, type PromptOptions } from 'rxllm';
import { z } from 'zod';
import { countingModel } from '../support/models.ts';

const can = (capabilities: Capabilities) => defineModel({ id: 'm', capabilities, stream: () => of('x') });

async function sent(
  input: Parameters<ReturnType<typeof countingModel>['prompt']>[0],
  options?: PromptOptions,
): Promise<ModelRequest> {
  const model = countingModel(() => of('x'));
  await model.prompt(input, options).text();
  return model.requests[0]!;
}

describe('prompt', () => {
  test('upgrades a string, takes a message and a list of messages', async () => {
    expect((await sent('Hi')).messages).toEqual([user('Hi')]);
    expect((await sent(user('Hi'))).messages).toEqual([user('Hi')]);
    expect((await sent([user('a'), user('b')])).messages).toEqual([user('a'), user('b')]);
  });

  test('copies the history, so that later changes to the list do not reach the model', async () => {
    const list = [user('a')];
    const model = countingModel(() => of('x'));
    const response = model.prompt(list);
    list.push(user('b'));
    await response.text();
    expect(model.requests[0]!.messages).toEqual([user('a')]);
  });

  test('hands a system prompt that is given beside a history to the model, apart from the messages', async () => {
    expect(await sent([user('a')], { system: 'Be brief' })).toMatchObject({
      system: 'Be brief',
      messages: [user('a')],
    });
  });

  test('validates options by the schema of the model and sends what that gives', async () => {
    const model = defineModel({
      id: 'm',
      options: z.strictObject({ temperature: z.number().max(2).default(1) }),
      stream: ({ options }) => of(JSON.stringify(options)),
    });
    expect(await model.prompt('Hi', { options: { temperature: 0.5 } }).text()).toBe('{"temperature":0.5}');
    expect(await model.prompt('Hi', { options: {} }).text()).toBe('{"temperature":1}');
    expect(() => model.prompt('Hi', { options: { temperature: 3 } })).toThrow(
      /options of model "m": temperature: Too big/,
    );
    // @ts-expect-error: the options are typed by the schema.
    expect(() => model.prompt('Hi', { options: { tempratur: 1 } })).toThrow(/tempratur/);
  });

  test('refuses a schema of options that validates asynchronously, and leaves no rejection unhandled', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    const validate = () => Promise.reject(new Error('no'));
    const model = defineModel({
      id: 'm',
      options: { '~standard': { version: 1, vendor: 'v', validate } },
      stream: () => of('x'),
    });
    expect(() => model.prompt('Hi')).toThrow(/options of model "m" validates asynchronously/);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a number', () => can({}).prompt(3 as never), /a prompt is a string, a message or a list of messages, not 3/],
    ['two histories', () => can({}).prompt([user('a')], { messages: [] }), /given twice/],
    ['tools', () => can({ tools: false }).prompt('a', { tools: [{ name: 't' }] }), /model "m" does not take tools/],
    ['a schema', () => can({ schema: false }).prompt('a', { schema: {} }), /does not take a schema/],
    [
      'attachments',
      () => can({ attachments: false }).prompt('a', { attachments: [attachment({ url: 'u' })] }),
      /does not take attachments/,
    ],
    [
      'a type',
      () =>
        can({ attachments: ['image/*'] }).prompt('a', { attachments: [attachment({ type: 'audio/wav', url: 'u' })] }),
      /attachments of type "audio\/wav", only image\/\*/,
    ],
    [
      'an attachment that is none',
      () => can({}).prompt('a', { attachments: ['cat.png'] as never }),
      /attachments\[0\] is "cat.png", not an attachment; give \{ url \}, \{ path \} or \{ content \}/,
    ],
    ['one attachment', () => can({}).prompt('a', { attachments: {} as never }), /attachments is \{\}, not a list/],
    ['one tool', () => can({}).prompt('a', { tools: { name: 't' } as never }), /tools is \{"name":"t"\}, not a list/],
    ['a tool without a name', () => can({}).prompt('a', { tools: [{ name: '' }] }), /a tool has no name/],
  ])('refuses %s at the call', (_what, call, message) => {
    expect(call).toThrow(message);
  });
});
