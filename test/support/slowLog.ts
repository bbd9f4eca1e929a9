// A log that answers some turns of the event loop later, as one behind a network does.
import type { HubLog } from 'rxllm/server';

/** The same log, but nothing takes effect at once; in the order of the calls all the same. */
export function slowLog(log: HubLog, turns = 3): HubLog {
  let last: Promise<unknown> = Promise.resolve();
  function later<T>(call: () => T): Promise<Awaited<T>> {
    const done = last.then(() => pause(turns)).then(call) as Promise<Awaited<T>>;
    last = done.catch(() => undefined);
    return done;
  }
  return {
    append: (key, entry) => later(() => log.append(key, entry)),
    read: (key, range) => later(() => log.read(key, range)),
    trim: (key, through) => later(() => log.trim(key, through)),
    delete: (key) => later(() => log.delete(key)),
  };
}

async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
