// Which models are taken, and what a prompt may say to them.
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { JsonObject, LlmError } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { anthropic, google, openaiChat, openaiResponses } from './makers.ts';
import { standIn } from './standIn.ts';

describe('fromAiSdk', () => {
  test.each([openaiChat, openaiResponses, anthropic, google])('has the id of the model (%#)', (make) => {
    const model = make('http://127.0.0.1:9');
    expect(fromAiSdk(model).id).toBe(model.modelId);
    expect(fromAiSdk(model).capabilities).toBeUndefined();
  });

  test.each([
    ['gpt-5', /not "gpt-5"$/],
    [undefined, /not undefined$/],
    [{ ...standIn(), specificationVersion: 'v2' }, /not one of version "v2"$/],
    [{ specificationVersion: 'v4' }, /version 3 or 4 of the AI SDK, such as openai\('gpt-5'\)/],
  ])('refuses what is no such model (%#)', (model, message) => {
    let error: unknown;
    try {
      fromAiSdk(model as LanguageModelV4);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'invalid_input' });
    expect((error as LlmError).message).toMatch(message);
  });

  test('refuses headers that cannot be sent, without showing them', () => {
    expect(() => fromAiSdk(standIn(), { headers: { a: 'b\nsecret' } })).toThrow(/headers\["a"\] contains a character/);
    expect(() => fromAiSdk(standIn(), { headers: { a: 'b\nsecret' } })).not.toThrow(/secret/);
  });
});

describe('model options', () => {
  const prompt = (options: JsonObject) => () => fromAiSdk(standIn()).prompt('Hi', { options });

  test.each<[JsonObject]>([
    [{ maxOutputTokens: 1, temperature: 0.5, topP: 1, topK: 40, seed: -1, stopSequences: ['a'] }],
    [{ presencePenalty: -1, frequencyPenalty: 1, reasoning: 'xhigh', reasoning_effort: 'high' }],
    [{ toolChoice: 'none', providerOptions: { openai: { store: false } } }],
    [{ toolChoice: { type: 'tool', toolName: 'f' } }],
  ])('%j are taken', (options) => {
    expect(prompt(options)).not.toThrow();
  });

  test.each<[JsonObject, string]>([
    [{ maxOutputTokens: 0 }, 'options of model "m": maxOutputTokens: 0 does not fit; it takes a whole number from 1'],
    [{ temperature: 'hot' }, 'it takes a number'],
    [{ stopSequences: 'a' }, 'it takes a list of strings'],
    [{ toolChoice: 'any' }, 'it takes "auto", "none", "required" or { type: "tool", toolName: NAME }'],
    [{ reasoning: 'huge' }, 'it takes "provider-default", "none"'],
    [{ providerOptions: [] }, 'it takes an object'],
    [{ top_p: 1 }, 'top_p: unknown option; did you mean topP'],
  ])('%j are refused at the call', (options, message) => {
    let error: unknown;
    try {
      prompt(options)();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'invalid_input' });
    expect((error as LlmError).message).toContain(message);
  });
});
