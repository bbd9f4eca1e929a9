// Templates that are kept from a command line.
import fs from 'node:fs';
import { loadTemplate } from '../../../src/cli/content/loadTemplate.ts';
import { saveTemplate } from '../../../src/cli/content/saveTemplate.ts';
import { withFolders } from './userFolder.ts';

const { user, here, write } = withFolders();

test('what is saved is loaded again, for the owner alone, without what is empty', async () => {
  const content = {
    prompt: 'Line one\nLine two: $input',
    system: 'yes',
    model: 'openai/m',
    defaults: { a: '1' },
    options: { temperature: 0.5 },
    extract: true,
    schema_object: { type: 'object' },
    tools: ['time'],
  };
  await saveTemplate('t', { ...content, fragments: [], attachments: [] });
  expect((await loadTemplate('t')).template).toEqual({ name: 't', ...content });
  expect(fs.statSync(user('templates/t.yaml')).mode & 0o777).toBe(0o600);
  await saveTemplate('t', { prompt: 'Other' });
  expect(fs.readFileSync(user('templates/t.yaml'), 'utf8')).toBe('prompt: Other\n');
});

test('files are kept by their whole path; URLs, aliases and loaders as they are', async () => {
  write(here('notes.txt'), 'x');
  write(here('both'), 'x');
  write(user('fragments/both'), 'y');
  await saveTemplate('t', {
    fragments: ['notes.txt', 'both', 'docs:a', 'https://example.com/'],
    system_fragments: ['./notes.txt'],
    attachments: ['cat.png', 'https://example.com/a.png'],
    attachment_types: [{ type: 'image/png', value: 'dog' }],
  });
  expect((await loadTemplate('t')).template).toEqual({
    name: 't',
    fragments: [here('notes.txt'), 'both', 'docs:a', 'https://example.com/'],
    system_fragments: [here('notes.txt')],
    attachments: [here('cat.png'), 'https://example.com/a.png'],
    attachment_types: [{ type: 'image/png', value: here('dog') }],
  });
});

test('a link out of the folder is replaced, not followed', async () => {
  write(here('mine.yaml'), 'prompt: Mine');
  fs.mkdirSync(user('templates'), { recursive: true });
  fs.symlinkSync(here('mine.yaml'), user('templates/t.yaml'));
  await saveTemplate('t', { prompt: 'Other' });
  expect(fs.readFileSync(here('mine.yaml'), 'utf8')).toBe('prompt: Mine');
  expect((await loadTemplate('t')).template.prompt).toBe('Other');
});

test.each<[string, string, object, RegExp]>([
  ['standard input as a fragment', 't', { fragments: ['-'] }, /standard input is not there the next time/],
  ['standard input as an attachment', 't', { attachments: ['-'] }, /standard input is not there the next time/],
  ['functions', 't', { prompt: 'Hi', functions: 'f.js' }, /functions are not kept/],
  ['nothing', 't', { prompt: '', options: {} }, /there is nothing to keep/],
  ['a name with a slash', '../t', { prompt: 'Hi' }, /"..\/t" cannot be the name of a template/],
  ['a key that templates do not have', 't', { prmpt: 'Hi' }, /unknown key "prmpt"/],
])('%s cannot be saved', async (_, name, content, message) => {
  await expect(saveTemplate(name, { ...content })).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(message),
  });
  expect(fs.existsSync(user('templates'))).toBe(false);
});
