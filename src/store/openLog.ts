// The log that is kept by default: in a folder, by lowdb.
import { createLog, type Log, type LogOptions } from './log.ts';
import { lowdbAdapter, type LowdbOptions } from './lowdb/lowdbAdapter.ts';

/**
 * The log in a folder, which is made where it is missing.
 *
 * @example
 * const log = openLog('./logs');
 * await log.append((await response.share()).toJSON());
 */
export function openLog(folder: string, options: LogOptions & LowdbOptions = {}): Log {
  return createLog(lowdbAdapter(folder, options), options);
}
