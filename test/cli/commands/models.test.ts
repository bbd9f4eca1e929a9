// `rxllm models`.
import fs from 'node:fs';
import { addModels } from '../../../src/cli/commands/models.ts';
import { run, withUserFolder } from './runCommand.ts';

const at = withUserFolder();
const models = (...args: readonly string[]) => run(addModels, ['models', ...args]);

test('the list says of each provider whether there is a key, and never which', async () => {
  fs.writeFileSync(at('keys.json'), '{"anthropic": "sk-secret-1"}');
  fs.writeFileSync(at('aliases.json'), '{"fast": "groq/llama"}');
  process.env.OPENAI_API_KEY = 'sk-secret-2';
  const { stdout } = await models();
  const lines = stdout.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'demo (needs no key)',
      'openai/NAME (key: OPENAI_API_KEY)',
      'anthropic/NAME (key: stored)',
      'gemini/NAME (no key; set GEMINI_API_KEY or rxllm keys set gemini)',
      'ollama/NAME (needs no key)',
      'fast (alias of groq/llama)',
    ]),
  );
  expect(lines.at(-2)).toBe('Default: demo');
  const json = await models('list', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    providers: expect.arrayContaining([
      { id: 'demo', name: 'demo', key_variables: [], needs_key: false, key: null },
      { id: 'openai', name: 'openai/NAME', key_variables: ['OPENAI_API_KEY'], needs_key: true, key: 'OPENAI_API_KEY' },
      expect.objectContaining({ id: 'anthropic', key: 'stored' }),
    ]),
    aliases: { fast: 'groq/llama' },
    default: 'demo',
  });
  expect(stdout + json.stdout).not.toContain('secret');
});

test('the default is printed, and chosen once it is known that it can be named', async () => {
  expect(await models('default')).toEqual({ stdout: 'demo\n', stderr: '', code: 0 });
  expect(await models('default', 'openai/gpt-4o-mini')).toEqual({ stdout: '', stderr: '', code: 0 });
  expect((await models('default')).stdout).toBe('openai/gpt-4o-mini\n');
  expect(await models('default', 'nope')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no model "nope"'),
  });
  expect(fs.readFileSync(at('default_model.txt'), 'utf8')).toBe('openai/gpt-4o-mini\n');
});

test('that RXLLM_MODEL comes first is said when a default is chosen', async () => {
  process.env.RXLLM_MODEL = 'openai/other';
  expect((await models('default', 'demo')).stderr).toMatch(
    /^RXLLM_MODEL is set, and comes before .*: openai\/other\n$/,
  );
});

describe('options', () => {
  const options = (...args: readonly string[]) => models('options', ...args);
  const mini = 'openai/gpt-4o-mini';

  test('are set without a key, shown, listed and cleared; what is done is told on standard error', async () => {
    expect(await options()).toEqual({ stdout: '', stderr: 'No default options set for any models.\n', code: 0 });
    const set = await options('set', mini, 'temperature', '0.5');
    expect(set).toEqual({ stdout: '', stderr: `Set default option temperature=0.5 for model ${mini}\n`, code: 0 });
    await options('set', mini, 'stop', 'END');
    expect(JSON.parse(fs.readFileSync(at('model_options.json'), 'utf8'))).toEqual({
      [mini]: { temperature: 0.5, stop: 'END' },
    });
    expect((await options('show', mini)).stdout).toBe('temperature: 0.5\nstop: END\n');
    expect((await options()).stdout).toBe(`${mini}:\n  temperature: 0.5\n  stop: END\n`);
    expect(JSON.parse((await options('list', '--json')).stdout)).toEqual({ [mini]: { temperature: 0.5, stop: 'END' } });
    const cleared = await options('clear', mini, 'stop');
    expect(cleared).toEqual({ stdout: '', stderr: `Cleared default option 'stop' for model ${mini}\n`, code: 0 });
    expect((await options('show', mini)).stdout).toBe('temperature: 0.5\n');
    expect((await options('clear', mini)).stderr).toBe(`Cleared all default options for model ${mini}\n`);
    expect(await options('show', mini)).toMatchObject({ stdout: '', stderr: expect.stringMatching(/^No default/) });
  });

  test('of an alias are those of its model', async () => {
    fs.writeFileSync(at('aliases.json'), JSON.stringify({ mini }));
    await options('set', 'mini', 'seed', '7');
    expect((await options('show', mini)).stdout).toBe('seed: 7\n');
    expect((await options('show', 'mini')).stdout).toBe('seed: 7\n');
    await options('clear', 'mini', 'seed');
    expect((await options('show', mini)).stdout).toBe('');
  });

  test.each([
    ['a value that the model does not take', ['set', mini, 'temperature', 'hot'], /temperature: "hot" does not fit/],
    ['a name that it does not know', ['set', mini, 'temprature', '1'], /did you mean temperature\?/],
    ['a model that nobody has', ['set', 'nope', 'a', '1'], /no model "nope"/],
    ['clearing what is not set', ['clear', mini], /has no options set/],
    ['clearing an option that is not set', ['clear', mini, 'seed'], /has no options set|has no option "seed" set/],
  ])('%s is an error', async (_, args, message) => {
    const { code, stderr } = await options(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(fs.existsSync(at('model_options.json'))).toBe(false);
  });

  test('a file that holds something else is an error that names it', async () => {
    fs.writeFileSync(at('model_options.json'), '{"openai/m": 7}');
    expect((await options()).stderr).toMatch(/model_options.json must be an object whose values are objects/);
  });
});
