// What is kept, and what needs a file system.
export { messageHash, type ContentHash } from './contentHash.ts';
export { fromLlmRow, toLlmRow } from './llmRows.ts';
export {
  createLog,
  type Appended,
  type AppendOptions,
  type Deleted,
  type Log,
  type LogFilter,
  type LogOptions,
  type SearchOptions,
} from './log.ts';
export type { LogAdapter, TurnQuery } from './logAdapter.ts';
export { logConformance, type ConformanceTest } from './logConformance.ts';
export { logTo, type LogToOptions } from './logTo.ts';
export type { Damage } from './lowdb/damage.ts';
export { lowdbAdapter, type LowdbOptions } from './lowdb/lowdbAdapter.ts';
export { memoryAdapter } from './memoryLog.ts';
export { openLog } from './openLog.ts';
export { exportTurns, importTurns, type Imported, type TurnLine } from './turnLines.ts';
export type { LoggedTurn, TurnDetails, TurnRecord } from './turnRecord.ts';
export { withLocalFiles, type LocalFilesOptions } from './withLocalFiles.ts';
export { withoutTurns, type Deletion } from './withoutTurns.ts';
