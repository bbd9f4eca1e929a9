// Time that goes on while a server is silent: the virtual time of the response, moved when the client has all that was
// sent.
import type { VirtualTimeScheduler } from 'rxjs';
import type { FaultRequest } from '../support/faultServer.ts';
import type { Cell } from './cell.ts';
import { hasCaughtUp, turn } from './clientSockets.ts';

/** Longer than anything that is silent may be waited for. */
const longest = 3_600_000;

/** Between two signs of life; a divisor of all limits. */
const stepMs = 40_000;

export interface Passing {
  readonly cell: Cell;
  readonly request: Promise<FaultRequest>;
  readonly scheduler: VirtualTimeScheduler;
  /** What is to be there before time goes on. */
  readonly kept: string;
}

/** Moves the time until the response ends; true if it does not. */
export async function passSilence({ cell, request, scheduler, kept }: Passing): Promise<boolean> {
  await readAll(await request, cell, kept);
  scheduler.flush();
  for (let turns = 0; turns < 20 && !cell.hasEnded(); turns++) await turn();
  return hangs(cell);
}

/** The same with a sign of life within every step. */
export async function passSigns({ cell, request, scheduler, kept }: Passing): Promise<boolean> {
  const sending = await request;
  await readAll(sending, cell, kept);
  while (!cell.hasEnded() && scheduler.frame < longest) {
    await sending.nextWrite();
    await hasCaughtUp(sending);
    scheduler.schedule(() => undefined, stepMs);
    scheduler.maxFrames = scheduler.frame + stepMs;
    scheduler.flush();
  }
  return hangs(cell);
}

async function readAll(request: FaultRequest, cell: Cell, kept: string): Promise<void> {
  await request.played;
  await hasCaughtUp(request);
  for (let turns = 0; turns < 1000 && cell.text() !== kept && !cell.hasEnded(); turns++) await turn();
}

function hangs(cell: Cell): boolean {
  if (cell.hasEnded()) return false;
  cell.response.abort('it hangs');
  return true;
}
