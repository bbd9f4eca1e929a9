// What does it cost to have many watch one run? CPU of a server that sends a stream to many sockets, as a ratio to frames
// made before and written to bare sockets, at one event a tick and at 32; what one client that does not read costs the
// others; and what a subscriber of a shared response costs in process.
import { interleave, machine, measure, median, pairedRatio, table } from './lib.js';

const names = {
  bare: 'bare sockets, prepared frames',
  ws: 'ws, prepared buffers',
  rxllm: 'rxllm hub',
  'socket.io': 'socket.io, one room',
};
const contenders = Object.keys(names);
const clients = 100;
/** Of a stream that is measured, and of one that warms up. */
const ticks = 600;
const warmUpTicks = 2000;
const batches = [1, 32];
/** So much of the ratio is allowed at each batch size. */
const limits = { 1: 1.3, 32: 1.5 };

const others = 99;
const pausedRounds = 9;
const pausedEvents = [3000, 4096];
const cap = 1024 * 1024;

const subscribers = 1000;
const sharers = { plain: 'a loop over callbacks', subject: 'rxjs Subject', share: 'share() of rxllm' };

const cpu = ({ cpuMs }) => cpuMs;

/** @returns Markdown, and where it stands. */
export async function hub(rounds) {
  const sections = [await broadcasts(rounds), await paused(Math.max(rounds, pausedRounds)), await share(rounds)];
  const when = `Measured on ${new Date().toISOString().slice(0, 10)} by \`npm run bench -- hub --rounds ${rounds}\`. ${machine()}.`;
  return { markdown: [when, ...sections].join('\n\n'), place: { file: 'hub.md', name: 'bench' } };
}

async function broadcasts(rounds) {
  const heading = batches.flatMap((events) => [`${events} a tick`, 'µs a message', 'peak MB', 'kept MB']);
  const cells = new Map(contenders.map((contender) => [contender, [names[contender]]]));
  for (const events of batches) {
    const measured = await interleave(contenders, rounds, (contender) =>
      measure('hub-server.js', contender, clients, events, ticks, warmUpTicks),
    );
    for (const contender of contenders) {
      const all = measured.get(contender);
      const ratio = pairedRatio(measured, contender, 'bare', cpu);
      const perMessage = (median(all.map(cpu)) * 1000) / (clients * ticks);
      const peak = median(all.map(({ peakMb }) => peakMb));
      const kept = median(all.map(({ keptMb }) => keptMb));
      cells.get(contender).push(ratio.toFixed(2), perMessage.toFixed(2), peak.toFixed(0), kept.toFixed(0));
    }
    process.stderr.write(`hub, ${clients} clients, ${events} a tick: done\n`);
  }
  const intro = `CPU of the server process alone to send ${ticks} messages of 1 or 32 text deltas, one in a turn of the event loop, to ${clients.toLocaleString('en')} sockets of another process, until all have everything: the median of five streams after three that warm up, as a ratio to bare sockets by paired medians. Limits for the hub: ${limits[1]} at 1 a tick and ${limits[32]} at 32. Only the hub and socket.io serialise while it is measured. Kept: memory in use after the last stream, over that before the first client; the hub keeps the logs of its streams.`;
  return `### ${clients.toLocaleString('en')} clients\n\n${intro}\n\n${table([['', ...heading], ...cells.values()])}`;
}

async function paused(rounds) {
  const [events, length] = pausedEvents;
  const measured = await interleave([0, 1], rounds, (count) =>
    measure('hub-paused-run.js', others, count, events, length),
  );
  const most = Math.max(...measured.get(1).map(({ bufferedBytes }) => bufferedBytes));
  const row = (value) => [
    median(measured.get(0).map(value)).toFixed(0),
    median(measured.get(1).map(value)).toFixed(0),
    pairedRatio(measured, 1, 0, value).toFixed(2),
  ];
  const rows = [
    ['', `${others} clients`, 'and one that does not read', 'ratio'],
    ['CPU, ms', ...row(cpu)],
    ['until all have everything, ms', ...row(({ wallMs }) => wallMs)],
  ];
  const intro = `${events.toLocaleString('en')} events of ${length.toLocaleString('en')} characters from a source that waits for nobody, one in a turn of the event loop; medians of ${rounds}. Limit: ratios of 1.2. The most that waited on any socket: ${most.toLocaleString('en')} bytes, so ${(most - cap).toLocaleString('en')} over the cap of ${cap.toLocaleString('en')}; limit: one batch, here an event and what is around it.`;
  process.stderr.write('hub, one paused: done\n');
  return `### One that does not read\n\n${intro}\n\n${table(rows)}`;
}

async function share(rounds) {
  const measured = await interleave(Object.keys(sharers), rounds, (sharer) =>
    measure('hub-share-run.js', sharer, subscribers, 2000),
  );
  const rows = Object.entries(sharers).map(([sharer, name]) => [
    name,
    pairedRatio(measured, sharer, 'plain', ({ ns }) => ns).toFixed(2),
    median(measured.get(sharer).map(({ ns }) => ns)).toFixed(1),
  ]);
  const intro = `2,000 text deltas to ${subscribers.toLocaleString('en')} subscribers in process, as a ratio to plain callbacks by paired medians. Limit for share(): 5.`;
  process.stderr.write('hub, share: done\n');
  return `### In process\n\n${intro}\n\n${table([['', 'ratio', 'ns a delivery'], ...rows])}`;
}
