// Plays the faults to the contenders of faults.js, each under a path of its own, and tells when its connections closed.
// Run by tsx, in a process of its own: a client that keeps its process busy does not delay what is seen here.
import { faults, helloWorld } from '../support/faults.ts';
import { startFaultServer } from '../support/faultServer.ts';
import { chatWire } from '../support/faultWires.ts';

const byId = new Map(faults.map((fault) => [fault.id, fault]));
/** Path to what came for it: when, and when the connection closed. */
const seen = new Map();

const main = await startFaultServer((request) => {
  const { path } = request;
  const at = { openedAt: Date.now() };
  seen.set(path, [...(seen.get(path) ?? []), at]);
  void request.closed.then(() => (at.closedAt = Date.now()));
  return byId.get(path.split('/')[1]).script(chatWire, { path, other: main.url });
});
const resetting = await startFaultServer(() => [], { resetsConnections: true });

/** What the bench has to know of a fault: where it is, and what the answer would be. */
function describe({ id, script, nowhere, leaves, expected }) {
  const steps = script?.(chatWire, { path: '/', other: main.url }) ?? [];
  return {
    id,
    leaves,
    origin: nowhere === 'reset' ? resetting.url : main.url,
    isWhole: expected.end === 'done',
    kept: expected.kept,
    /** The server leaves the connection to the client. */
    staysOpen: ['stay', 'repeat'].includes(steps.at(-1)?.do),
  };
}

process.on('message', ({ path }) => process.send({ path, requests: seen.get(path) ?? [] }));
// Gated ones need an open gate, those at other places another server: none of them is asked for.
process.send({ helloWorld, faults: faults.filter(({ isGated }) => !isGated).map(describe) });
