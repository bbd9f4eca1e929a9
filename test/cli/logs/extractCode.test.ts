// The code in an answer.
import { extractCode } from '../../../src/cli/extractCode.ts';

const two = 'See:\n```js\nlet a;\n```\nand\n````md\n```\nb\n```\n````\nDone.';

test('is the content of the first block, with its final newline', () => {
  expect(extractCode(two, 'first')).toBe('let a;\n');
});

test('is the content of the last block, in which shorter fences are text', () => {
  expect(extractCode(two, 'last')).toBe('```\nb\n```\n');
});

test('is the whole text where there is no block', () => {
  expect(extractCode('No ```code``` here', 'first')).toBe('No ```code``` here');
  expect(extractCode('  ```\nindented\n  ```', 'last')).toBe('  ```\nindented\n  ```');
});

test('does not begin with a line that has backticks further on', () => {
  expect(extractCode('```a``` is code\n```\nb\n```', 'first')).toBe('b\n');
});

test('does not begin with a fence that nothing closes', () => {
  expect(extractCode('````\n```\na\n```\n', 'first')).toBe('a\n');
  expect(extractCode('```\na\n', 'last')).toBe('```\na\n');
});

test('may be empty, and have line breaks of Windows', () => {
  expect(extractCode('```\n```', 'first')).toBe('');
  expect(extractCode('```js\r\na\r\n```\r\n', 'first')).toBe('a\r\n');
});
