// What is done with the log besides looking at it.
import { jest } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { assistant, user as asUser } from 'rxllm';
import { openLog } from 'rxllm/store';
import { filesIn, run, turn, turnId, userFolder } from './support.ts';

jest.setTimeout(60_000);

async function filled() {
  const user = userFolder();
  await user.log.append(turn(1, 'One', 'Uno'), { thread: 'abc' });
  const messages = [asUser('One'), assistant('Uno'), asUser('Two')];
  await user.log.append(turn(2, 'Two', 'Dos', { prompt: { messages } }), { thread: 'abc' });
  await user.log.append(turn(3, 'Three', 'Tres'), { thread: 'xyz' });
  return user;
}

/** Changes the file of the log that has this text. */
function damage(logs: string, text: string): string {
  const file = filesIn(logs, 'messages').find((name) => fs.readFileSync(name, 'utf8').includes(text))!;
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(text, 'other'));
  return file;
}

const inOrder = async (logs: string) => {
  const turns = await lastValueFrom(openLog(logs).list().pipe(toArray()));
  return turns.map(({ id, missing, ...rest }) => ({ id, missing, ...rest })).toReversed();
};

test('path, status, off and on', async () => {
  const { folder, logs } = await filled();
  const off = path.join(folder, 'logs-off');
  expect((await run(folder, ['path'])).stdout).toBe(`${logs}\n`);
  const status = await run(folder, ['status']);
  expect(status.stdout).toMatch(
    /^Logging is on, because there is no file .*logs-off\nFolder: .*\nThreads: +2\nTurns: +3\nSize: +[\d.]+ kB\nDamaged files: 0\n$/,
  );
  expect(await run(folder, ['off'])).toMatchObject({ stdout: '', code: 0 });
  expect(fs.statSync(off).mode & 0o777).toBe(0o600);
  expect((await run(folder, ['status'])).stdout).toContain(`Logging is off, because there is a file ${off}\n`);
  expect(await run(folder, ['on'])).toMatchObject({ stdout: '', stderr: 'Logging is on.\n', code: 0 });
  expect(fs.existsSync(off)).toBe(false);
});

test('status of what is not there yet', async () => {
  const { folder, logs } = userFolder();
  const { stdout, code } = await run(folder, ['status']);
  expect(stdout).toContain(`There is no log yet; ${logs} has no turns.\n`);
  expect(code).toBe(0);
  expect(fs.existsSync(logs)).toBe(false);
});

test('damage is told once, with its path, and what is whole is shown', async () => {
  const { folder, logs } = await filled();
  const file = damage(logs, 'Uno');
  const { stdout, stderr, code } = await run(folder, ['list']);
  expect(code).toBe(0);
  expect(
    stderr.match(/^Warning: .* cannot be used: it is not what its name says; it was set aside as .*$/gm),
  ).toHaveLength(1);
  expect(stderr).toContain(`Warning: ${file} `);
  expect(stdout).toContain('Lost: 1 of its messages');
  expect(stdout).toContain('Dos');
  expect((await run(folder, ['status'])).stdout).toContain('Damaged files: 1\n');
});

test('check reads all, and fails where something is damaged, each time', async () => {
  const { folder, logs } = await filled();
  expect(await run(folder, ['check'])).toEqual({ stdout: '3 turns, all of them whole\n', stderr: '', code: 0 });
  damage(logs, 'Uno');
  for (let time = 0; time < 2; time += 1) {
    const { stdout, stderr, code } = await run(folder, ['check']);
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toContain(`Turn ${turnId(1)} lacks 1 of its messages\n`);
    expect(stderr).toContain('is damaged: 1 file cannot be used, and 1 of 3 turns is not whole\n');
  }
});

test('check tells a turn whose history is lost', async () => {
  const { folder, logs } = await filled();
  for (const file of filesIn(logs, 'turns')) if (file.includes(turnId(1))) fs.rmSync(file);
  const { stderr, code } = await run(folder, ['check']);
  expect(code).toBe(1);
  expect(stderr).toContain(`Turn ${turnId(2)} lacks its history: turn ${turnId(1)} is lost\n`);
});

test('a backup is the same log, in a folder that was not there', async () => {
  const { folder, logs, log } = await filled();
  const copy = path.join(folder, 'new', 'copy');
  expect(await run(folder, ['backup', copy])).toEqual({ stdout: `Copied 3 turns to ${copy}\n`, stderr: '', code: 0 });
  expect(await inOrder(copy)).toEqual(await inOrder(logs));
  expect(await openLog(copy).response(turnId(2))).toEqual(await log.response(turnId(2)));
  expect(fs.statSync(copy).mode & 0o777).toBe(0o700);
  expect(fs.readdirSync(path.dirname(copy))).toEqual(['copy']);
  const again = await run(folder, ['backup', copy]);
  expect(again).toMatchObject({ stdout: '', code: 1 });
  expect(again.stderr).toContain(`Error: ${copy} is there already`);
});

test('a backup of a damaged log has what is whole, and says so', async () => {
  const { folder, logs } = await filled();
  damage(logs, 'Uno');
  const copy = path.join(folder, 'copy');
  const { stdout, stderr, code } = await run(folder, ['backup', copy]);
  expect({ stdout, code }).toEqual({ stdout: `Copied 3 turns to ${copy}\n`, code: 1 });
  expect(stderr).toContain(`1 turn of the log is not whole, nor in the copy: ${turnId(1)}\n`);
  expect((await inOrder(copy)).map(({ missing }) => missing?.length)).toEqual([1, undefined, undefined]);
});

test('a turn, a thread, or what began before is deleted', async () => {
  const { folder, log } = await filled();
  expect(await run(folder, ['delete', '--turn', turnId(1), '-y'])).toMatchObject({
    stdout: 'Deleted 1 turn\n',
    code: 0,
  });
  expect((await log.response(turnId(2)))?.prompt.messages).toHaveLength(3);
  expect(await run(folder, ['delete', '--before', '2026-03-04T05:06:02', '-y'])).toMatchObject({
    stdout: 'Deleted 0 turns\n',
  });
  expect(await run(folder, ['delete', '--before', '2026-03-04 06:06:03+01:00', '-y'])).toMatchObject({
    stdout: 'Deleted 1 turn\n',
  });
  expect(await run(folder, ['delete', '--cid', 'x', '-y'])).toMatchObject({ stdout: 'Deleted 1 turn\n' });
  expect(await lastValueFrom(log.list().pipe(toArray()))).toEqual([]);
});

test('nothing is deleted where nobody can be asked, or nothing is said', async () => {
  const { folder, log } = await filled();
  const asked = await run(folder, ['delete', '--cid', 'abc'], 'y\n');
  expect(asked).toMatchObject({ stdout: '', code: 1 });
  expect(asked.stderr).toContain('standard input is no terminal; give -y');
  const wrong = [
    ['delete', '-y'],
    ['delete', '-y', '--cid', 'abc', '--turn', turnId(1)],
    ['delete', '-y', '--before', '2026-02-31'],
    ['delete', '-y', '--before', 'yesterday'],
  ];
  for (const args of wrong) expect((await run(folder, args)).code).toBe(2);
  expect(await lastValueFrom(log.list().pipe(toArray()))).toHaveLength(3);
});
