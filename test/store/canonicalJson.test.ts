// One text for one value: what RFC 8785 says of numbers, strings and the order of keys, seen through what hashes are made of.
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { user, type JsonObject, type JsonValue, type Message } from 'rxllm';
import { messageHash } from 'rxllm/store';
import { canonicalJson } from '../../src/store/canonicalJson.ts';
import { numRuns } from '../support/arbitraries.ts';

describe('canonicalJson', () => {
  // RFC 8785, 3.2.2 and 3.2.3: literals, numbers and strings as ECMAScript writes them, keys sorted.
  test('writes the sample of section 3.2.2 as section 3.2.3 sorts it', () => {
    const sample: unknown = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    expect(canonicalJson(sample)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test('sorts keys by their UTF-16 code units, at every depth', () => {
    const sample = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\u{1f600}': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const values = [
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ];
    const written = [...canonicalJson(sample).matchAll(/:"([^"]*)"/g)].map(([, value]) => value);
    expect(written).toEqual(values);
    expect(canonicalJson({ b: [{ z: 1, aa: 2, a: 3 }], a: { 10: 0, 9: 0 } })).toBe(
      '{"a":{"10":0,"9":0},"b":[{"a":3,"aa":2,"z":1}]}',
    );
  });

  // RFC 8785, appendix B: the bits of a double, and its text.
  test.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number with the bits %s as %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE())).toBe(text);
  });

  test('writes control characters as RFC 8785 does, and no other letter by its number', () => {
    expect(canonicalJson('\b\t\n\f\r"\\/\u0000\u001f\u007f\u2028é🦀')).toBe(
      String.raw`"\b\t\n\f\r\"\\/\u0000\u001f` + '\u007f\u2028é🦀"',
    );
  });

  test('leaves out keys without a value', () => {
    expect(canonicalJson({ b: undefined, a: [undefined, { c: undefined }] })).toBe('{"a":[null,{}]}');
  });

  test('has a key of any name', () => {
    const text = '{"__proto__":{"constructor":1},"toString":2}';
    expect(canonicalJson(JSON.parse(text))).toBe(text);
  });

  test('of any JSON parses to the same, whatever the order of keys', () => {
    const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 }) as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(json, (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(plain);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { numRuns },
    );
  });

  test('is what the hash of a message is made of', () => {
    const message: Message = { parts: [{ text: 'Zürich', type: 'text' }], role: 'user' };
    const text = '{"parts":[{"text":"Zürich","type":"text"}],"role":"user"}';
    expect(messageHash(message)).toBe(`sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`);
    expect(messageHash(user('Zürich'))).toBe(messageHash(message));
    expect(messageHash(user('Zurich'))).not.toBe(messageHash(message));
  });
});

/** The same with its keys the other way round. */
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => reversed(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as JsonObject).toReversed();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}
