// Templates: what they may hold, where they come from, and what one from elsewhere may not do.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { loadTemplate } from '../../../src/cli/content/loadTemplate.ts';
import type { TemplateLoaders } from '../../../src/cli/content/plugged.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { withFolders } from './userFolder.ts';

const { user, here, write } = withFolders();
const { version } = createRequire(import.meta.url)('rxllm/package.json') as { readonly version: string };

const full = `prompt: 'Summarize: $input'
system: Be brief
attachments: [https://example.com/a.png]
attachment_types:
- type: image/png
  value: https://example.com/b
model: openai/gpt-4o-mini
defaults: {voice: GlaDOS, times: 3}
options: {temperature: 0.5}
extract: true
extract_last: false
schema_object: {type: object}
fragments: [https://example.com/a.txt]
system_fragments: [https://example.com/b.txt]
`;

const meant = {
  prompt: 'Summarize: $input',
  system: 'Be brief',
  attachments: ['https://example.com/a.png'],
  attachment_types: [{ type: 'image/png', value: 'https://example.com/b' }],
  model: 'openai/gpt-4o-mini',
  defaults: { voice: 'GlaDOS', times: 3 },
  options: { temperature: 0.5 },
  extract: true,
  extract_last: false,
  schema_object: { type: 'object' },
  fragments: ['https://example.com/a.txt'],
  system_fragments: ['https://example.com/b.txt'],
};

/** A loader that gives this, and says what it was asked for. */
function loaderOf(yaml: string, asked: string[] = []): TemplateLoaders {
  const load = (argument: string) => {
    asked.push(argument);
    return yaml;
  };
  return new Map([['gh', { load }]]);
}

describe('a file', () => {
  test('has the keys that llm knows', async () => {
    write(user('templates/sum.yaml'), `${full}tools: [time]\n`);
    expect(await loadTemplate('sum')).toEqual({
      template: { name: 'sum', ...meant, tools: ['time'] },
      origin: 'file',
      notes: [],
    });
  });

  test('that is a text alone is a prompt, and keys without a value are none', async () => {
    write(user('templates/a.yaml'), 'Say $input\n');
    write(user('templates/b.yaml'), 'system: Hi\nprompt:\n');
    expect((await loadTemplate('a')).template).toEqual({ name: 'a', prompt: 'Say $input' });
    expect((await loadTemplate('b')).template).toEqual({ name: 'b', system: 'Hi' });
  });

  test('with Python functions says that they are not run', async () => {
    write(user('templates/py.yaml'), 'prompt: Hi\nfunctions: |\n  def f(): pass\n');
    const { notes } = await loadTemplate('py');
    expect(notes).toEqual(['this template has Python functions, which are not run: "py"']);
  });

  test.each([
    ['an unknown key', 'promt: Hi', /py.yaml has the unknown key "promt"; it may have prompt, system,/],
    ['a key that every object has', 'constructor: 1', /unknown key "constructor"/],
    ['the key of prototypes', '__proto__: {prompt: Hi}', /unknown key "__proto__"/],
    ['a prompt that is no text', 'prompt: [1]', /prompt is \[1\]; it takes a text/],
    ['fragments that are no list', 'fragments: a', /fragments is "a"; it takes a list of texts/],
    ['an attachment without a type', 'attachment_types: [{value: a}]', /it takes a list of mappings with a type/],
    ['a word for a flag', 'extract: "yes"', /extract is "yes"; it takes true or false/],
    ['a list', '- a', /is \["a"\]; a template is a text, or a mapping/],
    ['nothing', '', /is empty; a template is/],
    ['no YAML', 'prompt: "a', /is no YAML: Missing closing "quote/],
    ['a key twice', 'prompt: a\nprompt: b', /is no YAML: Map keys must be unique/],
  ])('with %s is an error that names it', async (_, yaml, message) => {
    write(user('templates/py.yaml'), yaml);
    await expect(loadTemplate('py')).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message),
    });
  });

  test('may be named by its path', async () => {
    write(here('x.yaml'), 'prompt: Here');
    write(here('sub/y.txt'), 'prompt: There');
    expect((await loadTemplate('x.yaml')).template).toEqual({ name: 'x', prompt: 'Here' });
    expect((await loadTemplate('./sub/y.txt')).template).toEqual({ name: 'y', prompt: 'There' });
    await expect(loadTemplate('./none.yaml')).rejects.toThrow('"./none.yaml" cannot be read: there is no such file');
    await expect(loadTemplate('./sub')).rejects.toThrow('it is a folder');
  });

  test('of the working directory is never meant by a name alone', async () => {
    write(here('sum'), 'prompt: Bad');
    write(user('templates/other.yaml'), 'prompt: Good');
    await expect(loadTemplate('sum')).rejects.toThrow(/^no template "sum" in .*templates; there are other$/);
  });

  test('that a link leads to out of the folder is refused; one that stays in it is not', async () => {
    write(here('secret.yaml'), 'prompt: Bad');
    write(user('templates/real.yaml'), 'prompt: Good');
    fs.symlinkSync(here('secret.yaml'), user('templates/out.yaml'));
    fs.symlinkSync('real.yaml', user('templates/in.yaml'));
    await expect(loadTemplate('out')).rejects.toThrow(/out.yaml is a link out of its folder/);
    expect((await loadTemplate('in')).template.prompt).toBe('Good');
  });

  test('in a folder that is itself a link is read', async () => {
    write(here('mine/a.yaml'), 'prompt: Good');
    fs.mkdirSync(user());
    fs.symlinkSync(here('mine'), user('templates'));
    expect((await loadTemplate('a')).template.prompt).toBe('Good');
  });

  test.each(['..', '.hidden', '', 'a b', 'ü'])('is not named %j', async (name) => {
    await expect(loadTemplate(name)).rejects.toThrow('cannot be the name of a template');
  });
});

describe('from elsewhere', () => {
  let server: TestServer;
  let yaml = full;
  beforeAll(async () => {
    server = await startServer(() => ({ contentType: 'text/yaml', pieces: [yaml] }));
  });
  afterAll(() => server.close());

  test('by URL it may name URLs, and is fetched in the name of the program', async () => {
    yaml = full;
    const { template, origin } = await loadTemplate(`${server.url}/t.yaml`);
    expect({ template, origin }).toEqual({ template: { name: `${server.url}/t.yaml`, ...meant }, origin: 'url' });
    expect(server.requests.at(-1)?.headers['user-agent']).toBe(`rxllm/${version}`);
  });

  test('by a loader it is what the loader gives for the rest', async () => {
    const asked: string[] = [];
    write(here('gh:me/x'), 'prompt: Bad');
    const { template, origin } = await loadTemplate('gh:me/x', { loaders: loaderOf('prompt: Hi', asked) });
    expect({ template, origin, asked }).toEqual({
      template: { name: 'gh:me/x', prompt: 'Hi' },
      origin: 'loader',
      asked: ['me/x'],
    });
    await expect(loadTemplate('git:x', { loaders: loaderOf('') })).rejects.toThrow(
      'template "git:x": there is no loader "git"; there are gh',
    );
  });

  test('what a loader throws names the template', async () => {
    const load = () => Promise.reject(new Error('no such gist'));
    await expect(loadTemplate('gh:x', { loaders: new Map([['gh', { load }]]) })).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'template "gh:x": no such gist',
    });
  });

  test.each([
    ['an attachment by path', 'attachments: [/etc/passwd]', 'attachments that are not URLs (/etc/passwd)'],
    ['standard input', 'attachments: ["-"]', 'attachments that are not URLs (-)'],
    ['a typed attachment', 'attachment_types: [{type: a/b, value: x}]', 'attachments that are not URLs (x)'],
    ['a fragment by path', 'fragments: [./notes.txt]', 'fragments that are not URLs (./notes.txt)'],
    ['a fragment of a loader', 'fragments: ["docs:a"]', 'fragments that are not URLs (docs:a)'],
    ['a file URL', 'fragments: ["file:///etc/passwd"]', 'fragments that are not URLs (file:///etc/passwd)'],
    ['a system fragment', 'system_fragments: [a]', 'fragments that are not URLs (a)'],
    ['a tool', 'tools: [shell]', 'tools (shell)'],
    ['functions', 'functions: "def f(): pass"', 'functions'],
  ])('it may not name %s', async (_, line, what) => {
    yaml = `prompt: Hi\n${line}\n`;
    const ways = [() => loadTemplate(`${server.url}/t.yaml`), () => loadTemplate('gh:x', { loaders: loaderOf(yaml) })];
    for (const load of ways) {
      await expect(load()).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(` names ${what}; a template from elsewhere may not`),
      });
    }
  });
});
