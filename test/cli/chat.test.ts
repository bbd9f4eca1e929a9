// `rxllm chat`: through a pipe, and on a terminal with keys.
import { jest } from '@jest/globals';
import { chatDelta } from '../support/cli.ts';
import { ensureBuilt } from '../support/dist.ts';
import { needs } from '../support/needs.ts';
import { Terminals } from './tmux.ts';
import { beginning, calling, refusing, saying, userOf } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

const asked = (content: string) => ({ role: 'user', content });
const said = (content: string) => ({ role: 'assistant', content });

describe('through a pipe', () => {
  test('each line is a turn that goes on from those before; the end of input leaves with 0', async () => {
    const user = await userOf(saying('One'), saying('Two'));
    expect(await user.prints(['chat', '-s', 'Be brief'], { stdin: 'Alpha\n\nBeta\n' })).toBe('One\nTwo\n');
    expect(user.messages()).toEqual([
      { role: 'system', content: 'Be brief' },
      asked('Alpha'),
      said('One'),
      asked('Beta'),
    ]);
    const rows = await user.logged();
    expect(rows.map(({ prompt, response }) => [prompt, response])).toEqual([
      ['Alpha', 'One'],
      ['Beta', 'Two'],
    ]);
    expect(new Set(rows.map(({ conversation_id }) => conversation_id)).size).toBe(1);
  });

  test.each(['exit', 'quit', ' exit '])('%j leaves with 0, whatever follows', async (word) => {
    const user = await userOf(saying('One'));
    expect(await user.prints(['chat'], { stdin: `Alpha\n${word}\nBeta\n` })).toBe('One\n');
    expect(user.server.requests).toHaveLength(1);
  });

  test('!multi takes lines up to !end, with a word where !end is one of them', async () => {
    const user = await userOf(saying('ok'));
    const stdin = '!multi\nOne\n\n  two\n!end\n!multi X\n!end\nis text\n!end X\n!multi\nto the end of input\n';
    await user.prints(['chat'], { stdin });
    const prompts = (await user.logged()).map(({ prompt }) => prompt);
    expect(prompts).toEqual(['One\n\n  two', '!end\nis text', 'to the end of input']);
  });

  test('!fragment puts a fragment before the next prompt, and that alone', async () => {
    const user = await userOf(saying('ok'));
    const file = user.write('notes.txt', 'Notes');
    const { code, stderr } = await user.run(['chat'], { stdin: `!fragment ${file}\nAlpha\nBeta\n` });
    expect({ code, stderr }).toEqual({ code: 0, stderr: `${file} goes before your next prompt\n` });
    expect(user.messages()).toEqual([asked('Notes\nAlpha'), said('ok'), asked('Beta')]);
  });

  test('!edit asks what the editor was closed with', async () => {
    const user = await userOf(saying('ok'));
    const editor = user.write('editor.sh', 'echo " and more" >>"$1"\n');
    await user.prints(['chat'], { stdin: '!edit Begun\n', env: { EDITOR: `sh ${editor}` } });
    expect(user.messages()).toEqual([asked('Begun and more')]);
  });

  test('!help says what there is, and asks nothing', async () => {
    const user = await userOf(saying('ok'));
    expect(await user.prints(['chat'], { stdin: '!help\n' })).toMatch(/!multi[^]*!edit[^]*!fragment/);
    expect(user.server.requests).toEqual([]);
  });

  test('goes on after an error, and ends with 1', async () => {
    const user = await userOf(refusing(400, 'nope'), saying('Two'));
    const { stdout, stderr, code } = await user.run(['chat'], { stdin: 'Alpha\nBeta\n' });
    expect({ stdout, code }).toEqual({ stdout: 'Two\n', code: 1 });
    expect(stderr).toMatch(/^Error: .*nope\n$/);
    expect((await user.kept()).map(({ status }) => status)).toEqual(['failed', undefined]);
  });

  test('goes on with -c: from what was said, with its tools', async () => {
    const user = await userOf(saying('One'));
    await user.prints(['chat', '-T', 'calculator'], { stdin: 'Alpha\n' });
    await user.prints(['chat', '-c'], { stdin: 'Beta\n' });
    expect(user.server.requests.at(-1)?.json).toMatchObject({
      messages: [asked('Alpha'), said('One'), asked('Beta')],
      tools: [{ function: { name: 'calculator' } }],
    });
    expect(new Set((await user.logged()).map(({ conversation_id }) => conversation_id)).size).toBe(1);
  });

  test('runs tools, and says so with --td', async () => {
    const user = await userOf(calling('calculator', { expression: '6 * 7' }), saying('It is 42.'));
    const { stdout, stderr, code } = await user.run(['chat', '-T', 'calculator', '--td'], { stdin: 'What is it?\n' });
    expect({ stdout, code }).toEqual({ stdout: 'It is 42.\n', code: 0 });
    expect(stderr).toContain('Tool result: calculator\n  42\n');
  });

  test('the attachments of a template go with the first line alone', async () => {
    const user = await userOf(saying('ok'));
    user.write('templates/look.yaml', 'attachment_types: [{type: image/png, value: "https://example.test/a.png"}]\n');
    await user.prints(['chat', '-t', 'look'], { stdin: 'Alpha\nBeta\n' });
    const sent = JSON.stringify(user.messages());
    expect([sent.split('a.png').length - 1, sent.includes('Beta')]).toEqual([1, true]);
  });

  test('a template makes a prompt of each line, and -n keeps all out of the log', async () => {
    const user = await userOf(saying('ok'));
    user.write('templates/fr.yaml', 'system: Translate.\nprompt: "To French: $input"\n');
    await user.prints(['chat', '-n', '-t', 'fr'], { stdin: 'one\ntwo\n' });
    expect(user.messages()).toEqual([
      { role: 'system', content: 'Translate.' },
      asked('To French: one'),
      said('ok'),
      asked('To French: two'),
    ]);
    expect(await user.logged()).toEqual([]);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with %i, and keeps what had come of an answer', async (signal, code) => {
    const user = await userOf(beginning('Hel'));
    const { child, prints, ended } = user.start(['chat'], { stdin: 'Alpha\nBeta\n' });
    await prints('Hel');
    child.kill(signal);
    expect(await ended).toMatchObject({ stdout: 'Hel', stderr: '', code });
    expect(user.server.requests).toHaveLength(1);
    expect(await user.logged()).toMatchObject([{ prompt: 'Alpha', response: 'Hel' }]);
  });

  test('a reader that leaves ends it with 0, and no further line is asked', async () => {
    const user = await userOf({ pieces: Array.from({ length: 500 }, () => chatDelta({ content: 'x'.repeat(9999) })) });
    const { child, prints, ended } = user.start(['chat'], { stdin: 'Alpha\nBeta\n' });
    await prints('x');
    child.stdout.destroy();
    expect(await ended).toMatchObject({ stderr: '', code: 0 });
    expect(user.server.requests).toHaveLength(1);
  });
});

needs('tmux').describe('on a terminal', () => {
  const terminals = new Terminals('chat');

  test('asks for a line, answers it, and leaves with Ctrl-D', async () => {
    const user = await userOf(saying('One'));
    await terminals.start(['chat'], { env: user.env });
    await terminals.shows('> ');
    await terminals.type('Alpha', 'Enter');
    await terminals.shows('> ', 2);
    await terminals.type('C-d');
    const { screen, code } = await terminals.end();
    expect(screen).toMatch(/^Chatting with openai\/m\n[^]*\n> Alpha\nOne\n>$/m);
    expect(code).toBe(0);
  });

  test('arrow up brings the line back that was typed before', async () => {
    const user = await userOf(saying('One'));
    await terminals.start(['chat'], { env: user.env });
    await terminals.shows('> ');
    await terminals.type('Alpha', 'Enter');
    await terminals.shows('> ', 2);
    await terminals.type('Up', '!', 'Enter');
    await terminals.shows('> ', 3);
    await terminals.type('exit', 'Enter');
    expect(await terminals.end()).toMatchObject({ code: 0 });
    expect(user.messages()).toEqual([asked('Alpha'), said('One'), asked('Alpha!')]);
  });

  test('Ctrl-C stops an answer; the next line goes on from what had come', async () => {
    const user = await userOf(beginning('Hel'), saying('Two'));
    await terminals.start(['chat'], { env: user.env });
    await terminals.shows('> ');
    await terminals.type('Alpha', 'Enter');
    await terminals.shows('Hel');
    await terminals.type('C-c');
    expect(await user.server.requests[0]?.closed).toBe('aborted');
    await terminals.shows('> ', 2);
    await terminals.type('Beta', 'Enter');
    await terminals.shows('> ', 3);
    await terminals.type('C-d');
    expect(await terminals.end()).toMatchObject({ code: 0 });
    expect(user.messages()).toEqual([asked('Alpha'), said('Hel'), asked('Beta')]);
    expect((await user.kept()).map(({ status }) => status)).toEqual(['aborted', undefined]);
  });

  test('Ctrl-C takes back a line that was begun, and leaves with 0 on an empty one', async () => {
    const user = await userOf(saying('One'));
    await terminals.start(['chat'], { env: user.env });
    await terminals.shows('> ');
    await terminals.type('Alpha', 'C-c');
    await terminals.shows('> ', 2);
    await terminals.type('C-c');
    expect(await terminals.end()).toMatchObject({ code: 0 });
    expect(user.server.requests).toEqual([]);
  });

  test('asks about the calls of tools, and then for the next line', async () => {
    const user = await userOf(calling('calculator', { expression: '6 * 7' }), saying('It is 42.'));
    await terminals.start(['chat', '--ta', '-T', 'calculator'], { env: user.env });
    await terminals.shows('> ');
    await terminals.type('Alpha', 'Enter');
    await terminals.shows('[y/N] ');
    await terminals.type('y', 'Enter');
    await terminals.shows('> ', 2);
    await terminals.type('C-d');
    const { screen, code } = await terminals.end();
    expect(screen).toMatch(/\nApprove tool call\? \[y\/N\] y\nIt is 42\.\n>$/);
    expect(code).toBe(0);
    expect(user.messages()).toMatchObject([{}, {}, { role: 'tool', content: '42' }]);
  });

  test('!edit opens the editor on the terminal, and asks what it was closed with', async () => {
    const user = await userOf(saying('One'));
    const editor = user.write('editor.sh', 'echo Editing; read -r line; echo "$line" >"$1"\n');
    await terminals.start(['chat'], { env: { ...user.env, EDITOR: `sh ${editor}` } });
    await terminals.shows('> ');
    await terminals.type('!edit', 'Enter');
    await terminals.shows('Editing');
    await terminals.type('Typed there', 'Enter');
    await terminals.shows('> ', 2);
    await terminals.type('C-d');
    expect(await terminals.end()).toMatchObject({ code: 0 });
    expect(user.messages()).toEqual([asked('Typed there')]);
  });
});
