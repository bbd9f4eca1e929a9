// The text of a tape: what it looks like, what it keeps, and what is said of a damaged one.
import * as fc from 'fast-check';
import { parseTape, parseTapes, writeTape, type Tape } from 'rxllm/testing';
import { numRuns } from '../support/arbitraries.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

const tape: Tape = {
  method: 'POST',
  url: 'https://api.example/v1/chat/completions',
  status: 200,
  contentType: 'text/event-stream; charset=utf-8',
  headMs: 31,
  chunks: [
    { ms: 40, bytes: bytes('event: a\ndata: {"text":"Grüße"}\n\ndata: 2\n\n') },
    { ms: 52, bytes: bytes('data: "\u2028\ufeff\u0000\u200b😀') },
    { ms: 52, bytes: Uint8Array.of(0xf0, 0x9f) },
    { ms: 60, bytes: new Uint8Array() },
    { ms: 61, bytes: bytes('\ufeffx') },
  ],
  end: { ms: 240, how: 'end' },
};

const text = String.raw`rxllm tape 1
POST https://api.example/v1/chat/completions
31 200 text/event-stream; charset=utf-8
40 "event: a\n"
  + "data: {\"text\":\"Grüße\"}\n\n"
  + "data: 2\n\n"
52 "data: \"\u2028\ufeff\u0000\u200b😀"
52 base64 8J8=
60 ""
61 "\ufeffx"
240 end
`;

describe('a tape', () => {
  test('is a text with a line for each line that came, in which everything can be seen', () => {
    expect(writeTape(tape)).toBe(text);
    expect(parseTape(text)).toEqual(tape);
  });

  test('survives blank lines, remarks, indents and the line breaks of Windows', () => {
    const lines = `# Recorded on a Monday\n\n${text}`.replaceAll('\n', '\r\n').replace('240', '  # the end\r\n  240');
    expect(parseTape(lines)).toEqual(tape);
  });

  test('of a response without content type and body is four lines', () => {
    const empty: Tape = { ...tape, contentType: '', status: 204, chunks: [], end: { ms: 31, how: 'end' } };
    expect(writeTape(empty).split('\n').slice(2)).toEqual(['31 204', '31 end', '']);
    expect(parseTape(writeTape(empty))).toEqual(empty);
  });

  test('has whole milliseconds, which never go back', () => {
    const odd: Tape = {
      ...tape,
      headMs: 1.4,
      chunks: [0.2, 7.5, 3].map((ms) => ({ ms, bytes: bytes('x') })),
      end: { ms: 2, how: 'error' },
    };
    expect(writeTape(odd).split('\n').slice(2, -1)).toEqual([
      '1 200 text/event-stream; charset=utf-8',
      '1 "x"',
      '8 "x"',
      '8 "x"',
      '8 error',
    ]);
  });

  const anyTape: fc.Arbitrary<Tape> = fc
    .record({
      method: fc.constantFrom('GET', 'POST'),
      path: fc.webPath(),
      status: fc.integer({ min: 200, max: 599 }),
      contentType: fc.constantFrom('', 'text/plain', 'application/x-ndjson; charset="utf-8"'),
      waits: fc.array(fc.nat(5000), { minLength: 2, maxLength: 8 }),
      bodies: fc.array(
        fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 12 }).map(bytes)),
        { minLength: 8, maxLength: 8 },
      ),
      how: fc.constantFrom('end' as const, 'error' as const, 'aborted' as const, 'silence' as const),
    })
    .map(({ method, path, status, contentType, waits, bodies, how }) => {
      let ms = 0;
      const times = waits.map((wait) => (ms += wait));
      return {
        method,
        url: `http://127.0.0.1${path}`,
        status,
        contentType,
        headMs: times[0]!,
        chunks: times.slice(1, -1).map((time, index) => ({ ms: time, bytes: new Uint8Array(bodies[index]!) })),
        end: { ms, how },
      };
    });

  test('is the same when it is read as when it was written', () => {
    fc.assert(
      fc.property(anyTape, (one) => {
        const written = writeTape(one);
        expect(parseTape(written)).toEqual(one);
        expect(writeTape(parseTape(written))).toBe(written);
      }),
      { numRuns },
    );
  });

  test('has no line that git or an editor would take for two', () => {
    fc.assert(
      fc.property(anyTape, (one) => {
        // eslint-disable-next-line no-control-regex
        expect(writeTape(one).replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      }),
      { numRuns },
    );
  });
});

describe('a text of several tapes', () => {
  const other: Tape = { ...tape, status: 503, chunks: [], end: { ms: 31, how: 'aborted' } };

  test('is the tapes one after the other', () => {
    expect(parseTapes(text + writeTape(other) + text)).toEqual([tape, other, tape]);
    expect(parseTapes(`# One\n${text}\n# Two\n\n${writeTape(other)}`.replaceAll('\n', '\r\n'))).toEqual([tape, other]);
  });

  test('may be one tape', () => {
    expect(parseTapes(text)).toEqual([tape]);
  });

  test('is not one tape', () => {
    const message = 'line 12 of the tape: another tape begins here; parseTapes() reads several; it says: rxllm tape 1';
    expect(() => parseTape(text + text)).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
  });

  test.each<[string, string, string]>([
    ['is none without a tape', '# Nothing\n', 'line 2 of the tape: the tape stops before its version'],
    [
      'is damaged where one of them is',
      text + text.replace('31 200', '200'),
      'line 14 of the tape: expected milliseconds, a status and a content type, such as "31 200 text/plain"; it says: 200 text/event-stream; charset=utf-8',
    ],
    [
      'is damaged where one of them has no end',
      text.replace('240 end\n', '') + text,
      'line 11 of the tape: expected milliseconds and a JSON string, "base64 …" or one of end, error, aborted, silence; it says: rxllm tape 1',
    ],
    [
      'is damaged where something else follows one of them',
      `${text + text}250 "x"`,
      'line 23 of the tape: the tape has ended in the line before; it says: 250 "x"',
    ],
    [
      'has tapes of this version only',
      text + text.replace('tape 1', 'tape 2'),
      'line 12 of the tape: this rxllm reads version 1 only; it says: rxllm tape 2',
    ],
  ])('%s', (_, damaged, message) => {
    expect(() => parseTapes(damaged)).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
  });
});

describe('a damaged tape is refused', () => {
  const lines = text.trimEnd().split('\n');
  const withLine = (number: number, line: string) => lines.with(number - 1, line).join('\n');
  const shapes = 'expected milliseconds and a JSON string, "base64 …" or one of end, error, aborted, silence';

  test.each<[string, string, string]>([
    ['that is empty', '', 'line 1 of the tape: the tape stops before its version'],
    ['that is none', '{}\n1\n2', 'line 1 of the tape: a tape begins with "rxllm tape 1"; it says: {}'],
    [
      'of a later version',
      withLine(1, 'rxllm tape 2'),
      'line 1 of the tape: this rxllm reads version 1 only; it says: rxllm tape 2',
    ],
    [
      'without a URL',
      withLine(2, 'POST'),
      'line 2 of the tape: expected a method and a URL, such as "POST https://api.example/chat"; it says: POST',
    ],
    [
      'without a status',
      withLine(3, '31 text/plain'),
      'line 3 of the tape: expected milliseconds, a status and a content type, such as "31 200 text/plain"; it says: 31 text/plain',
    ],
    ['with a line of another kind', withLine(9, 'hello'), `line 9 of the tape: ${shapes}; it says: hello`],
    ['with another word', withLine(11, '240 stop'), `line 11 of the tape: ${shapes}; it says: 240 stop`],
    [
      'with a string that is cut',
      withLine(7, '52 "data'),
      'line 7 of the tape: that is no whole JSON string; it says: 52 "data',
    ],
    [
      'with a string that is cut within a chunk',
      withLine(5, '  + "dat'),
      'line 5 of the tape: that is no whole JSON string; it says: + "dat',
    ],
    [
      'with bad base64',
      withLine(8, '52 base64 8J8=='),
      'line 8 of the tape: that is no base64; it says: 52 base64 8J8==',
    ],
    [
      'in which time goes back',
      withLine(8, '51 base64 8J8='),
      'line 8 of the tape: time goes back, from 52 to 51 ms; it says: 51 base64 8J8=',
    ],
    ['without an end', lines.slice(0, -1).join('\n'), 'line 10 of the tape: the tape stops before its end'],
    ['cut before its status', lines.slice(0, 2).join('\n'), 'line 2 of the tape: the tape stops before a status'],
    [
      'that goes on after its end',
      `${text}250 "x"`,
      'line 12 of the tape: the tape has ended in the line before; it says: 250 "x"',
    ],
  ])('%s', (_, damaged, message) => {
    expect(() => parseTape(damaged)).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
  });
});
