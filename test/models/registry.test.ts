// Models by name: which one, with which key.
import { of } from 'rxjs';
import { defineModel, LlmError } from 'rxllm';
import { createRegistry, type Provider } from 'rxllm/models';

/** A provider whose models answer with their name and the key they got. */
function provider(id: string, more: Partial<Provider> = {}): Provider {
  return {
    id,
    load: (name, { apiKey = 'none' }) =>
      Promise.resolve(defineModel({ id: name || id, stream: () => of(`${id} ${name} ${apiKey}`) })),
    ...more,
  };
}

const acme = provider('acme', { keyVariables: ['ACME_KEY', 'ACME_OLD_KEY'], names: /^acme-/ });

async function says(settings: Parameters<typeof createRegistry>[0], name?: string, key?: string): Promise<string> {
  const model = await createRegistry({ providers: [acme], ...settings }).getModel(name, { key });
  return model.prompt('Hi').text();
}

describe('a key', () => {
  const env = { ACME_OLD_KEY: 'from-env' };
  const keys = { acme: 'stored', work: 'stored-for-work' };

  test.each<[string, Parameters<typeof createRegistry>[0], string | undefined, string]>([
    ['that is given comes first', { env, keys }, 'given', 'given'],
    ['may be given by the name of a stored one', { env, keys }, 'work', 'stored-for-work'],
    ['that is stored comes before the environment', { env, keys }, undefined, 'stored'],
    ['comes from the environment last', { env }, undefined, 'from-env'],
    ['comes from the first variable that is set', { env: { ...env, ACME_KEY: 'new' } }, undefined, 'new'],
    ['that is empty counts as none', { env: { ...env, ACME_KEY: '' }, keys: { acme: '' } }, '', 'from-env'],
    ['named like a field of every object is a key', { keys }, 'constructor', 'constructor'],
  ])('%s', async (_, settings, given, expected) => {
    expect(await says(settings, 'acme/large', given)).toBe(`acme large ${expected}`);
  });

  test('that is missing is an error that tells every way to give one, and where it may be stored', async () => {
    const registry = createRegistry({ providers: [acme], keysPath: '/home/me/keys.json' });
    await expect(registry.getModel('acme/large')).rejects.toThrow(LlmError);
    await expect(registry.getModel('acme/large')).rejects.toMatchObject({
      code: 'missing_key',
      message:
        'model "acme/large" needs an API key: set ACME_KEY, store one as "acme" in /home/me/keys.json, or give one (--key on the command line); model "demo" needs none',
    });
  });

  test('is not asked for where the provider says that there is no need', async () => {
    const free = provider('free', { keyVariables: ['FREE_KEY'], needsKey: ({ FREE_HOST }) => !FREE_HOST });
    expect(await says({ providers: [free], env: { FREE_HOST: 'x' } }, 'free/m')).toBe('free m none');
    await expect(says({ providers: [free] }, 'free/m')).rejects.toMatchObject({ code: 'missing_key' });
    expect(await says({ providers: [provider('keyless')] }, 'keyless/m')).toBe('keyless m none');
  });
});

describe('a name', () => {
  test('may be an alias', async () => {
    expect(await says({ aliases: { fast: 'acme/small' }, keys: { acme: 'k' } }, 'fast')).toBe('acme small k');
  });

  test('that is not given means the default model, and without one the demo', async () => {
    const settings = { keys: { acme: 'k' }, aliases: { fast: 'acme/small' } };
    expect(await says({ ...settings, defaultModel: 'acme/large' })).toBe('acme large k');
    expect(await says({ ...settings, defaultModel: 'fast' })).toBe('acme small k');
    expect(createRegistry(settings).defaultModel).toBeUndefined();
    expect((await createRegistry(settings).getModel()).id).toBe('demo');
  });

  test('may have slashes of its own', async () => {
    expect(await says({ keys: { acme: 'k' } }, 'acme/org/model:free')).toBe('acme org/model:free k');
  });

  test('of a provider with one model is its id', async () => {
    expect(await says({ providers: [provider('solo', { single: true })] }, 'solo')).toBe('solo  none');
    await expect(says({ providers: [provider('solo', { single: true })] }, 'solo/x')).rejects.toThrow(LlmError);
  });

  const known =
    'are demo, openai/NAME, anthropic/NAME, gemini/NAME, ollama/NAME, deepseek/NAME, groq/NAME, huggingface/NAME, mistral/NAME, openrouter/NAME, perplexity/NAME, together/NAME, xai/NAME, zai/NAME, acme/NAME, fast';

  test.each([
    ['nope', ''],
    ['Demo', 'did you mean "demo"?'],
    ['opnai/gpt-4o', 'did you mean "openai/gpt-4o"?'],
    ['gpt-4o', 'did you mean "openai/gpt-4o"?'],
    ['claude-sonnet-4-6', 'did you mean "anthropic/claude-sonnet-4-6"?'],
    ['gemini-2.5-flash', 'did you mean "gemini/gemini-2.5-flash"?'],
    ['llama3.2', 'did you mean "ollama/llama3.2"?'],
    ['acme-9', 'did you mean "acme/acme-9"?'],
    ['fats', 'did you mean "fast"?'],
    ['openai/', ''],
    ['openai', ''],
    ['demo/x', ''],
    ['demo/', 'did you mean "demo"?'],
    ['', ''],
    ['constructor', ''],
  ])('%j that is unknown is told what there is and what may be meant', async (name, hint) => {
    const failure = createRegistry({ providers: [acme], aliases: { fast: 'acme/small' } }).getModel(name);
    await expect(failure).rejects.toMatchObject({
      code: 'unknown_model',
      message: `no model "${name}"; ${hint === '' ? 'known' : `${hint} Known`} ${known}`,
    });
  });

  test('that is an alias of an unknown one says so', async () => {
    await expect(says({ aliases: { a: 'nope/x' } }, 'a')).rejects.toThrow(
      /^no model "a" \(alias of "nope\/x"\); known/,
    );
  });
});

test('a provider takes the place of a built-in one with its id', async () => {
  const registry = createRegistry({ providers: [provider('openai')] });
  expect(await (await registry.getModel('openai/m')).prompt('Hi').text()).toBe('openai m none');
  expect(registry.providers.filter(({ id }) => id === 'openai')).toHaveLength(1);
});

describe('without asking a model', () => {
  const settings = { providers: [acme], aliases: { fast: 'acme/small' } };

  test('a name is resolved, whether or not there is a key', () => {
    const registry = createRegistry({ ...settings, defaultModel: 'fast' });
    expect([registry.resolve('acme/large'), registry.resolve('fast'), registry.resolve()]).toEqual([
      'acme/large',
      'acme/small',
      'acme/small',
    ]);
    expect(createRegistry().resolve()).toBe('demo');
    expect(() => registry.resolve('nope')).toThrow(expect.objectContaining({ code: 'unknown_model' }));
  });

  test('where a key comes from is told, and not the key', () => {
    const env = { ACME_KEY: '', ACME_OLD_KEY: 'k' };
    expect(createRegistry({ ...settings, env }).keySource('acme')).toEqual({ variable: 'ACME_OLD_KEY' });
    expect(createRegistry({ ...settings, env, keys: { acme: 'k' } }).keySource('acme')).toBe('stored');
    expect(createRegistry({ ...settings, keys: { acme: '' } }).keySource('acme')).toBeUndefined();
    expect(createRegistry(settings).keySource('constructor')).toBeUndefined();
  });

  test('whether a provider needs a key is known', () => {
    const registry = createRegistry({ ...settings, env: { OPENAI_BASE_URL: 'http://localhost' } });
    expect(['acme', 'openai', 'demo', 'nobody'].map((id) => registry.needsKey(id))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test('a model can be had for what it says of itself', async () => {
    const model = await createRegistry(settings).getModel('acme/large', { factsOnly: true });
    expect(model.id).toBe('large');
  });

  test('the options that are set for a model are also those of its aliases', () => {
    const registry = createRegistry({
      ...settings,
      defaultModel: 'acme/small',
      modelOptions: { 'acme/small': { temperature: 0.5 } },
    });
    expect(registry.defaultOptions('acme/small')).toEqual({ temperature: 0.5 });
    expect(registry.defaultOptions('fast')).toEqual({ temperature: 0.5 });
    expect(registry.defaultOptions()).toEqual({ temperature: 0.5 });
    expect(registry.defaultOptions('acme/large')).toEqual({});
    expect(registry.defaultOptions('constructor')).toEqual({});
  });
});
