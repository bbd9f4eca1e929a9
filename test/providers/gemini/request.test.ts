// The body of a request beside its contents: options, tools, schema, thinking.
import type { PromptOptions } from 'rxllm';
import type { GeminiModelOptions, GeminiOptions } from 'rxllm/gemini';
import { gemini } from 'rxllm/gemini';
import { sent, useServer } from './sent.ts';

useServer();

type Options = PromptOptions<GeminiModelOptions>;

async function bodyOf(options: Options, settings: Partial<GeminiOptions> = {}) {
  const { contents: _, ...body } = (await sent(options, settings)).json;
  return body;
}

const thinkingOf = async (model: string, options: GeminiModelOptions = {}, more: Options = {}) => {
  const { generationConfig } = await bodyOf({ options, ...more }, { model });
  return (generationConfig as { thinkingConfig?: object } | undefined)?.thinkingConfig;
};

describe('options', () => {
  test('are where the protocol has them', async () => {
    const config: GeminiModelOptions = {
      temperature: 0,
      topP: 0.5,
      topK: 3,
      maxOutputTokens: 10,
      stopSequences: ['x'],
      seed: 1,
      candidateCount: 1,
      responseModalities: ['TEXT', 'IMAGE'],
      imageConfig: { aspectRatio: '1:1' },
      mediaResolution: 'MEDIA_RESOLUTION_LOW',
    };
    const beside: GeminiModelOptions = {
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      cachedContent: 'cachedContents/a',
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
      serviceTier: 'flex',
      labels: { team: 'a' },
    };
    expect(await bodyOf({ options: { ...config, ...beside } })).toEqual({ ...beside, generationConfig: config });
  });

  test('that are not given are not sent', async () => {
    expect(await bodyOf({})).toEqual({});
  });

  test('go under what extraBody says', async () => {
    const extraBody = { generationConfig: { topK: 1 }, safetySettings: undefined, x: 1 };
    expect(await bodyOf({ options: { temperature: 0, safetySettings: [] } }, { extraBody })).toEqual({
      generationConfig: { topK: 1 },
      x: 1,
    });
  });

  test.each([
    [{ temperature: 3 }, 'temperature'],
    [{ candidateCount: 2 }, 'candidateCount'],
    [{ max_output_tokens: 1 }, 'maxOutputTokens'],
    [{ top_k: 1 }, 'topK'],
    [{ reasoning_effort: 'huge' }, 'reasoning_effort'],
    [{ reasoning_budget: 1.5 }, 'reasoning_budget'],
    [{ tools: {} }, 'tools'],
  ])('that cannot be right, %j, throw at the call and name %s', (options, name) => {
    const model = gemini({ model: 'm' });
    expect(() => model.prompt('Hi', { options: options as GeminiModelOptions })).toThrow(name);
  });
});

describe('tools', () => {
  const schema = { type: 'object', properties: { x: { type: ['string', 'null'] } }, additionalProperties: false };

  test('are declared with their JSON Schema, before those of Google', async () => {
    const { tools } = await bodyOf({
      tools: [{ name: 'f', description: 'does', input_schema: schema }, { name: 'g' }],
      options: { tools: [{ googleSearch: {} }, { codeExecution: {} }] },
    });
    expect(tools).toEqual([
      { functionDeclarations: [{ name: 'f', description: 'does', parametersJsonSchema: schema }, { name: 'g' }] },
      { googleSearch: {} },
      { codeExecution: {} },
    ]);
  });

  test('may be Google’s alone', async () => {
    expect(await bodyOf({ options: { tools: [{ urlContext: {} }] } })).toEqual({ tools: [{ urlContext: {} }] });
  });
});

test('a schema is that of the answer, and does not take the other options away', async () => {
  const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
  expect(await bodyOf({ schema, options: { temperature: 1 } })).toEqual({
    generationConfig: { temperature: 1, responseMimeType: 'application/json', responseJsonSchema: schema },
  });
});

describe('thinking', () => {
  test.each([
    'gemini-2.5-pro',
    'gemini-2.5-flash-preview-09-2025',
    'gemini-3-pro-preview',
    'gemini-3.1-flash-lite',
    'gemini-10-flash',
    'gemini-flash-latest',
    'models/gemini-2.5-flash',
  ])('is asked to be shown of %s', async (model) => {
    expect(await thinkingOf(model)).toEqual({ includeThoughts: true });
    expect(await thinkingOf(model, {}, { hideReasoning: true })).toBeUndefined();
  });

  test.each([
    'gemini-2.0-flash',
    'gemini-2.5-flash-lite',
    'gemini-2.5-flash-image',
    'gemini-3-pro-image-preview',
    'gemini-2.5-flash-preview-tts',
    'gemini-flash-lite-latest',
    'gemma-3-27b-it',
    'tunedModels/mine',
  ])('is not asked of %s, which may refuse that', async (model) => {
    expect(await thinkingOf(model)).toBeUndefined();
  });

  test.each([
    ['none', 0],
    ['minimal', 1024],
    ['low', 1024],
    ['medium', 8192],
    ['high', 24_576],
    ['max', 24_576],
  ] as const)('with effort %s is a budget of %d for Gemini 2.5', async (reasoning_effort, thinkingBudget) => {
    const shown = thinkingBudget > 0 && { includeThoughts: true };
    expect(await thinkingOf('gemini-2.5-flash', { reasoning_effort })).toEqual({ thinkingBudget, ...shown });
  });

  test('cannot be turned off in Gemini 2.5 Pro', async () => {
    expect(await thinkingOf('gemini-2.5-pro', { reasoning_effort: 'none' })).toEqual({
      thinkingBudget: 128,
      includeThoughts: true,
    });
  });

  test.each([
    ['gemini-3.1-pro-preview', 'none', 'low'],
    ['gemini-3.1-pro-preview', 'minimal', 'low'],
    ['gemini-3-flash-preview', 'minimal', 'minimal'],
    ['gemini-3.5-flash-lite', 'none', 'minimal'],
    ['gemini-3.8-flash', 'none', 'low'],
    ['gemini-3.8-flash', 'medium', 'medium'],
    ['gemini-3-pro-preview', 'high', 'high'],
    ['gemini-flash-latest', 'xhigh', 'high'],
    ['gemma-4-31b-it', 'none', 'minimal'],
    ['gemma-4-31b-it', 'low', 'minimal'],
    ['gemma-4-26b-a4b-it', 'medium', 'high'],
    ['gemma-4-31b-it', 'max', 'high'],
  ] as const)('of %s with effort %s is the level %s', async (model, reasoning_effort, thinkingLevel) => {
    expect(await thinkingOf(model, { reasoning_effort })).toEqual({ thinkingLevel, includeThoughts: true });
  });

  test('with a budget has that budget, whatever the effort', async () => {
    const options: GeminiModelOptions = { reasoning_budget: 512, reasoning_effort: 'high' };
    for (const model of ['gemini-2.5-flash-lite', 'gemini-3-flash-preview']) {
      expect(await thinkingOf(model, options)).toEqual({ thinkingBudget: 512, includeThoughts: true });
      expect(await thinkingOf(model, options, { hideReasoning: true })).toEqual({ thinkingBudget: 512 });
      expect(await thinkingOf(model, { reasoning_budget: 0 })).toEqual({ thinkingBudget: 0 });
    }
  });

  test('is as thinkingConfig says, over all else', async () => {
    const thinkingConfig = { includeThoughts: false, thinkingLevel: 'low' };
    expect(await thinkingOf('gemini-3-pro-preview', { thinkingConfig, reasoning_effort: 'high' })).toEqual(
      thinkingConfig,
    );
    expect(await thinkingOf('m', { thinkingConfig: { thinkingBudget: 0 } })).toEqual({ thinkingBudget: 0 });
    for (const more of [{ reasoning_effort: 'high' }, { reasoning_budget: 9 }] as const) {
      for (const config of [{ thinkingBudget: 512 }, { thinkingLevel: 'low' }]) {
        expect(await thinkingOf('gemini-3.1-pro-preview', { thinkingConfig: config, ...more })).toEqual({
          ...config,
          includeThoughts: true,
        });
      }
    }
    expect(await thinkingOf('m', { thinkingConfig: { includeThoughts: true } }, { hideReasoning: true })).toEqual({
      includeThoughts: true,
    });
  });
});
