// `rxllm logs list` as a process: what comes out of it, and where.
import { jest } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { toLlmRow } from 'rxllm/store';
import { instructed, run, turn, turnId, userFolder } from './support.ts';

jest.setTimeout(60_000);

const code = 'Look:\n```js\nlet a;\n```\nor\n```js\nlet b;\n```\n';

async function filled() {
  const user = userFolder();
  await user.log.append(instructed(1, 'Be brief', 'One', 'Uno\u001b[31m\u0000'), { thread: 'abc' });
  await user.log.append(instructed(2, 'Be brief', 'Two', 'Dos'), { thread: 'abc' });
  await user.log.append(turn(3, 'Three', code), { thread: 'xyz' });
  await user.log.append(turn(4, 'Four', '{"items":[{"a":1}]}'), { thread: 'abc', schema: { type: 'object' } });
  return user;
}

test('without a word is the list: the last three as Markdown, byte for byte through a pipe', async () => {
  const { folder } = await filled();
  const { stdout, stderr, code: exit } = await run(folder, ['-n', '4']);
  expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
  expect(stdout.match(/^# .*$/gm)).toEqual([
    `# 2026-03-04T05:06:01Z    conversation: abc id: ${turnId(1)}`,
    `# 2026-03-04T05:06:02Z    conversation: abc id: ${turnId(2)}`,
    `# 2026-03-04T05:06:03Z    conversation: xyz id: ${turnId(3)}`,
    `# 2026-03-04T05:06:04Z    conversation: abc id: ${turnId(4)}`,
  ]);
  expect(stdout).toContain('## Response\n\nUno\u001b[31m\u0000\n\n');
  expect(stdout.match(/## System/g)).toHaveLength(1);
  const three = await run(folder, ['list']);
  expect(three.stdout.match(/^# .*$/gm)).toHaveLength(3);
});

test('a thread is shown whole, by the beginning of its id or as the newest', async () => {
  const { folder, log } = await filled();
  await log.append(turn(5, 'Five', 'Cinco'), { thread: 'abc' });
  for (const args of [
    ['--cid', 'a', '-s'],
    ['-c', '-s'],
    ['--conversation', 'abc', '-s', '-n', '0'],
  ]) {
    expect((await run(folder, args)).stdout.match(/ {2}id: .*/g)).toEqual(
      [1, 2, 4, 5].map((second) => `  id: ${turnId(second)}`),
    );
  }
});

test('--json gives rows of llm, --lines lose nothing', async () => {
  const { folder, log } = await filled();
  const rows = await run(folder, ['--json', '--cid', 'abc', '--id-gt', turnId(1)]);
  const expected = [(await log.turn(turnId(2)))!, (await log.turn(turnId(4)))!].map(toLlmRow);
  expect(rows.stdout).toBe(`${JSON.stringify(expected, null, 2)}\n`);
  const lines = await run(folder, ['--lines', '-n', '1', '--schema', '{"type":"object"}']);
  expect(JSON.parse(lines.stdout)).toEqual({
    ...(await log.response(turnId(4))),
    rxllm: { thread: 'abc', schema: { type: 'object' } },
  });
  expect(lines.stdout.endsWith('}\n')).toBe(true);
  const cut = await run(folder, ['--json', '-t', '-n', '2']);
  expect(cut.stdout).toContain('Look:');
  expect((await run(folder, ['--json', '-m', 'nope'])).stdout).toBe('[]\n');
});

test('the last answer, or code of it', async () => {
  const { folder } = await filled();
  const out = async (...args: readonly string[]) => (await run(folder, args)).stdout;
  expect(await out('-r', '--cid', 'xyz')).toBe(`${code}\n`);
  expect(await out('-x', '--cid', 'xyz')).toBe('let a;\n\n');
  expect(await out('--xl', '-r', '--cid', 'xyz')).toBe('let b;\n\n');
  expect(await out('-r', '-q', 'dos')).toBe('Dos\n');
});

test('what answers with a schema say, also where others came after them', async () => {
  const { folder, log } = await filled();
  await log.append(turn(5, 'Five', '{"b":1}'));
  const out = async (...args: readonly string[]) => (await run(folder, args)).stdout;
  expect(await out('--data', '-n', '1')).toBe('{"items":[{"a":1}]}\n');
  expect(await out('--data-array', '--data-key', 'items')).toBe('[\n  {\n    "a": 1\n  }\n]\n');
  expect(await out('--data-key', 'items', '--data-ids')).toBe(
    `{"a":1,"response_id":"${turnId(4)}","conversation_id":"abc"}\n`,
  );
});

test('a schema is written as for a prompt, a model as an alias', async () => {
  const { folder, log } = await filled();
  const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
  const many = { type: 'object', properties: { items: { type: 'array', items: schema } }, required: ['items'] };
  await log.append(turn(5, 'Five', '{}'), { schema, model_name: 'groq/m' });
  await log.append(turn(6, 'Six', '{}'), { schema: many });
  fs.writeFileSync(path.join(folder, 'aliases.json'), '{"fast":"groq/m"}');
  const prompts = async (...args: readonly string[]) =>
    (await run(folder, [...args, '-s'])).stdout.match(/prompt: .*/g)?.map((line) => line.slice(8));
  expect(await prompts('--schema', JSON.stringify(schema))).toEqual(['Five']);
  expect(await prompts('--schema', 'name str')).toEqual(['Five']);
  expect(await prompts('--schema-multi', 'name str')).toEqual(['Six']);
  expect(await prompts('-m', 'fast')).toEqual(['Five']);
});

test('forms that exclude each other are wrong usage', async () => {
  const { folder } = userFolder();
  const wrong = [
    ['-s', '--json', '--json and -s cannot be used together'],
    ['-s', '-r', '-s and -r cannot be used together'],
    ['--lines', '-t', '--lines and -t cannot be used together'],
    ['--id-gt', 'a', '--id-gte', 'b', '--id-gt and --id-gte cannot be used together'],
    ['-n', '-1', "argument '-1' is invalid. It is a whole number, 0 or more."],
  ];
  for (const args of wrong) {
    const { stdout, stderr, code: exit } = await run(folder, args.slice(0, -1));
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 2 });
    expect(stderr).toContain(args.at(-1));
  }
});

test('no log is no error', async () => {
  const { folder, logs } = userFolder();
  const said = `There is no log yet; ${logs} has no turns.\n`;
  expect(await run(folder, [])).toEqual({ stdout: '', stderr: said, code: 0 });
  expect(await run(folder, ['--json'])).toEqual({ stdout: '[]\n', stderr: said, code: 0 });
  expect(await run(folder, ['check'])).toEqual({ stdout: '', stderr: said, code: 0 });
});

test('a thread or a log that cannot be is an error', async () => {
  const { folder } = await filled();
  expect(await run(folder, ['--cid', 'nope'])).toEqual({
    stdout: '',
    stderr: 'Error: the log has no thread "nope"; rxllm logs -s shows the newest\n',
    code: 1,
  });
  const file = new URL('program.ts', import.meta.url).pathname;
  expect((await run(folder, ['-d', file])).stderr).toBe(
    `Error: ${file} is a file, and a log is a folder; give -d another path\n`,
  );
});
