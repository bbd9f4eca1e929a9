// What somebody reads before he approves it is what runs.
import * as fc from 'fast-check';
import { showJson, showText } from '../../../src/cli/tools/showJson.ts';

test('JSON is shown over several lines', () => {
  expect(showJson({ city: 'Zürich', days: [1] })).toBe('{\n  "city": "Zürich",\n  "days": [\n    1\n  ]\n}');
});

test.each([
  ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
  ['a line feed', 'a\nb', 'a\\nb'],
  ['a control character of eight bits', '\u009b2J', '\\u009b2J'],
  ['delete', '\u007f', '\\u007f'],
  ['the other writing direction', 'a\u202eb\u2066', 'a\\u202eb\\u2066'],
  ['no width', 'a\u200bb\u2060c\ufeff', 'a\\u200bb\\u2060c\\ufeff'],
  ['marks that other characters go with', '\ufff9\u0600', '\\ufff9\\u0600'],
  ['tags', '\u{e0041}', '\\udb40\\udc41'],
  ['no ink', '\u2800\u3164\u115f\u00ad\ufe0f', '\\u2800\\u3164\\u115f\\u00ad\\ufe0f'],
  ['spaces that are none', ' \u00a0\u2003\u3000', ' \\u00a0\\u2003\\u3000'],
  ['ends of lines', '\u2028\u2029\u0085', '\\u2028\\u2029\\u0085'],
  ['half a character', '\ud83d', '\\ud83d'],
  ['characters of no meaning', '\ue000\uffff', '\\ue000\\uffff'],
])('%s is escaped, in values and in names', (_, text, shown) => {
  expect(showJson(text)).toBe(`"${shown}"`);
  expect(showJson({ [text]: 1 })).toBe(`{\n  "${shown}": 1\n}`);
});

test('what can be seen stays', () => {
  expect(showJson('naïve 日本語 😀 ~')).toBe('"naïve 日本語 😀 ~"');
});

test('a number without end is no null', () => {
  expect(showJson({ n: JSON.parse('1e999') as number })).toBe('{\n  "n": "Infinity"\n}');
});

test('the JSON that is shown is the value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(JSON.stringify(JSON.parse(showJson(value)))).toBe(JSON.stringify(value));
    }),
  );
});

test('no character that is shown is one that cannot be seen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(showJson(text)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
    }),
  );
});

describe('the text of a result', () => {
  test('is shown as JSON where it is an object or a list', () => {
    expect(showText('{"a":"\\u202e"}')).toBe('{\n  "a": "\\u202e"\n}');
    expect(showText('[1]')).toBe('[\n  1\n]');
  });

  test('keeps its lines and tabs otherwise, and escapes the rest', () => {
    expect(showText('[no JSON\n\ta\u001b[2J\r')).toBe('[no JSON\n\ta\\u001b[2J\\u000d');
    expect(showText('391')).toBe('391');
  });
});
