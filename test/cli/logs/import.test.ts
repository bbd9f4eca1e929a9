// Turns that come from a file.
import { jest } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { exportTurns, toLlmRow } from 'rxllm/store';
import { run, turn, turnId, userFolder } from './support.ts';

jest.setTimeout(60_000);

async function source() {
  const user = userFolder();
  await user.log.append(turn(1, 'One\u2028\u2029\r', 'Uno 😀'), { thread: 'abc' });
  await user.log.append(turn(2, 'Two', '"conversation_id"'), { thread: 'abc', schema: { type: 'object' } });
  return user;
}

test('lines come back as they were, the second time changes nothing', async () => {
  const from = await source();
  const { folder, log } = userFolder();
  const { stdout: lines } = await run(from.folder, ['--lines', '-n', '0']);
  const file = path.join(folder, 'turns.jsonl');
  fs.writeFileSync(file, `\uFEFF\n${lines}`);
  expect(await run(folder, ['import', file])).toEqual({ stdout: 'Imported 2 turns\n', stderr: '', code: 0 });
  expect(await lastValueFrom(exportTurns(log).pipe(toArray()))).toEqual(
    await lastValueFrom(exportTurns(from.log).pipe(toArray())),
  );
  expect((await run(folder, ['import', '-'], lines)).stdout).toBe('Imported 0 turns; 2 were there already\n');
});

test('an array of rows of llm, or a row a line', async () => {
  const from = await source();
  const rows = [(await from.log.turn(turnId(1)))!, (await from.log.turn(turnId(2)))!].map(toLlmRow);
  const texts = [JSON.stringify(rows, null, 2), rows.map((row) => JSON.stringify(row)).join('\n')];
  for (const text of texts) {
    const { folder, log } = userFolder();
    expect(await run(folder, ['import', '-'], text)).toEqual({ stdout: 'Imported 2 turns\n', stderr: '', code: 0 });
    expect(toLlmRow((await log.turn(turnId(1)))!)).toEqual(rows[0]);
    expect(await log.turn(turnId(2))).toMatchObject({ thread: 'abc', details: { schema: { type: 'object' } } });
  }
});

test('lines have no character that some readers end a line at', async () => {
  const { folder, log } = userFolder();
  const message = { role: 'user' as const, parts: [{ type: 'text' as const, text: 'a\u2028b' }] };
  await log.append({ model: 'm', prompt: { messages: [message] }, messages: [] });
  const { stdout } = await run(folder, ['--lines']);
  expect([stdout.includes('\u2028'), stdout.includes(String.raw`a\u2028b`)]).toEqual([false, true]);
});

test('what is neither is told with its place; what stands before is kept', async () => {
  const from = await source();
  const { stdout: line } = await run(from.folder, ['--lines', '-n', '1']);
  const { folder, log } = userFolder();
  const importing = async (text: string) => (await run(folder, ['import', '-'], text)).stderr;
  expect(await importing(`${line}{"a":1}\n`)).toBe(
    'Error: standard input: line 2: this is not the JSON of a response: model is null\n'.replace('null', 'undefined'),
  );
  expect(await log.turn(turnId(2))).toBeDefined();
  expect(await importing('{"conversation_id"\n')).toContain('Error: standard input: line 1 is not JSON: ');
  expect(await importing('[{]')).toContain('Error: standard input: it is no array of JSON: ');
  expect(await importing('[{"conversation_id":"abc","prompt":"Hi"}]')).toContain('this is no row of llm logs --json');
  const missing = path.join(folder, 'nope.jsonl');
  expect(await run(folder, ['import', missing])).toMatchObject({ stdout: '', code: 1 });
  expect((await run(folder, ['import', missing])).stderr).toContain(`Error: ${missing} cannot be read: `);
});
