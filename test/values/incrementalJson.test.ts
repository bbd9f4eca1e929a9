import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { IncrementalJson, JsonSyntaxError, type JsonObject, type JsonValue } from 'rxllm';

const numRuns = process.env['RXLLM_FULL'] ? 5000 : 300;

describe('IncrementalJson', () => {
  test('gives the value so far', () => {
    const json = new IncrementalJson();
    expect(json.value).toBeUndefined();
    expect(json.push('{"name": "Ad').value).toEqual({ name: 'Ad' });
    expect(json.push('a", "born": 1815').value).toEqual({ name: 'Ada' });
    expect(json.push(', "poet').value).toEqual({ name: 'Ada', born: 1815 });
    expect(json.push('": fals').value).toEqual({ name: 'Ada', born: 1815 });
    expect(json.push('e').value).toEqual({ name: 'Ada', born: 1815, poet: false });
    expect(json.complete).toBe(false);
    expect(json.push('}').complete).toBe(true);
    expect(json.end()).toEqual({ name: 'Ada', born: 1815, poet: false });
    expect(json.text).toBe('{"name": "Ada", "born": 1815, "poet": false}');
  });

  test.each([
    ['', undefined],
    [' \n', undefined],
    ['"', ''],
    ['"a\\', 'a'],
    ['"a\\u00e', 'a'],
    ['"a\\u00e9', 'aé'],
    ['tru', undefined],
    ['null', null],
    ['12', undefined],
    ['12 ', 12],
    ['[', []],
    ['[1', []],
    ['[1,', [1]],
    ['[1,"', [1, '']],
    ['[[],[tru', [[], []]],
    ['{"a"', {}],
    ['{"a":', {}],
    ['{"a":{', { a: {} }],
    ['{"a":1', {}],
    ['{"a":1}', { a: 1 }],
  ])('%j has the value %j', (text, value) => {
    expect(new IncrementalJson().push(text).value).toEqual(value);
    expect(read(text.split('')).at(-1)?.value).toEqual(value);
  });

  test('ends in the value of JSON.parse, however the text was cut', () => {
    fc.assert(
      fc.property(jsonText(), cuts(), (text, lengths) => {
        const json = new IncrementalJson();
        for (const fragment of cut(text, lengths)) json.push(fragment);
        expectSame(json.end(), JSON.parse(text));
        expect(json.text).toBe(text);
        expect([json.complete, json.error, json.value]).toEqual([true, undefined, json.end()]);
      }),
      { numRuns },
    );
  });

  test('ends in the value of JSON.parse, whenever the value was read before', () => {
    fc.assert(
      fc.property(jsonText(), cuts(), fc.array(fc.boolean(), { minLength: 1 }), (text, lengths, reads) => {
        const json = new IncrementalJson();
        cut(text, lengths).forEach((fragment, i) => {
          json.push(fragment);
          if (reads[i % reads.length]) void json.value;
        });
        expectSame(json.end(), JSON.parse(text));
      }),
      { numRuns },
    );
  });

  test('gives the same value for the same text, whatever was read before', () => {
    fc.assert(
      fc.property(jsonText(), fc.nat(), (text, place) => {
        const start = text.slice(0, place % (text.length + 1));
        expectSame(read(start.split('')).at(-1)?.value, new IncrementalJson().push(start).value);
      }),
      { numRuns },
    );
  });

  test('gives only prefixes of every later value', () => {
    fc.assert(
      fc.property(jsonText({ repeatKeys: false }), cuts(), (text, lengths) => {
        const values = read(cut(text, lengths)).map(({ value }) => value);
        values.push(JSON.parse(text) as JsonValue);
        for (let i = 1; i < values.length; i++) {
          if (!isPrefixOf(values[i - 1], values[i])) throw notPrefix(values[i - 1], values[i]);
          if (!isPrefixOf(values[i - 1], values.at(-1))) throw notPrefix(values[i - 1], values.at(-1));
        }
      }),
      { numRuns },
    );
  });

  test('never changes a value that it has handed out', () => {
    fc.assert(
      fc.property(jsonText(), cuts(), (text, lengths) => {
        for (const { value, copy } of read(cut(text, lengths))) expectSame(value, copy);
      }),
      { numRuns },
    );
  });

  test('shares what has closed between one value and the next', () => {
    fc.assert(
      fc.property(jsonText({ repeatKeys: false }), cuts(), (text, lengths) => {
        const values = read(cut(text, lengths)).map(({ value }) => value);
        for (let i = 1; i < values.length; i++) {
          if (!sharesClosed(values[i - 1], values[i])) throw notPrefix(values[i - 1], values[i]);
        }
      }),
      { numRuns },
    );

    const json = new IncrementalJson().push('{"a": [[1], [2]], "b": [');
    const before = json.value as { a: [number[], number[]] };
    const after = json.push('3]}').value as typeof before;
    expect(after).not.toBe(before);
    expect(after.a).toBe(before.a);
    expect(json.end()).toBe(after);
  });

  test('shares a container from its closing bracket on', () => {
    const json = new IncrementalJson().push('[[');
    expect(json.value).toEqual([[]]);
    const [closed] = json.push(']').value as JsonValue[];
    expect((json.push(', 1]').value as JsonValue[])[0]).toBe(closed);
  });

  test('gives the same object until something in it changes', () => {
    const json = new IncrementalJson().push('{"a": [1,');
    const { value } = json;
    expect(json.value).toBe(value);
    expect(json.push('').value).toBe(value);
    expect(json.push(' 2').value).toBe(value);
    expect(json.push('3').value).toBe(value);
    expect(json.push(',').value).toEqual({ a: [1, 23] });
    const open = json.push('"b').value;
    expect(json.push('\\u00').value).toBe(open);
    expect(json.push('e9').value).toEqual({ a: [1, 23, 'bé'] });
  });

  test('lets the later of two equal keys win, from the moment when it appears', () => {
    const json = new IncrementalJson().push('{"a": [1], "b": 2, "a"');
    expect(json.value).toEqual({ a: [1], b: 2 });
    expect(json.push(': "').value).toEqual({ a: '', b: 2 });
    expect(Object.keys(json.push('x"}').end() as JsonObject)).toEqual(['a', 'b']);
  });

  test('keeps __proto__ and its like as keys', () => {
    const text = '{"__proto__": {"polluted": true}, "constructor": "x", "toString": {"__proto__": null}}';
    for (const fragments of [[text], text.split('')]) {
      const values = read(fragments).map(({ value }) => value);
      expectSame(values.at(-1), JSON.parse(text));
      for (const value of values) if (value) expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
    expect({}).not.toHaveProperty('polluted');
  });

  describe('of a string', () => {
    test('never shows half of a surrogate pair', () => {
      const texts = ['"😀"', '"\\ud83d\\ude00"', '"\ud83d\\ude00"', '"\\ud83d\ude00"', '["\\\\ud83d😀"]'];
      for (const text of texts) {
        for (const { value = '' } of read(text.split('')))
          expect(Array.isArray(value) ? (value[0] ?? '') : value).not.toMatch(/\p{Surrogate}/u);
      }
    });

    test('shows a surrogate that is really alone when that is sure', () => {
      const json = new IncrementalJson().push('["a\\ud83d');
      expect(json.value).toEqual(['a']);
      expect(json.push('\\').value).toEqual(['a']);
      expect(json.push('n').value).toEqual(['a\ud83d\n']);
      expect(json.push('\ud83d').value).toEqual(['a\ud83d\n']);
      expect(json.push('"').value).toEqual(['a\ud83d\n\ud83d']);
      expect(new IncrementalJson().push('"\\ude00').value).toBe('\ude00');
    });

    test('reads millions of escapes in one fragment', () => {
      const text = `["${'a\\n'.repeat(3_000_000)}`;
      const json = new IncrementalJson().push(text);
      expect((json.value as string[])[0]).toHaveLength(6_000_000);
    });
  });

  test('reads containers a hundred thousand levels deep', () => {
    const depth = 100_000;
    for (const fragments of [['[{"a":'.repeat(depth)], Array.from({ length: depth }, () => '[{"a":')]) {
      const json = new IncrementalJson();
      for (const fragment of fragments) json.push(fragment);
      expect(json.error).toBeUndefined();
      let inner = json.push('7').push('}]'.repeat(depth)).end();
      for (let i = 0; i < depth; i++) inner = (inner as [{ a: JsonValue }])[0].a;
      expect(inner).toBe(7);
    }
  });

  test('reads a number of a hundred thousand digits that arrives one by one, in no time', () => {
    const json = new IncrementalJson().push('[');
    for (let i = 0; i < 100_000; i++) void json.push('1').value;
    expect(json.push(', -0]').end()).toEqual([Infinity, -0]);
  });

  describe('error', () => {
    test('is there exactly when JSON.parse throws', () => {
      fc.assert(
        fc.property(brokenText(), cuts(), (text, lengths) => {
          const json = new IncrementalJson();
          for (const fragment of cut(text, lengths)) json.push(fragment);
          expect(throws(() => json.end())).toBe(throws(() => JSON.parse(text)));
          expect(json.error === undefined).toBe(json.complete);
        }),
        { numRuns },
      );
    });

    test('is at the first character that cannot continue a JSON text', () => {
      fc.assert(
        fc.property(brokenText({ maxDepth: 2, maxLength: 3 }), cuts(), (text, lengths) => {
          const json = new IncrementalJson();
          for (const fragment of cut(text, lengths)) json.push(fragment);
          const defect = firstDefect(text);
          expect(json.error?.offset).toBe(defect);
          if (defect === undefined && throws(() => json.end())) expect(json.error?.offset).toBe(text.length);
        }),
        { numRuns },
      );
    });

    test('and the value stay as they are, the text goes on', () => {
      fc.assert(
        fc.property(brokenText(), cuts(), cuts(), (text, lengths, otherwise) => {
          const seen = [lengths, otherwise].map((some) => {
            const { value, error } = read(cut(text, some)).at(-1)?.json ?? new IncrementalJson();
            return { value, message: error?.message };
          });
          expectSame(seen[0], seen[1]);
        }),
        { numRuns },
      );

      const json = new IncrementalJson().push('{"a": ["b", 1, "c\\x');
      const { error } = json;
      expect(json.push('", 3]}').error).toBe(error);
      expect(json.value).toEqual({ a: ['b', 1, 'c'] });
      expect(json.text).toBe('{"a": ["b", 1, "c\\x", 3]}');
      expect(() => json.end()).toThrow(error);
    });

    test.each([
      ['{"a":1,}', 'unexpected "}" at line 1, column 8: expected a key'],
      ['{\n  "a": 1\n  "b"', 'unexpected "\\"" at line 3, column 3: expected "," or "}"'],
      ['[1 2', 'unexpected "2" at line 1, column 4: expected "," or "]"'],
      ['[1}', 'unexpected "}" at line 1, column 3: expected "," or "]"'],
      ['[,', 'unexpected "," at line 1, column 2: expected a value or "]"'],
      ['{1', 'unexpected "1" at line 1, column 2: expected a key or "}"'],
      ['{"a" 1', 'unexpected "1" at line 1, column 6: expected ":"'],
      ['01', 'unexpected "1" at line 1, column 2: expected nothing more'],
      ['-x', 'unexpected "x" at line 1, column 2: expected a digit'],
      ['[true,]', 'unexpected "]" at line 1, column 7: expected a value'],
      ['nul1', 'unexpected "1" at line 1, column 4: expected null'],
      ['"\\x', 'unexpected "x" at line 1, column 3: expected an escape'],
      ['"\\u00g', 'unexpected "g" at line 1, column 6: expected an escape'],
      ['"\t', 'unexpected "\\t" at line 1, column 2: expected a control character to be escaped'],
    ])('%j: %s', (text, message) => {
      const { error } = new IncrementalJson().push(text);
      expect(error).toBeInstanceOf(JsonSyntaxError);
      expect(error).toBeInstanceOf(SyntaxError);
      expect(error?.message).toBe(message);
      expect(read(text.split('')).at(-1)?.json.error?.message).toBe(message);
    });

    test('says the same when a word before it was cut', () => {
      const json = new IncrementalJson().push('[tr');
      expect(json.value).toEqual([]);
      expect(json.push('ue,]').error?.message).toBe('unexpected "]" at line 1, column 7: expected a value');
    });

    test.each([
      ['', 'unexpected end of text at line 1, column 1: expected a value'],
      ['[1,\n', 'unexpected end of text at line 2, column 1: expected a value'],
      ['[tr', 'unexpected end of text at line 1, column 4: expected the rest of "tr"'],
      ['{"a', 'unexpected end of text at line 1, column 4: expected the rest of a key'],
      ['"a\\', 'unexpected end of text at line 1, column 4: expected the rest of a string'],
      ['1.', 'unexpected end of text at line 1, column 3: expected a digit'],
      ['[1', 'unexpected end of text at line 1, column 3: expected "," or "]"'],
    ])('of unfinished %j comes at the end: %s', (text, message) => {
      const json = new IncrementalJson().push(text);
      expect(json.error).toBeUndefined();
      expect(() => json.end()).toThrow(JsonSyntaxError);
      expect(json.error?.message).toBe(message);
      expect(() => json.end()).toThrow(json.error);
    });
  });

  test('takes nothing after the end', () => {
    const json = new IncrementalJson().push('1');
    expect(json.complete).toBe(false);
    expect(json.end()).toBe(1);
    expect([json.complete, json.value, json.end()]).toEqual([true, 1, 1]);
    expect(() => json.push(' ')).toThrow('nothing can be pushed after end()');
  });
});

interface Reading {
  readonly json: IncrementalJson;
  readonly value: JsonValue | undefined;
  readonly copy: JsonValue | undefined;
}

/** The value after every fragment, with a copy made at that moment. */
function read(fragments: readonly string[]): Reading[] {
  const json = new IncrementalJson();
  return fragments.map((fragment) => {
    const { value } = json.push(fragment);
    return { json, value, copy: structuredClone(value) };
  });
}

/** Whether `a` is what `b` may have been while it was read: one place in it, the last, is cut short, the rest is equal. */
function isPrefixOf(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === undefined) return true;
  if (typeof a === 'string') return typeof b === 'string' && b.startsWith(a);
  if (!isContainer(a) || !isContainer(b)) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  const inOrder = keys.filter((key) => !isIndex(key));
  const first = Object.keys(b)
    .filter((key) => !isIndex(key))
    .slice(0, inOrder.length);
  if (!Array.isArray(a) && !isDeepStrictEqual(inOrder, first)) return false;
  const differing = keys.filter((key) => !isDeepStrictEqual(member(a, key), member(b, key)));
  if (Array.isArray(a) && differing[0] !== undefined && Number(differing[0]) !== a.length - 1) return false;
  return differing.length <= 1 && differing.every((key) => isPrefixOf(member(a, key), member(b, key)));
}

/** Whether `b` has the same objects as `a`, but for the one in every level that was open. */
function sharesClosed(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b || !isContainer(a) || !isContainer(b)) return true;
  const copied = Object.keys(a).filter((key) => isContainer(member(a, key)) && member(a, key) !== member(b, key));
  if (Array.isArray(a) && copied[0] !== undefined && Number(copied[0]) !== a.length - 1) return false;
  return copied.length <= 1 && copied.every((key) => sharesClosed(member(a, key), member(b, key)));
}

function isContainer(value: JsonValue | undefined): value is readonly JsonValue[] | JsonObject {
  return typeof value === 'object' && value !== null;
}

function member(container: readonly JsonValue[] | JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(container, key) ? (container as JsonObject)[key] : undefined;
}

/** JavaScript puts keys like array indexes before all others, whatever their place in the text. */
function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}

function notPrefix(a: unknown, b: unknown): Error {
  return new Error(`${JSON.stringify(a)} against ${JSON.stringify(b)}`);
}

/** Much faster than `toEqual`, and tells -0 from 0. */
function expectSame(a: unknown, b: unknown): void {
  if (!isDeepStrictEqual(a, b) || JSON.stringify(a) !== JSON.stringify(b)) expect(a).toStrictEqual(b);
}

function throws(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

/** An oracle without a parser: a text can go on while some ending makes it valid. */
function firstDefect(text: string): number | undefined {
  for (let length = 1; length <= text.length; length++) if (!canGoOn(text.slice(0, length))) return length - 1;
  return undefined;
}

const endings = ['', '"', '0', '"":0', ':0', '":0', 'n"', 'n":0'].concat(
  ['true', 'false', 'null'].flatMap((word) => word.split('').map((_, i) => word.slice(i))),
  ['0000', '000', '00', '0'].flatMap((digits) => [`${digits}"`, `${digits}":0`]),
);

function canGoOn(text: string): boolean {
  const open = text.replaceAll(/"(?:[^"\\]|\\.?)*("|$)/gs, '').replaceAll(/[^{}[\]]/g, '');
  const closing: string[] = [];
  for (const bracket of open) {
    if (bracket === '{' || bracket === '[') closing.unshift(bracket === '{' ? '}' : ']');
    else closing.shift();
  }
  return endings.some((ending) => !throws(() => JSON.parse(text + ending + closing.join(''))));
}

interface Shape {
  readonly repeatKeys?: boolean;
  readonly maxDepth?: number;
  readonly maxLength?: number;
}

/** JSON in every spelling: space, escapes, halves of surrogate pairs, odd numbers, odd keys. */
function jsonText({ repeatKeys = true, maxDepth = 4, maxLength = 5 }: Shape = {}): fc.Arbitrary<string> {
  const space = fc.constantFrom('', '', '', ' ', '\n', '\t \r\n');
  const spaced = (text: fc.Arbitrary<string>) => fc.tuple(space, text, space).map((parts) => parts.join(''));
  const scalar = fc.oneof(
    fc.constantFrom(
      '0',
      '-0',
      '7',
      '-3.25',
      '1e400',
      '1E-7',
      '0.5e+3',
      '12345678901234567890',
      'true',
      'false',
      'null',
    ),
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => JSON.stringify(number)),
  );
  const unit = fc.oneof(
    fc.constantFrom('a', 'b', ' ', '{', ']', ',', '\u007f', '\u2028', 'é', '😀', '\ud83d', '\ude00'),
    fc.constantFrom(
      '\\n',
      '\\"',
      '\\\\',
      '\\/',
      '\\u0041',
      '\\u00E9',
      '\\ud83d',
      '\\uDE00',
      '\\ud83d\\ude00',
      '\\u0000',
    ),
  );
  const string = fc.array(unit, { maxLength: 6 }).map((units) => `"${units.join('')}"`);
  const key = fc.oneof(fc.constantFrom('"__proto__"', '"toString"', '""', '"1"', '"a"', '"\\u0061"', '"b"'), string);
  const list = (items: readonly string[], open: string, close: string) => `${open}${items.join(',')}${close}`;
  return fc.letrec<{ value: string }>((tie) => ({
    value: spaced(
      fc.oneof(
        { maxDepth, withCrossShrink: true },
        fc.oneof(scalar, string),
        fc.array(tie('value'), { maxLength }).map((items) => list(items, '[', ']')),
        fc
          .uniqueArray(fc.tuple(spaced(key), tie('value')), {
            maxLength,
            selector: ([name]) => JSON.parse(name) as string,
            comparator: repeatKeys ? () => false : 'IsStrictlyEqual',
          })
          .map((members) =>
            list(
              members.map(([name, value]) => `${name}:${value}`),
              '{',
              '}',
            ),
          ),
      ),
    ),
  })).value;
}

/** A JSON text with a character or two taken out, put in or changed; not always broken by that. */
function brokenText(shape?: Shape): fc.Arbitrary<string> {
  const edit = fc.record({
    place: fc.nat(),
    remove: fc.constantFrom(0, 1, 1, 3),
    insert: fc.oneof(fc.constant(''), fc.constantFrom(...'{}[]",:\\ue0-+.tfn1 \n\t\u0000x\ud83d'.split(''))),
  });
  return fc.tuple(jsonText(shape), fc.array(edit, { minLength: 1, maxLength: 2 })).map(([text, edits]) =>
    edits.reduce((edited, { place, remove, insert }) => {
      const from = place % (edited.length + 1);
      return edited.slice(0, from) + insert + edited.slice(from + remove);
    }, text),
  );
}

function cuts(): fc.Arbitrary<readonly number[]> {
  return fc.oneof(fc.constant([1]), fc.constant([]), fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 }));
}

/** The text in fragments of the given lengths, over and over; whole when there are none. */
function cut(text: string, lengths: readonly number[]): string[] {
  if (!lengths.some((length) => length > 0)) return [text];
  const fragments: string[] = [];
  for (let from = 0, i = 0; from < text.length; i++) {
    const length = lengths[i % lengths.length]!;
    fragments.push(text.slice(from, from + length));
    from += length;
  }
  return fragments;
}
