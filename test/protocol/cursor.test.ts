// Cursors as text.
import * as fc from 'fast-check';
import { fromCursor, toCursor } from '../../src/protocol/cursor.ts';
import { numRuns } from '../support/arbitraries.ts';

const run = fc.stringMatching(/^[\w-]{1,64}$/);
const seq = fc.nat(2 ** 31);

test('a cursor read is the position written', () => {
  fc.assert(
    fc.property(fc.record({ run, seq }), (position) => {
      expect(fromCursor(toCursor(position))).toEqual(position);
    }),
    { numRuns },
  );
});

test('a text is a cursor in one way only', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.tuple(fc.string(), fc.string()).map((parts) => parts.join('.')),
  );
  fc.assert(
    fc.property(anything, (text) => {
      const position = fromCursor(text);
      if (position) expect(toCursor(position)).toBe(text);
    }),
    { numRuns },
  );
});

test.each([
  '',
  '.',
  'r',
  'r.',
  '.1',
  'r.01',
  'r.-1',
  'r.1.5',
  'r.1 ',
  ' r.1',
  'r.1\n',
  `r.${'9'.repeat(16)}`,
  `${'r'.repeat(65)}.1`,
])('%j is no cursor', (text) => {
  expect(fromCursor(text)).toBeUndefined();
});
