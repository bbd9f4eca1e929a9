// What a template makes of an input.
import { evaluateTemplate, usesInput } from '../../../src/cli/content/evaluateTemplate.ts';

const evaluate = (template: object, input = '', params: Readonly<Record<string, string>> = {}) =>
  evaluateTemplate({ name: 't', ...template }, { input, params });

test.each([
  ['$input and ${input}', 'text', {}, 'text and text'],
  ['$a-$b_1', '', { a: 'x', b_1: 'y' }, 'x-y'],
  ['${a}b', '', { a: 'x' }, 'xb'],
  ['costs $$5, $5 or $', '', {}, 'costs $5, $5 or $'],
  ['$$a', '', {}, '$a'],
  ['$a', '', { a: '$b $& $$' }, '$b $& $$'],
  ['${a b}', '', {}, '${a b}'],
  ['$größe', '', { gr: 'x' }, 'xöße'],
])('%j with %j and %j is %j', (prompt, input, params, expected) => {
  expect(evaluate({ prompt }, input, params).prompt).toBe(expected);
});

test('without a prompt the input is the prompt', () => {
  expect(evaluate({ system: 'In the voice of $voice' }, 'Hi', { voice: 'Yoda' })).toEqual({
    prompt: 'Hi',
    system: 'In the voice of Yoda',
  });
});

test('an input that the template does not place follows on a line of its own', () => {
  expect(evaluate({ prompt: 'Be kind.' }, 'Hi')).toEqual({ prompt: 'Be kind.\nHi', system: undefined });
  expect(evaluate({ prompt: 'Be kind.' }).prompt).toBe('Be kind.');
  expect(evaluate({ prompt: 'Be kind.', system: 'About $input' }, 'cats')).toEqual({
    prompt: 'Be kind.',
    system: 'About cats',
  });
});

test('values that are given come before defaults, and the input before both', () => {
  const defaults = { a: 'default', b: 3, c: true, d: [1], input: 'no' };
  const prompt = '$a $b $c $d $input';
  expect(evaluate({ prompt, defaults }, 'in', { a: 'given', input: 'no' }).prompt).toBe('given 3 true [1] in');
});

test('every variable without a value is named', () => {
  expect(() => evaluate({ prompt: '$a $b', system: '$c $a $constructor' }, '', { b: '1' })).toThrow(
    'template "t" has no value for a, c, constructor; give -p a VALUE -p c VALUE -p constructor VALUE',
  );
});

test('whether it places the input is known before', () => {
  expect(usesInput({ name: 't', prompt: 'a ${input}' })).toBe(true);
  expect(usesInput({ name: 't', system: '$input' })).toBe(true);
  expect(usesInput({ name: 't', prompt: '$inputs $$input' })).toBe(false);
});
