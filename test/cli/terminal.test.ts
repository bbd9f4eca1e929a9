// `rxllm` in a real terminal: what is on the screen, and that a model cannot steer it.
import { jest } from '@jest/globals';
import { chatDelta, chatStream } from '../support/cli.ts';
import { ensureBuilt } from '../support/dist.ts';
import { needs } from '../support/needs.ts';
import type { Answer } from '../support/servers.ts';
import { Terminals } from './tmux.ts';
import { beginning, refusing, userOf } from './user.ts';

jest.setTimeout(10_000);
beforeAll(() => ensureBuilt(), 180_000);

needs('tmux').describe('in a terminal', () => {
  const terminals = new Terminals('prompt');

  /** Asks for this answer in a new terminal. */
  async function ask(
    answer: Answer,
    args: readonly string[] = [],
    env: Readonly<Record<string, string | undefined>> = {},
  ) {
    const user = await userOf(answer);
    await terminals.start([...args, 'Hi'], { env: { ...user.env, ...env } });
    return user;
  }

  const thoughtful = { pieces: chatStream({ reasoning_content: 'Let me think' }, { content: 'Hello' }) };

  test('reasoning is dim and stands above the text, with an empty row between', async () => {
    await ask(thoughtful, [], { NO_COLOR: undefined });
    const { screen, code } = await terminals.end({ colors: true });
    expect(screen.replaceAll('\u001b', 'ESC')).toMatch(
      /^ESC\[2mLet me think(?:ESC\[\d*m)*\n(?:ESC\[\d*m)*\n(?:ESC\[\d*m)*Hello/,
    );
    expect(code).toBe(0);
  });

  test('nothing is coloured when NO_COLOR asks for that', async () => {
    await ask(thoughtful, [], { NO_COLOR: '1' });
    expect((await terminals.end({ colors: true })).screen).toBe('Let me think\n\nHello');
  });

  test('Markdown is rendered; with --no-markdown, and on a terminal that can nothing, it is as it came', async () => {
    const table = 'A table:\n\n| a | b |\n|---|---|\n| long cell | c |\n\n- one\n- two\n';
    const answer = { pieces: chatStream({ content: table }) };
    await ask(answer);
    const { screen } = await terminals.end();
    expect(screen).toMatch(/^A table:\n/);
    expect(screen).toMatch(/│|┃/);
    expect(screen).toMatch(/• one\n.*• two/);
    await ask(answer, ['--no-markdown']);
    expect((await terminals.end()).screen).toBe(table);
    await ask(answer, [], { TERM: 'dumb' });
    expect((await terminals.end()).screen).toBe(table);
  });

  const steering = {
    pieces: chatStream(
      { reasoning_content: '\u001b]0;title\u0007' },
      ...['a\u001b', '[31mred', '\u009b2J', '\r\u0007\u007f', '\u202etxt', '\tb\n', '\ud83d', '\ude00'].map(
        (content) => ({
          content,
        }),
      ),
    ),
  };

  test('what could steer the terminal is spelled out, wherever it was cut', async () => {
    await ask(steering, ['--no-markdown'], { LC_ALL: 'C.UTF-8' });
    const { screen } = await terminals.end();
    expect(screen.replace(/\s+b\n/, '\tb\n')).toBe(
      String.raw`\x1b]0;title\x07` + '\n' + String.raw`a\x1b[31mred\x9b2J\x0d\x07\x7f\u202etxt` + '\tb\n😀',
    );
  });

  test('so it is in Markdown', async () => {
    await ask(steering, [], { LC_ALL: 'C.UTF-8' });
    const { screen } = await terminals.end();
    expect(screen).toContain(String.raw`\x1b]0;title\x07`);
    expect(screen).toContain(String.raw`a\x1b[31mred\x9b2J`);
    expect(screen).toContain(String.raw`\x07\x7f\u202etxt`);
    expect(screen).toContain('😀');
  });

  test('and in the error of a server', async () => {
    await ask(refusing(400, 'no\u001b[2J\u202e!'));
    const { screen, code } = await terminals.end();
    expect(screen.replaceAll('\n', '')).toContain(String.raw`no\x1b[2J\u202e!`);
    expect(code).toBe(1);
  });

  test.each([[[]], [['--no-markdown']]])('an answer cut short ends its line before the error: %j', async (args) => {
    await ask({ pieces: [chatDelta({ content: 'Hel' })] }, args);
    const { screen, code } = await terminals.end();
    expect(screen).toMatch(/^Hel\nError: /);
    expect(code).toBe(1);
  });

  test.each([[[]], [['--no-markdown']]])('Ctrl-C closes the request and ends the line: %j', async (args) => {
    const user = await ask(beginning('Hel'), args);
    await terminals.shows('Hel');
    await terminals.type('C-c');
    expect(await user.server.requests[0]?.closed).toBe('aborted');
    const { screen, code } = await terminals.end();
    expect(screen).toMatch(/^Hel(?:\^C)?$/);
    expect(code).toBe(130);
    expect(await user.logged()).toMatchObject([{ response: 'Hel' }]);
  });
});
