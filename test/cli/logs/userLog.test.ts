// The log that prompts and chats are kept in.
import fs from 'node:fs';
import path from 'node:path';
import { openUserLog } from '../../../src/cli/logs/userLog.ts';
import { filesIn, turn, userFolder } from './support.ts';

const before = process.env.RXLLM_USER_PATH;

afterEach(() => {
  if (before === undefined) delete process.env.RXLLM_USER_PATH;
  else process.env.RXLLM_USER_PATH = before;
});

test('is in the folder of the user, or in another', async () => {
  const { folder, logs } = userFolder();
  process.env.RXLLM_USER_PATH = folder;
  await (await openUserLog())!.append(turn(1, 'Hi', 'Hello'));
  expect(filesIn(logs, 'turns')).toHaveLength(1);
  const other = path.join(folder, 'other');
  await (await openUserLog({ database: other }))!.append(turn(1, 'Hi', 'Hello'));
  expect(filesIn(other, 'turns')).toHaveLength(1);
});

test('is none where logging is off, for this once or by the file logs-off', async () => {
  const { folder } = userFolder();
  process.env.RXLLM_USER_PATH = folder;
  expect(await openUserLog({ log: false })).toBeUndefined();
  fs.writeFileSync(path.join(folder, 'logs-off'), '');
  expect(await openUserLog()).toBeUndefined();
  expect(await openUserLog({ database: path.join(folder, 'other') })).toBeUndefined();
  expect(await openUserLog({ log: true })).toBeDefined();
});

test('is no file', async () => {
  const { folder } = userFolder();
  const file = path.join(folder, 'logs.db');
  fs.writeFileSync(file, '');
  await expect(openUserLog({ database: file })).rejects.toMatchObject({
    code: 'invalid_input',
    message: `${file} is a file, and a log is a folder; give -d another path`,
  });
  await expect(openUserLog({ database: '' })).rejects.toMatchObject({ code: 'invalid_input' });
});
