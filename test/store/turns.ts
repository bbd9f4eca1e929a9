// What tests of the log have in common: turns that are made by number, and all that a log has, at once.
import { firstValueFrom, toArray, type Observable } from 'rxjs';
import { assistant, user, type ResponseJSON } from 'rxllm';
import type { LoggedTurn } from 'rxllm/store';

const first = Date.UTC(2026, 0, 1);

/** Turn `number` began so many minutes into 2026. */
export function timeOf(number: number): Date {
  return new Date(first + 60_000 * number);
}

/** A turn, on the history of the one before where that is given. */
export function turnOf(number: number, changes: Partial<ResponseJSON> = {}, before?: ResponseJSON): ResponseJSON {
  const history = before ? [...before.prompt.messages, ...before.messages] : [];
  return {
    model: 'model-a',
    prompt: { messages: [...history, user(`question ${number}`)] },
    messages: [assistant(`answer ${number}`)],
    id: `turn-${number}`,
    datetime_utc: timeOf(number).toISOString(),
    ...changes,
  };
}

/** The values, when it has completed. */
export function all<T>(source: Observable<T>): Promise<readonly T[]> {
  return firstValueFrom(source.pipe(toArray()));
}

export async function idsOf(turns: Observable<LoggedTurn>): Promise<readonly string[]> {
  return (await all(turns)).map(({ id }) => id);
}
