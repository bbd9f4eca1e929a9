// Does an event of a chain cost more the longer the chain is? 20 turns over a history of 200 messages, 5,000 text events
// and one tool call each, from a synchronous model: CPU of each turn as a ratio to the first, in one warm process.
import { measure, median, table } from './lib.js';

const turns = 20;

/** @returns Markdown. */
export async function chain(rounds) {
  const runs = [];
  for (let round = 0; round < rounds; round += 1) runs.push(await measure('chain-run.js', turns));
  const ratio = (turn) => median(runs.map(({ ms }) => ms[turn - 1] / ms[0])).toFixed(2);
  const perEvent = median(runs.map(({ ms, events }) => (ms[0] * 1000) / events)).toFixed(2);
  const heading = ['µs an event, turn 1', 'turn 5', 'turn 10', `turn ${turns}`];
  const intro = `A chain of ${turns} turns over a history of 200 messages, 5,000 events a turn. CPU of a turn as a ratio to that of the first.`;
  return { markdown: `## Chain\n\n${intro}\n\n${table([heading, [perEvent, ratio(5), ratio(10), ratio(turns)]])}` };
}
