// The id of a new conversation.
import { asyncScheduler } from 'rxjs';
import { newId } from '../response/id.ts';

export function newThread(): string {
  return newId(asyncScheduler);
}
