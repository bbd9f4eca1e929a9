// How each generation of models is asked to think, and how much each may say.
import type { JsonObject } from 'rxllm';
import { sent, useServer } from './sent.ts';

useServer();

async function asked(model: string, options: JsonObject = {}, more: object = {}) {
  const { json } = await sent({ options, ...more }, { model });
  return {
    ...(json.thinking !== undefined && { thinking: json.thinking }),
    ...(json.output_config !== undefined && { output_config: json.output_config }),
  };
}

const adaptive = (display?: string) => ({ thinking: { type: 'adaptive', ...(display && { display }) } });
const enabled = (budget_tokens: number, more: object = {}) => ({
  thinking: { type: 'enabled', budget_tokens, ...more },
});
const effort = (level: string) => ({ output_config: { effort: level } });

describe('without being asked to think', () => {
  test.each(['claude-3-5-haiku-20241022', 'claude-sonnet-4-5', 'claude-opus-4-6', 'claude-opus-4-8', 'deepseek-chat'])(
    '%s is told nothing of it',
    async (model) => {
      expect(await asked(model)).toEqual({});
      expect(await asked(model, {}, { hideReasoning: true })).toEqual({});
    },
  );

  test.each(['claude-sonnet-5', 'claude-opus-5', 'claude-fable-5-1', 'claude-haiku-5-5', 'claude-mythos-preview'])(
    '%s, which thinks anyway, is asked to show it, or not to',
    async (model) => {
      expect(await asked(model)).toEqual(adaptive('summarized'));
      expect(await asked(model, {}, { hideReasoning: true })).toEqual(adaptive('omitted'));
    },
  );

  test('a model that has to call a tool is not told to think', async () => {
    expect(await asked('claude-opus-5', { tool_choice: { type: 'tool', name: 'f' } })).toEqual({});
    expect(await asked('claude-opus-5', { tool_choice: 'auto' })).toEqual(adaptive('summarized'));
  });
});

describe('reasoning_effort', () => {
  test('goes as it is to models that know it', async () => {
    expect(await asked('claude-opus-4-8', { reasoning_effort: 'xhigh' })).toEqual({
      ...adaptive('summarized'),
      ...effort('xhigh'),
    });
    expect(await asked('claude-sonnet-4-6', { reasoning_effort: 'low' })).toEqual({ ...adaptive(), ...effort('low') });
    expect(await asked('claude-sonnet-4-6', { reasoning_effort: 'minimal' }, { hideReasoning: true })).toEqual({
      ...adaptive('omitted'),
      ...effort('low'),
    });
  });

  test('is a budget for the others', async () => {
    expect(await asked('claude-sonnet-4-5', { reasoning_effort: 'low' })).toEqual(enabled(2048));
    expect(await asked('claude-sonnet-4-5', { reasoning_effort: 'max' })).toEqual(enabled(32_000));
    expect(await asked('claude-opus-4-5', { reasoning_effort: 'high' }, { hideReasoning: true })).toEqual(
      enabled(16_384, { display: 'omitted' }),
    );
    expect(await asked('claude-3-7-sonnet-latest', { reasoning_effort: 'odd' }, { hideReasoning: true })).toEqual(
      enabled(8192),
    );
  });

  test('leaves half of the tokens for the answer, and is a budget that the API takes', async () => {
    expect(await asked('kimi-k2', { reasoning_effort: 'high' })).toEqual(enabled(4096));
    expect(await asked('claude-sonnet-4-5', { reasoning_effort: 'high', max_tokens: 6000 })).toEqual(enabled(3000));
    expect(await asked('claude-sonnet-4-5', { reasoning_effort: 'low', max_tokens: 1500 })).toEqual(enabled(1024));
  });

  test('is nothing where the answer has no room for it', async () => {
    expect(await asked('claude-sonnet-4-5', { reasoning_effort: 'high', max_tokens: 1024 })).toEqual({});
    expect(await asked('claude-sonnet-4-5', { reasoning_effort: 'high', max_tokens: 1025 })).toEqual(enabled(1024));
  });

  test('none turns thinking off, or as low as it gets', async () => {
    const none = { reasoning_effort: 'none' };
    const disabled = { thinking: { type: 'disabled' } };
    for (const model of ['claude-sonnet-4-5', 'claude-opus-4-8', 'claude-opus-5', 'claude-haiku-5-5', 'glm-4.6']) {
      expect(await asked(model, none)).toEqual(disabled);
      expect(await asked(model, { reasoning_budget: 0 })).toEqual(disabled);
    }
    for (const model of ['claude-fable-5', 'claude-opus-5-5', 'claude-sonnet-5-5']) {
      expect(await asked(model, none)).toEqual(effort('low'));
    }
  });
});

describe('reasoning_budget', () => {
  test('is the budget where there is one', async () => {
    expect(await asked('claude-sonnet-4-5', { reasoning_budget: 2000 })).toEqual(enabled(2000));
    expect(await asked('claude-opus-4-6', { reasoning_budget: 2000, reasoning_effort: 'max' })).toEqual({
      ...enabled(2000),
      ...effort('max'),
    });
  });

  test('only turns thinking on where the model decides for itself', async () => {
    expect(await asked('claude-opus-4-7', { reasoning_budget: 2000 })).toEqual(adaptive('summarized'));
  });

  test('raises max_tokens, unless that is given', async () => {
    const limit = async (options: JsonObject) => (await sent({ options }, { model: 'glm-4.6' })).json.max_tokens;
    expect(await limit({ reasoning_budget: 2000 })).toBe(8192);
    expect(await limit({ reasoning_budget: 20_000 })).toBe(24_096);
    expect(await limit({ reasoning_budget: 20_000, max_tokens: 20_001 })).toBe(20_001);
  });

  test('does not raise it over what the model can give', async () => {
    const limit = async (budget: number, stream = true) =>
      (await sent({ stream, options: { reasoning_budget: budget } }, { model: 'claude-opus-4-1' })).json.max_tokens;
    expect(await limit(30_000)).toBe(32_000);
    expect(await limit(30_000, false)).toBe(32_000);
    expect(await limit(20_000, false)).toBe(24_096);
  });
});

test('thinking and output_config go as they are, over what is made of the other options', async () => {
  const thinking = { type: 'adaptive', display: 'updates' };
  expect(await asked('claude-opus-5', { thinking, reasoning_effort: 'high' }, { hideReasoning: true })).toEqual({
    thinking,
    ...effort('high'),
  });
  expect(
    await asked('claude-opus-5', { reasoning_effort: 'high', output_config: { effort: 'low', task_budget: {} } }),
  ).toEqual({ ...adaptive('summarized'), output_config: { effort: 'low', task_budget: {} } });
});

test('an effort of none is none beside thinking of its own', async () => {
  const thinking = { type: 'between_tools' };
  expect(await asked('claude-sonnet-5-5', { thinking, reasoning_effort: 'none' })).toEqual({ thinking });
});

describe('max_tokens', () => {
  test.each([
    ['claude-3-haiku-20240307', 4096],
    ['claude-3-opus-latest', 4096],
    ['claude-3-5-sonnet-20241022', 8192],
    ['claude-3-7-sonnet-20250219', 64_000],
    ['claude-sonnet-4-20250514', 64_000],
    ['claude-opus-4-20250514', 32_000],
    ['claude-opus-4@20250514', 32_000],
    ['claude-opus-4-1-20250805', 32_000],
    ['us.anthropic.claude-opus-4-1-20250805-v1:0', 32_000],
    ['claude-opus-4-5-20251101', 64_000],
    ['claude-haiku-4-5', 64_000],
    ['anthropic/claude-sonnet-4.5', 64_000],
    ['claude-sonnet-4-6', 128_000],
    ['claude-opus-5', 128_000],
    ['claude-sonnet-5-5', 128_000],
    ['claude-next', 128_000],
    ['MiniMax-M2', 8192],
  ])('of %s is %d', async (model, tokens) => {
    expect((await sent({}, { model })).json.max_tokens).toBe(tokens);
  });

  test('is less for an answer in one piece, and what is given', async () => {
    const model = 'claude-sonnet-4-6';
    expect((await sent({ stream: false }, { model })).json.max_tokens).toBe(21_333);
    expect((await sent({ stream: false, options: { max_tokens: 50_000 } }, { model })).json.max_tokens).toBe(50_000);
    expect((await sent({ options: { max_tokens: 0 } }, { model })).json.max_tokens).toBe(0);
  });
});
