// A lock that is free again when its owner is dead. Only deleting takes it; appending needs none.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LlmError } from '../../values/error.ts';
import { codeOf, ensureFolder } from './folders.ts';

/**
 * Does the work while nobody else who asks for the same lock does. Waits for another owner; one that has died is found out
 * at once, by its process id, so all must be on one machine.
 *
 * @throws LlmError `storage` when another owner has it for longer than half a minute.
 */
export async function locked<T>(file: string, work: () => Promise<T>): Promise<T> {
  await ensureFolder(path.dirname(file));
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, `${process.pid} ${startOf(process.pid)}`, { mode: 0o600 });
  try {
    for (let tries = 0; !(await take(mine, file)); tries += 1) {
      if (tries === 600)
        throw new LlmError(
          'storage',
          `${file} is held by process ${parseInt((await ownerOf(file)) ?? '')}; try again later`,
        );
      await wait(50);
    }
    try {
      return await work();
    } finally {
      await unlink(file);
    }
  } finally {
    await unlink(mine);
  }
}

async function take(mine: string, file: string): Promise<boolean> {
  try {
    // Unlike a rename it fails where the file is there.
    await link(mine, file);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const owner = await ownerOf(file);
  if (owner !== undefined && !isAlive(owner)) await remove(file, owner);
  return false;
}

/** Takes away the lock of a dead owner, unless somebody else has done so and taken it meanwhile: then it is put back. */
async function remove(file: string, owner: string): Promise<void> {
  const away = `${file}.${randomUUID()}`;
  try {
    await rename(file, away);
    if ((await ownerOf(away)) !== owner) await link(away, file);
    await unlink(away);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error;
  }
}

async function ownerOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(owner: string): boolean {
  const [pid, start = ''] = owner.split(' ');
  // Nothing is in it when the machine stopped before it was on the disk.
  if (!(Number(pid) > 0)) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // Somebody else's process is one, too.
    if (codeOf(error) !== 'EPERM') return false;
  }
  return startOf(Number(pid)) === start;
}

/** When a process began, where the platform says so: its number may be that of another one later. */
function startOf(pid: number): string {
  try {
    // After the name, which may hold anything; man 5 proc.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
