import { LlmError } from 'rxllm';
import { getModel } from 'rxllm/models';
import { chatStream } from '../support/cli.ts';
import { startServer } from '../support/servers.ts';

describe('getModel', () => {
  test('gives the demo, which needs nothing', async () => {
    const model = await getModel('demo');
    expect(model.id).toBe('demo');
  });

  test("gives a provider's model, with key and address of the given environment", async () => {
    const server = await startServer({ pieces: chatStream({ content: 'Hello' }) });
    const env = { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'sk-env' };
    const model = await getModel('openai/org/some-model', { env });
    expect(model.id).toBe('org/some-model');
    await expect(model.prompt('Hi').text()).resolves.toBe('Hello');
    await (await getModel('openai/m', { env, key: 'sk-given' })).prompt('Hi').text();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-env', 'Bearer sk-given']);
    expect(server.requests[0]?.json.model).toBe('org/some-model');
    await server.close();
  });

  test('needs a key for OpenAI itself, and none for a server elsewhere', async () => {
    await expect(getModel('openai/m', { env: { OPENAI_API_KEY: '', OPENAI_BASE_URL: '' } })).rejects.toMatchObject({
      code: 'missing_key',
      message: expect.stringMatching(/OPENAI_API_KEY.*"demo" needs none/),
    });
    await expect(getModel('openai/m', { env: { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' } })).resolves.toMatchObject({
      id: 'm',
    });
  });

  test.each([
    ['nope', 'no model "nope"; known are demo, openai/NAME'],
    ['Demo', 'no model "Demo"; known are demo, openai/NAME; did you mean "demo"?'],
    ['opnai/gpt-4o', 'no model "opnai/gpt-4o"; known are demo, openai/NAME; did you mean "openai/gpt-4o"?'],
    ['gpt-4o', 'no model "gpt-4o"; known are demo, openai/NAME; did you mean "openai/gpt-4o"?'],
    ['openai/', 'no model "openai/"; known are demo, openai/NAME'],
    ['openai', 'no model "openai"; known are demo, openai/NAME'],
    ['demo/x', 'no model "demo/x"; known are demo, openai/NAME'],
    ['demo/', 'no model "demo/"; known are demo, openai/NAME; did you mean "demo"?'],
    ['', 'no model ""; known are demo, openai/NAME'],
  ])('says of %j what there is and what may be meant', async (name, message) => {
    const failure = getModel(name);
    await expect(failure).rejects.toThrow(LlmError);
    await expect(failure).rejects.toMatchObject({ code: 'unknown_model', message });
  });
});
