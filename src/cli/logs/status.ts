// `rxllm logs status` and `check`: what there is, and whether it is whole.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, namesIn } from '../../store/lowdb/folders.ts';
import type { Damage } from '../../store/lowdb/damage.ts';
import { LlmError } from '../../values/error.ts';
import { stderr, stdout } from '../output.ts';
import { hasLog, isLoggingOn, logFolder, offFile, openLogFolder, tellDamage } from './userLog.ts';

/** Says whether logging is on and why, how much there is, and how much of it is damaged. */
export async function showStatus({ database }: { readonly database?: string }): Promise<void> {
  const folder = logFolder(database);
  const isOn = isLoggingOn();
  stdout.line(`Logging is ${isOn ? 'on' : 'off'}, because there is ${isOn ? 'no' : 'a'} file ${offFile()}`);
  if (!hasLog(folder)) {
    stdout.line(`There is no log yet; ${folder} has no turns.`);
    return;
  }
  const { onDamage, damages } = collectDamage();
  const log = await openLogFolder(folder, onDamage);
  const threads = new Set<string>();
  let turns = 0;
  for await (const { thread } of log.records({}, 'newest')) {
    turns += 1;
    threads.add(thread);
  }
  const unread = damages.filter(({ setAside }) => setAside === undefined);
  const lines = {
    Folder: folder,
    Threads: threads.size,
    Turns: turns,
    Size: sizeText(await folderSize(folder)),
    'Damaged files': setAsideIn(folder).length + unread.length,
  };
  for (const [name, value] of Object.entries(lines)) stdout.line(`${`${name}:`.padEnd(15)}${value}`);
}

/** Reads all of the log. Rejects with `storage` where something is damaged or lost. */
export async function checkLog({ database }: { readonly database?: string }): Promise<void> {
  const folder = logFolder(database);
  if (!hasLog(folder)) {
    stderr.line(`There is no log yet; ${folder} has no turns.`);
    return;
  }
  const { onDamage, damages } = collectDamage();
  const log = await openLogFolder(folder, onDamage);
  let turns = 0;
  let broken = 0;
  for await (const { id, parent } of log.records({}, 'oldest')) {
    turns += 1;
    const turn = await log.turn(id);
    const lost = turn?.missing?.length ?? 0;
    const isOrphan = parent !== undefined && !(await log.turn(parent));
    if (lost === 0 && !isOrphan) continue;
    broken += 1;
    const what = lost > 0 ? `lacks ${lost} of its messages` : `lacks its history: turn ${parent ?? ''} is lost`;
    stderr.line(`Turn ${id} ${what}`, 'yellow');
  }
  const setAside = setAsideIn(folder);
  for (const file of setAside) stderr.line(`Set aside: ${file}`, 'yellow');
  const files = setAside.length + damages.filter((damage) => damage.setAside === undefined).length;
  if (files === 0 && broken === 0) {
    stdout.line(`${count(turns, 'turn')}, all of them whole`);
    return;
  }
  const what = `${count(files, 'file')} cannot be used, and ${broken} of ${count(turns, 'turn')} ${broken === 1 ? 'is' : 'are'} not whole`;
  throw new LlmError('storage', `the log in ${folder} is damaged: ${what}`);
}

/** `1 turn`, `2 turns`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** Tells damage, each file once, and keeps it. */
export function collectDamage(): { readonly onDamage: (damage: Damage) => void; readonly damages: readonly Damage[] } {
  const tell = tellDamage();
  const damages = new Map<string, Damage>();
  return {
    onDamage(damage) {
      damages.set(damage.path, damage);
      tell(damage);
    },
    get damages() {
      return [...damages.values()];
    },
  };
}

/** Files that were damaged when they were read, now or before. */
function setAsideIn(folder: string): readonly string[] {
  return namesIn(path.join(folder, 'damaged')).map((name) => path.join(folder, 'damaged', name));
}

async function folderSize(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    try {
      bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
    } catch (error) {
      // Somebody else has just deleted it.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return bytes;
}

function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
