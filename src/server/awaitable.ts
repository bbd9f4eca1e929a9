// What may be there at once or later: no Promise hop where it is there at once.
import { isThenable } from '../tools/settle.ts';

export type Awaitable<T> = T | PromiseLike<T>;

/** Calls `use` with the value, and `fail` with what goes wrong, in `use` too; synchronously where the value is there. */
export function whenReady<T>(make: () => Awaitable<T>, use: (value: T) => void, fail: (error: unknown) => void): void {
  const take = (value: T) => {
    try {
      use(value);
    } catch (error) {
      fail(error);
    }
  };
  let value: Awaitable<T>;
  try {
    value = make();
  } catch (error) {
    fail(error);
    return;
  }
  if (isLater(value)) value.then(take, fail);
  else take(value);
}

function isLater<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return isThenable(value);
}
