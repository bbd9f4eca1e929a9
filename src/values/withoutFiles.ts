// A result of a tool without the files that it brought.
import type { ToolResultPart } from './part.ts';

/** The same result without its files: in a history they stand in a message of the user's after the results. */
export function withoutFiles({ attachments: _, ...result }: ToolResultPart): ToolResultPart {
  return result;
}
