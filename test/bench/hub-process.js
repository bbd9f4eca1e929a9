// What the server processes of the hub benchmark share.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Nobody is asked whether they are there while it is measured, in milliseconds. */
export const never = 600_000;

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc');

/** Starts the server, and the clients in a process of their own; resolves when all have shaken hands. */
export async function forkClients(server, contender, count) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const child = fork(fileURLToPath(new URL('hub-clients.js', import.meta.url)), [contender, port, count], {
    execArgv: [],
  });
  child.on('exit', () => process.exit(1));
  await once(child, 'message');
  return {
    /** Resolves when all that read have a whole stream. */
    received: () => once(child, 'message'),
    /** Makes so many of them read no more. */
    pause(paused) {
      child.send(paused);
      return once(child, 'message');
    },
  };
}

/** Calls a function with 0, 1, 2 … so many times, once in a turn of the event loop. */
export function play(ticks, tick) {
  return new Promise((resolve) => {
    let at = 0;
    const turn = () => {
      tick(at);
      at += 1;
      if (at < ticks) setImmediate(turn);
      else resolve();
    };
    setImmediate(turn);
  });
}
