// The results of tools as messages.
import { toolMessage, user } from '../values/builders.ts';
import type { Message } from '../values/message.ts';
import type { ToolResultPart } from '../values/part.ts';
import { withoutFiles } from '../values/withoutFiles.ts';

/** A message of the results, and one of the files that they brought: providers take no files in tool messages. */
export function resultMessages(results: readonly ToolResultPart[]): readonly Message[] {
  const files = results.flatMap(({ attachments = [] }) => attachments);
  return [
    ...(results.length > 0 ? [toolMessage(results.map(withoutFiles))] : []),
    ...(files.length > 0 ? [user(files.map((attachment) => ({ type: 'attachment' as const, attachment })))] : []),
  ];
}
