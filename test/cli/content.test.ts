// What a prompt is made of: templates, fragments, attachments, schemas, options; and what is made of the answer.
import fs from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { type CliOptions } from '../support/cli.ts';
import { ensureBuilt } from '../support/dist.ts';
import { saying, temporaryFolder, userOf, type User } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** What the model is sent. */
async function sent(user: User, args: readonly string[], options?: CliOptions) {
  await user.prints(args, options);
  return user.server.requests.at(-1)!.json;
}

const asked = (content: string) => ({ role: 'user', content });
const told = (content: string) => ({ role: 'system', content });

describe('a template', () => {
  test('gives prompt, instructions, model and options; -p fills its variables, and standard input is $input', async () => {
    const user = await userOf(saying('ok'));
    user.write(
      'templates/sum.yaml',
      'system: You speak $language\nprompt: "Summarise: $input"\ndefaults: {language: English}\nmodel: openai/large\noptions: {max_tokens: 7}\n',
    );
    expect(await sent(user, ['-t', 'sum'], { stdin: 'a text' })).toMatchObject({
      model: 'large',
      max_tokens: 7,
      messages: [told('You speak English'), asked('Summarise: a text')],
    });
    const args = ['-t', 'sum', '-p', 'language', 'French', '-m', 'openai/small', '-o', 'max_tokens', '9', 'more'];
    expect(await sent(user, args, { stdin: 'a text' })).toMatchObject({
      model: 'small',
      max_tokens: 9,
      messages: [told('You speak French'), asked('Summarise: a text more')],
    });
  });

  test('without $input stands before the prompt, and after what was piped in', async () => {
    const user = await userOf(saying('ok'));
    const file = user.write('mine.yaml', 'prompt: Shorten this.\n');
    expect((await sent(user, ['-t', file, 'Now'], { stdin: 'a text' })).messages).toEqual([
      asked('a text Shorten this.\nNow'),
    ]);
  });

  test('without a value for a variable is refused, and so is one that is not there', async () => {
    const user = await userOf(saying('ok'));
    user.write('templates/two.yaml', 'prompt: $one $two\n');
    expect(await user.run(['-t', 'two', '-p', 'one', '1'])).toMatchObject({
      stdout: '',
      stderr: 'Error: template "two" has no value for two; give -p two VALUE\n',
      code: 1,
    });
    expect((await user.run(['-t', 'tow'])).stderr).toMatch(/^Error: .*"tow".*two/);
    expect(user.server.requests).toEqual([]);
  });

  test('is kept by --save, which asks nothing, and used by -t', async () => {
    const user = await userOf(saying('```\ncode\n```'));
    const fragment = user.write('notes.txt', 'Notes');
    const args = ['-s', 'Be brief', '-m', 'openai/large', '-o', 'max_tokens', '5', '-f', fragment];
    const schema = ['--schema-multi', 'name, age int'];
    const saved = await user.run([...args, ...schema, '-T', 'time', '-x', '--save', 'mine', 'Say $what']);
    expect(saved).toMatchObject({ stdout: '', stderr: expect.stringContaining('template mine'), code: 0 });
    expect(user.server.requests).toEqual([]);
    expect(await user.prints(['-t', 'mine', '-p', 'what', 'it'])).toBe('code\n\n');
    expect(user.server.requests[0]?.json).toMatchObject({
      model: 'large',
      max_tokens: 5,
      messages: [told('Be brief'), asked('Notes\nSay it')],
      tools: [{ function: { name: 'time' } }],
      response_format: { json_schema: { schema: { properties: { items: { type: 'array' } } } } },
    });
  });

  test.each([
    [['--functions', 'f.js'], 1, /^Error: template "x" cannot be saved: functions are not kept/],
    [['-f', '-'], 1, /^Error: template "x" cannot be saved: standard input is not there the next time/],
    [['-c'], 2, /Error: --save keeps a command line; it goes with neither -t nor -c nor --cid\n$/],
  ])('is not kept with %j', async (args, code, message) => {
    const user = await userOf(saying('ok'));
    const result = await user.run([...args, '--save', 'x', 'Hi']);
    expect(result).toMatchObject({ stdout: '', stderr: expect.stringMatching(message), code });
    expect(fs.existsSync(path.join(user.folder, 'templates'))).toBe(false);
  });
});

describe('fragments', () => {
  test('stand before the prompt, --sf before the instructions: files, aliases, URLs, standard input', async () => {
    const user = await userOf(saying('ok'));
    const file = user.write('one.txt', 'One');
    await user.prints(['fragments', 'set', 'two', '-'], { stdin: 'Two' });
    const { messages } = await sent(user, ['-f', file, '-f', 'two', '-f', '-', '--sf', 'two', '-s', 'Be brief', 'Hi'], {
      stdin: 'Three',
    });
    expect(messages).toEqual([told('Two\n\nBe brief'), asked('One\nTwo\nThree\nHi')]);
  });

  test('are enough to ask, and one that is not there is an error', async () => {
    const user = await userOf(saying('ok'));
    const file = user.write('one.txt', 'One');
    expect((await sent(user, ['-f', file])).messages).toEqual([asked('One')]);
    const { stdout, stderr, code } = await user.run(['-f', 'nope.txt', 'Hi']);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^Error: .*"nope\.txt"/);
  });
});

describe('attachments', () => {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${png.toString('base64')}` } };

  test('are files, standard input, and with --at those of which the type is told', async () => {
    const user = await userOf(saying('ok'));
    const folder = temporaryFolder();
    for (const name of ['a.png', 'b.xyz']) fs.writeFileSync(path.join(folder, name), png);
    const args = ['-a', path.join(folder, 'a.png'), '--at', path.join(folder, 'b.xyz'), 'image/jpeg', 'Hi'];
    const [message] = (await sent(user, args)).messages as [{ readonly content: unknown }];
    const jpeg = { image_url: { url: image.image_url.url.replace('png', 'jpeg') } };
    expect(message.content).toMatchObject([{ type: 'text', text: 'Hi' }, image, jpeg]);
  });

  test('come from standard input by -a -, byte for byte', async () => {
    const user = await userOf(saying('ok'));
    const { child, ended } = user.start(['-a', '-', 'Hi'], { stdin: null });
    child.stdin.end(png);
    expect(await ended).toMatchObject({ stderr: '', code: 0 });
    expect(user.messages()).toMatchObject([{ content: [{ type: 'text', text: 'Hi' }, image] }]);
  });

  test('that are not there are an error before anything is sent', async () => {
    const user = await userOf(saying('ok'));
    const { stdout, stderr, code } = await user.run(['-a', 'nope.png', 'Hi']);
    expect({ stdout, code, asked: user.server.requests }).toEqual({ stdout: '', code: 1, asked: [] });
    expect(stderr).toMatch(/^Error: the attachment "nope\.png" cannot be used: there is no such file\n$/);
  });
});

describe('a schema', () => {
  const dog = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name', 'age'],
  };

  test('goes with the request, written the short way or as an id of one that was used', async () => {
    const user = await userOf(saying('{"name":"Rex","age":3}'));
    const formats: unknown[] = [];
    for (const spec of ['name, age int', JSON.stringify(dog)]) {
      formats.push((await sent(user, ['--schema', spec, 'A dog'])).response_format);
    }
    const [id] = fs.readdirSync(path.join(user.folder, 'schemas')).map((name) => path.parse(name).name);
    formats.push((await sent(user, ['--schema', id ?? '', 'A dog'])).response_format);
    expect(formats).toMatchObject(formats.map(() => ({ type: 'json_schema', json_schema: { schema: dog } })));
    expect((await user.logged()).map(({ schema_json }) => schema_json)).toEqual([dog, dog, dog]);
    expect(await user.prints(['logs', '--schema', 'name, age int', '--data'])).toBe(
      '{"name":"Rex","age":3}\n'.repeat(3),
    );
  });

  test('that is none is an error before anything is sent', async () => {
    const user = await userOf(saying('ok'));
    const { stdout, stderr, code } = await user.run(['--schema', 'name, age years', 'Hi']);
    expect({ stdout, code, asked: user.server.requests }).toEqual({ stdout: '', code: 1, asked: [] });
    expect(stderr).toMatch(/^Error: .*there is no type "years"/);
  });
});

describe('the answer', () => {
  const answer = 'Two:\n\n```js\none();\n```\n\n```js\ntwo();\n```\n';

  test('is its first block of code with -x, its last with --xl', async () => {
    const user = await userOf(saying(...answer.match(/[^]{1,5}/g)!));
    expect(await user.prints(['-x', 'Hi'])).toBe('one();\n\n');
    expect(await user.prints(['--xl', 'Hi'])).toBe('two();\n\n');
    expect((await user.logged()).map(({ response }) => response)).toEqual([answer, answer]);
  });

  test('is all of it where there is no code', async () => {
    const user = await userOf(saying('no code'));
    expect(await user.prints(['-x', 'Hi'])).toBe('no code\n');
  });
});

describe('options', () => {
  test('are those that are stored for the model, and -o comes before them; JSON is meant as such', async () => {
    const user = await userOf(saying('ok'));
    await user.run(['models', 'options', 'set', 'openai/m', 'max_tokens', '5']);
    await user.run(['models', 'options', 'set', 'openai/m', 'user', 'ada']);
    await user.prints(['aliases', 'set', 'fast', 'openai/m']);
    const json = await sent(user, [
      '-m',
      'fast',
      '-o',
      'max_tokens',
      '9',
      '-o',
      'stop',
      '["a"]',
      '-o',
      'user',
      'eve',
      'Hi',
    ]);
    expect(json).toMatchObject({ max_tokens: 9, user: 'eve', stop: ['a'] });
    expect(await sent(user, ['-m', 'fast', 'Hi'])).toMatchObject({ max_tokens: 5, user: 'ada' });
    expect((await sent(user, ['-m', 'openai/other', 'Hi'])).max_tokens).toBeUndefined();
  });

  test('are printed by --options, and nothing is asked', async () => {
    const user = await userOf(saying('ok'));
    expect(await user.prints(['--options'])).toMatch(/^(?:Options of m:|m does not say)/);
    expect(user.server.requests).toEqual([]);
  });
});
