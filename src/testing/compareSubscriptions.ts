// What a failed expectation of subscriptions says: both diagrams of each run, under each other.
import { draw, type Mark } from './diagram.ts';
import type { RunLog } from './fakeModel.ts';

/** Undefined when they are equal. */
export function compareSubscriptions(actual: readonly RunLog[], expected: readonly RunLog[]): string | undefined {
  const count = Math.max(actual.length, expected.length);
  const pairs = Array.from({ length: count }, (_, index) => [expected[index], actual[index]] as const);
  const isSame = pairs.every(
    ([a, b]) => a && b && a.subscribedFrame === b.subscribedFrame && a.unsubscribedFrame === b.unsubscribedFrame,
  );
  if (isSame) return undefined;
  const { rows } = draw(pairs.flat().map(marksOf));
  const text = (row: number, log: RunLog | undefined) => (log ? rows[row] : '(none)');
  return pairs
    .flatMap(([wanted, got], index) => {
      const name = count === 1 ? '' : ` ${index + 1}`;
      return [`  expected${name}  ${text(2 * index, wanted)}`, `  actual${name}    ${text(2 * index + 1, got)}`];
    })
    .join('\n');
}

function marksOf(log: RunLog | undefined): readonly Mark[] {
  if (!log || log.subscribedFrame === Infinity) return [];
  const { subscribedFrame, unsubscribedFrame } = log;
  if (unsubscribedFrame === subscribedFrame) return [{ frame: subscribedFrame, letters: ['^', '!'] }];
  const begin = { frame: subscribedFrame, letters: ['^'] };
  return unsubscribedFrame === Infinity ? [begin] : [begin, { frame: unsubscribedFrame, letters: ['!'] }];
}

/** Runs as diagrams. */
export function drawRuns(logs: readonly RunLog[]): readonly string[] {
  return draw(logs.map(marksOf)).rows;
}
