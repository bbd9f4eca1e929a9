// What is a plugin and what is none.
import { tool, toolbox } from 'rxllm';
import type { Provider } from 'rxllm/models';
import { definePlugin } from '../../../src/plugin/index.ts';

const roll = tool({ name: 'roll', run: () => 4 });
const provider: Provider = { id: 'acme', load: () => Promise.reject(new Error('none')) };

test('gives the plugin back', () => {
  const plugin = {
    name: 'mine',
    models: [provider],
    tools: [roll, toolbox({ name: 'Notes', tools: () => [] })],
    templateLoaders: { gh: () => 'prompt: Hello' },
    fragmentLoaders: { docs: { description: 'Documentation', load: () => 'text' } },
    commands: () => undefined,
  };
  expect(definePlugin(plugin)).toBe(plugin);
});

test.each<[string, unknown, string]>([
  ['no object', 'mine', 'a plugin is an object, as definePlugin() makes it; it is "mine"'],
  ['no name', {}, 'its name is a text; it is undefined'],
  ['a name that steers a terminal', { name: '\u001b[2J' }, 'its name is a text; it is "\\u001b[2J"'],
  ['an unknown field', { name: 'a', tool: [] }, 'fragmentLoaders, commands; it is "tool"'],
  ['no list', { name: 'a', tools: {} }, 'tools is a list; it is {}'],
  ['no tool', { name: 'a', tools: [1] }, 'a tool is an object with a name, as tool() makes it, not 1'],
  ['a toolbox without name', { name: 'a', tools: [{ tools: [] }] }, 'a toolbox has a name; it is undefined'],
  ['no tool in a toolbox', { name: 'a', tools: [{ name: 'b', tools: [{ name: '' }] }] }, 'a tool has no name'],
  ['no provider', { name: 'a', models: [{ id: 'b' }] }, 'a provider has an id and a function load'],
  ['an id with a slash', { name: 'a', models: [{ ...provider, id: 'b/c' }] }, 'the id of a provider has letters'],
  ['no loaders', { name: 'a', templateLoaders: [] }, 'templateLoaders is an object of functions by prefix; it is []'],
  ['no loader', { name: 'a', fragmentLoaders: { gh: 1 } }, '"gh" of fragmentLoaders is a function, or has one as load'],
  ['the prefix of a URL', { name: 'a', fragmentLoaders: { https: () => '' } }, 'not those of a URL; it is "https"'],
  ['a drive of Windows', { name: 'a', templateLoaders: { c: () => '' } }, 'a prefix of templateLoaders has two'],
  ['no commands', { name: 'a', commands: [] }, 'commands is a function; it is []'],
])('refuses %s', (_, plugin, message) => {
  const define = () => definePlugin(plugin as Parameters<typeof definePlugin>[0]);
  expect(define).toThrow(expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(message) }));
});
