// `rxllm templates`.
import fs from 'node:fs';
import { addTemplates } from '../../../src/cli/commands/templates.ts';
import { run, withUserFolder } from './runCommand.ts';

const at = withUserFolder();
const templates = (...args: readonly string[]) => run(addTemplates, ['templates', ...args]);

function write(name: string, text: string): void {
  fs.mkdirSync(at('templates'), { recursive: true });
  fs.writeFileSync(at('templates', name), text);
}

/** An editor, as a shell command that is given the file as `$1`. */
function editor(script: string): void {
  fs.writeFileSync(at('editor.sh'), script);
  process.env.VISUAL = `/bin/sh '${at('editor.sh')}'`;
}

test('the list has each in one line; one that cannot be used is told and left out', async () => {
  expect(await templates()).toEqual({ stdout: '', stderr: 'No templates found\n', code: 0 });
  write('roast.yaml', 'system: |\n  Roast\n  them\nprompt: $input\nmodel: demo\n');
  write('x.yaml', 'model: demo\nextract: true\n');
  write('bad.yaml', 'nope: 1');
  write('notes.txt', 'not a template');
  const { stdout, stderr, code } = await templates();
  expect(stdout).toBe('roast : system: Roast them prompt: $input\nx     : model, extract\n');
  expect(stderr).toMatch(/^bad cannot be used: .*bad.yaml has the unknown key "nope"/);
  expect(code).toBe(0);
});

test('one is shown as YAML; Python functions are told', async () => {
  write('py.yaml', '{"prompt": "a\\nb", functions: "def f(): pass"}');
  expect(await templates('show', 'py')).toEqual({
    stdout: 'prompt: |-\n  a\n  b\nfunctions: "def f(): pass"\n',
    stderr: 'this template has Python functions, which are not run: "py"\n',
    code: 0,
  });
  expect(await templates('show', 'nope')).toMatchObject({ stdout: '', code: 1 });
  expect((await templates('path')).stdout).toBe(`${at('templates')}\n`);
});

test('the loaders of plugins are listed with what they say of themselves', async () => {
  expect((await templates('loaders')).stderr).toBe('No template loaders found\n');
  const load = (argument: string) => `prompt: ${argument}`;
  const templateLoaders = new Map([
    ['gh', { description: 'A file on GitHub\n\nuser/repo', load }],
    ['my', { load }],
  ]);
  const plugged = () => Promise.resolve({ providers: [], fragmentLoaders: new Map(), templateLoaders });
  const withLoaders = (...args: readonly string[]) =>
    run((program) => addTemplates(program, plugged), ['templates', ...args]);
  expect((await withLoaders('loaders')).stdout).toBe(
    'gh:\n  A file on GitHub\n\n  user/repo\n\nmy:\n  no description\n',
  );
  expect((await withLoaders('show', 'gh:a')).stdout).toBe('prompt: a\n');
});

describe('edit', () => {
  test('opens a new one, which is for the owner alone', async () => {
    editor('echo "prompt: Hi" > "$1"');
    expect(await templates('edit', 'new')).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(fs.readFileSync(at('templates/new.yaml'), 'utf8')).toBe('prompt: Hi\n');
    expect(fs.statSync(at('templates/new.yaml')).mode & 0o777).toBe(0o600);
  });

  test('opens the one that is there; EDITOR is used where VISUAL is not set', async () => {
    write('old.yaml', 'prompt: Hi\n');
    editor('echo "system: Be brief" >> "$1"');
    process.env.EDITOR = process.env.VISUAL;
    delete process.env.VISUAL;
    expect((await templates('edit', 'old')).code).toBe(0);
    expect(fs.readFileSync(at('templates/old.yaml'), 'utf8')).toBe('prompt: Hi\nsystem: Be brief\n');
  });

  test('keeps what is wrong, and says what is', async () => {
    editor('echo "promt: Hi" > "$1"');
    const { stderr, code } = await templates('edit', 'new');
    expect(stderr).toMatch(
      /new.yaml has the unknown key "promt".*\nIt stays as you wrote it; .*: rxllm templates edit new/,
    );
    expect(code).toBe(1);
    expect(fs.readFileSync(at('templates/new.yaml'), 'utf8')).toBe('promt: Hi\n');
  });

  test('makes none where nothing was written, or the editor failed', async () => {
    editor('exit 0');
    expect(await templates('edit', 'new')).toEqual({
      stdout: '',
      stderr: 'Nothing was written, so there is no template "new"\n',
      code: 0,
    });
    editor('exit 3');
    const { stderr, code } = await templates('edit', 'new');
    expect(stderr).toMatch(/the editor .* ended with 3; set VISUAL or EDITOR/);
    expect(code).toBe(1);
    expect(fs.readdirSync(at('templates'))).toEqual([]);
  });

  test('opens nothing outside the folder', async () => {
    editor('echo "prompt: Bad" > "$1"');
    write('mine.yaml', '');
    fs.writeFileSync(at('settings'), 'mine');
    fs.symlinkSync(at('settings'), at('templates/out.yaml'));
    expect((await templates('edit', 'out')).stderr).toMatch(/out.yaml is a link out of its folder/);
    expect((await templates('edit', '../settings')).stderr).toMatch(/cannot be the name of a template/);
    expect(fs.readFileSync(at('settings'), 'utf8')).toBe('mine');
  });
});
