// Arithmetic of the calculator: what it comes to, and what it says of what is none.
import * as fc from 'fast-check';
import { LlmError } from 'rxllm';
import { calculate } from '../../../src/cli/tools/calculate.ts';

test.each([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['10 - 4 - 3', 3],
  ['24 / 4 / 2', 3],
  ['7 % 4 * 2', 6],
  ['-7 % 4', -3],
  ['2 ^ 3 ^ 2', 512],
  ['2 ** 3 ** 2', 512],
  ['2**3*2', 16],
  ['-2 ^ 2', -4],
  ['(-2) ^ 2', 4],
  ['2 ^ -1', 0.5],
  ['--+-1', -1],
  ['3 - -2', 5],
  ['1.5e3 + .5 + 2. + 1E-1', 1502.6],
  ['2*pi', 2 * Math.PI],
  ['E', Math.E],
  ['sqrt(16) + abs(-3)', 7],
  ['round(2.5) + floor(-1.5) + ceil(1.2)', 3],
  ['min(3, 1, 2) + max(1) + max(4, 5)', 7],
  ['log(1000) + ln(e) + exp(0)', 5],
  ['sin(0) + cos(0) + tan(0)', 1],
  [' \t( 1\n) ', 1],
  ['0.1 + 0.2', 0.30000000000000004],
])('%j is %d', (expression, value) => {
  expect(calculate(expression)).toBeCloseTo(value, 12);
});

test.each([
  ['', 'at position 1 of "": expected a number, a name or (, found the end'],
  ['1 +', 'at position 4 of "1 +": expected a number, a name or (, found the end'],
  ['1 2', 'at position 3 of "1 2": expected an operator or the end, found "2"'],
  ['2(3)', 'at position 2 of "2(3)": expected an operator or the end, found "("'],
  ['(1 + 2', 'at position 7 of "(1 + 2": expected ), found the end'],
  ['1 + 😀', 'at position 5 of "1 + 😀": expected a number, a name or (, found "😀"'],
  ['sqrt 4', 'at position 6 of "sqrt 4": expected (, found "4"'],
  ['sqrt(1, 2)', 'at position 7 of "sqrt(1, 2)": expected ), found ","'],
  ['max()', 'at position 5 of "max()": expected a number, a name or (, found ")"'],
  ['1 / 0', 'at position 3 of "1 / 0": the result is too large, or divided by zero'],
  ['1 / (1 / 0)', 'at position 8 of "1 / (1 / 0)": the result is too large, or divided by zero'],
  ['0 % 0', 'at position 3 of "0 % 0": the result is not a number'],
  ['sqrt(-1)', 'at position 1 of "sqrt(-1)": the result is not a number'],
  ['1e999', 'at position 1 of "1e999": the result is too large, or divided by zero'],
  ['10 ^ 400', 'at position 4 of "10 ^ 400": the result is too large, or divided by zero'],
])('%j is no number: %s', (expression, message) => {
  expect(() => calculate(expression)).toThrow(new LlmError('invalid_input', message));
});

test.each(['constructor', 'process.exit()', 'toString(1)', '__proto__', 'globalThis'])(
  '%s is not known',
  (expression) => {
    expect(() => calculate(expression)).toThrow(
      /at position 1 of ".*": (".*" is not known; there are pi, e, sqrt, abs|exp)/,
    );
  },
);

describe('bounds', () => {
  const nested = (levels: number) => '('.repeat(levels) + '1' + ')'.repeat(levels);

  test('fifty levels are calculated, one more is refused', () => {
    expect(calculate(nested(50))).toBe(1);
    expect(() => calculate(nested(51))).toThrow('more than 50 levels deep');
  });

  test.each([
    ['signs', '-'.repeat(60) + '1'],
    ['powers', Array.from({ length: 60 }, () => '1').join('^')],
    ['functions', 'abs('.repeat(60) + '1' + ')'.repeat(60)],
  ])('%s are levels too', (_, expression) => {
    expect(() => calculate(expression)).toThrow('more than 50 levels deep');
  });

  test('what stands side by side is no level', () => {
    expect(calculate(Array.from({ length: 200 }, () => '(1)').join('+'))).toBe(200);
  });

  test('a thousand characters are calculated, one more is refused', () => {
    expect(calculate('1'.padEnd(1000))).toBe(1);
    expect(() => calculate('1'.padEnd(1001))).toThrow(
      'an expression has at most 1000 characters, this one 1001; calculate it in parts',
    );
  });
});

test('any text is a finite number or an LlmError', () => {
  const pieces = fc.constantFrom(
    '1',
    '2.5',
    'pi',
    'sqrt',
    'max',
    '(',
    ')',
    ',',
    '+',
    '-',
    '*',
    '**',
    '^',
    '/',
    '%',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((each) => each.join('')),
      ),
      (expression) => {
        let value: unknown;
        try {
          value = calculate(expression);
        } catch (error) {
          return error instanceof LlmError && error.code === 'invalid_input';
        }
        return Number.isFinite(value);
      },
    ),
  );
});

test('agrees with JavaScript where the two are the same', () => {
  const number = fc.integer({ min: 1, max: 99 }).map(String);
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4 },
      number,
      tie('expression').map((inner) => `(${inner})`),
      tie('expression').map((inner) => `-(${inner})`),
      fc.tuple(tie('expression'), fc.constantFrom('+', '-', '*'), tie('expression')).map((each) => each.join(' ')),
    ),
  }));
  fc.assert(
    fc.property(expression, (text) => {
      // oxlint-disable-next-line typescript/no-implied-eval -- digits, signs and parentheses, made here
      const theirs: unknown = new Function(`return ${text}`)();
      return calculate(text) === theirs;
    }),
  );
});
