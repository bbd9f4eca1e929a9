// What is wrong with the address of an event: an id, or a cursor.
import { fromCursor, type Position } from '../protocol/cursor.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';

/** Unknown and forbidden ids are answered alike. */
export function unknownStream(id: string): LlmError {
  return new LlmError('not_found', `there is no stream ${describe(id)}`);
}

/** @throws LlmError `invalid_input` for what is no cursor. */
export function toPosition(cursor: string): Position {
  const position = fromCursor(cursor);
  if (position) return position;
  throw new LlmError('invalid_input', `${describe(cursor)} is no cursor; one comes with each event`);
}
