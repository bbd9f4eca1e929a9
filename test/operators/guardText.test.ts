import * as fc from 'fast-check';
import { finalize, from, Observable, Subject, tap } from 'rxjs';
import { foldMessages, LlmError, wrapModel, type Message, type StreamEvent } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { guardText, type GuardTextOptions } from 'rxllm/operators';
import { delta, streamOf } from '../providers/openai-chat/chunks.ts';
import { numRuns } from '../support/arbitraries.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';
import { startServer } from '../support/servers.ts';
import { cut, interleavedRun, rawRun } from './arbitraryEvents.ts';

type Pattern = Parameters<typeof guardText>[0];
type Source = readonly (StreamEvent | string)[];

const text = (chunk: string) => ({ ...events.t, chunk });
const thought = (chunk: string) => ({ ...events.r, chunk });
const alphabet = { ...events, a: text('a'), b: text('b'), d: text('d') } as const;

/** For its message: jest compares no more of errors. */
const hit = (type: string, name: string) =>
  new LlmError(
    'guardrail',
    `the ${type} of the response matches ${name}; it was stopped, and nothing of the match let through`,
  );
const nothing = { model: '', prompt: { messages: [] }, messages: [], status: 'failed' };
const said = (words: string): Message => ({ role: 'assistant', parts: [{ type: 'text', text: words }] });

function guard(pattern: Pattern, source: Source, options?: GuardTextOptions) {
  const { values, end } = record(from(source).pipe(guardText(pattern, options)));
  return { values: values as readonly StreamEvent[], end };
}

/** The chunks that come out (of other events the type), and at the end `!` for a match or `|`. */
function through(pattern: Pattern, source: Source, options?: GuardTextOptions): string[] {
  const { values, end } = guard(pattern, source, options);
  if (end instanceof LlmError) expect(end.code).toBe('guardrail');
  return [...values.map((event) => ('chunk' in event ? event.chunk : event.type)), end === 'complete' ? '|' : '!'];
}

describe('guardText', () => {
  const { s, r, q, t, n, a, e, f } = events;
  keepsOperatorLaws(() => guardText('secret'), s, r, q, t, n, a, e, f);

  test(
    'holds back what may begin a match, and errors before any of the match has left',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-a-b-a-b-a-d-|', alphabet);
      const subs = '                    ^----------!  ';
      const result = '                  -----a-b-a-#  ';
      const error = hit('text', 'pattern 1 of guardText() (a string, 3 long)');
      expectObservable(source.pipe(guardText('bad'))).toBe(result, alphabet, error);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'lets out what it holds before finish, and when the source completes or errors',
    marbles(({ cold, expectObservable }) => {
      const done = cold<StreamEvent>('     -a-b-|      ', alphabet);
      const doneResult = '                 -----(ab|)  ';
      const broken = cold<StreamEvent>('   -a-b-#      ', alphabet);
      const brokenResult = '               -----(ab#)  ';
      const finished = cold<StreamEvent>(' -a-b-f-----|', alphabet);
      const finishedResult = '             -----(abf)-|';
      expectObservable(done.pipe(guardText(/bad/))).toBe(doneResult, alphabet);
      expectObservable(broken.pipe(guardText(/bad/))).toBe(brokenResult, alphabet);
      expectObservable(finished.pipe(guardText(/bad/))).toBe(finishedResult, alphabet);
    }),
  );

  test(
    'checks what it holds before that, and a match wins',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const error = hit('text', 'pattern 1 of guardText() (/a[a-z]$/)');
      for (const diagram of ['-a-b-|', '-a-b-#', '-a-b-f--']) {
        const source = cold<StreamEvent>(diagram, alphabet);
        expectObservable(source.pipe(guardText(/a[a-z]$/))).toBe('-----#', alphabet, error);
        expectSubscriptions(source.subscriptions).toBe('     ^----!');
      }
    }),
  );

  test(
    'drops at a reset what it holds and what it remembers',
    marbles(({ cold, expectObservable }) => {
      const held = cold<StreamEvent>('     -b-a-x-d-|    ', alphabet);
      const heldResult = '                 -----x---(d|) ';
      const left = cold<StreamEvent>('     -b-a-x-d-b-|  ', alphabet);
      const leftResult = '                 ---b-x---d-(b|)';
      expectObservable(held.pipe(guardText('bad'))).toBe(heldResult, alphabet);
      expectObservable(left.pipe(guardText(/(?<=b)d/, { holdback: 1 }))).toBe(leftResult, alphabet);
    }),
  );

  test('keeps no place for what a reset has dropped', () => {
    expect(guard('secret', [events.r, events.x, events.n]).values).toEqual([events.x, events.n]);
  });

  test('lets nothing out at the end when one of the types has a match', () => {
    const { values, end } = guard(/ba[a-z]$/, [text('good'), thought('bad')]);
    expect(values).toEqual([]);
    expect(end).toEqual(hit('reasoning', 'pattern 1 of guardText() (/ba[a-z]$/)'));
    expect(end).toHaveProperty('partial', nothing);
  });

  test(
    'has unsubscribed its source before it errors',
    marbles(({ cold, flush }) => {
      const order: string[] = [];
      cold<StreamEvent>('bad', alphabet)
        .pipe(
          finalize(() => order.push('unsubscribed')),
          guardText('bad'),
        )
        .subscribe({ error: () => order.push('error') });
      flush();
      expect(order).toEqual(['unsubscribed', 'error']);
    }),
  );

  test('stops a source that emits while it is being subscribed', () => {
    let emitted = 0;
    const eager = new Observable<string>((subscriber) => {
      for (; emitted < 9 && !subscriber.closed; emitted += 1) subscriber.next('bad'.charAt(emitted % 3));
    });
    expect(record(eager.pipe(guardText('bad'))).end).toMatchObject({ code: 'guardrail' });
    expect(emitted).toBe(3);
  });

  test('stays in order when its subscriber makes the source emit', () => {
    const source = new Subject<string>();
    const seen: unknown[] = [];
    source.pipe(guardText('bad'), tap({ error: () => seen.push('error') })).subscribe({
      next(event) {
        seen.push('chunk' in event && event.chunk);
        if (seen.length === 1) {
          source.next('34b');
          source.next('ad');
        }
      },
      error: (error: unknown) => seen.push((error as LlmError).partial?.messages),
    });
    source.next('12');
    source.next('..');
    expect(seen).toEqual(['12', '..', '3', 'error', [said('12..3')]]);
    expect(source.observed).toBe(false);
  });
});

describe('guardText finds a match', () => {
  test('that is spread over chunks, parts and messages', () => {
    const spread = (type: 'text' | 'reasoning') =>
      ['x', 'b', 'a', 'd'].map((chunk, at): StreamEvent => ({ type, chunk, part_index: at, message_index: at >> 1 }));
    expect(through('bad', spread('text'))).toEqual(['x', '!']);
    expect(through(/bad/, spread('reasoning'), { holdback: 3 })).toEqual(['x', '!']);
  });

  test('with events of other types between, and in text and reasoning apart', () => {
    expect(through('bad', [text('xxb'), events.u, text('a'), events.n, text('d')])).toEqual([
      'x',
      'usage',
      'x',
      'add',
      '!',
    ]);
    expect(through('bad', [thought('ba'), text('d'), thought('a'), text('!')])).toEqual(['b', 'a', 'a', 'd', '!', '|']);
  });

  test('in the types that it is given, and never in tool calls', () => {
    const bad = [thought('bad'), text('good')];
    expect(through('bad', bad, { types: ['text'] })).toEqual(['bad', 'go', 'od', '|']);
    expect(through('bad', bad, { types: ['reasoning'] })).toEqual(['!']);
    expect(through('bad', [events.n, { ...events.a, chunk: '"bad"' }])).toEqual(['add', '"bad"', '|']);
  });

  test('of any of several patterns', () => {
    const patterns = ['worse', /b[a-z]d/];
    expect(through(patterns, ['it is bid, '])).toEqual(['!']);
    expect(through(patterns, ['wors', 'e'])).toEqual(['!']);
    expect(through(patterns, ['b', 'ood', ' worst'])).toEqual(['b', 'ood', ' worst', '|']);
  });

  test('of a string as it is written, whatever holdback says', () => {
    expect(through('a.c', ['a.', 'c'], { holdback: 1 })).toEqual(['!']);
    expect(through('a.c', ['abc A.C'])).toEqual(['abc A', '.C', '|']);
    expect(through('x', ['ab', 'c', 'x'])).toEqual(['ab', 'c', '!']);
    const source = new Subject<string>();
    const recording = record(source.pipe(guardText('bad', { holdback: 9 })));
    source.next('bad');
    expect(recording).toMatchObject({ values: [], end: { code: 'guardrail' } });
  });

  test('of a RegExp at its own flags, and leaves its lastIndex alone', () => {
    const pattern = /BAD/gi;
    pattern.lastIndex = 2;
    expect(through(pattern, ['bad.'])).toEqual(['!']);
    expect(pattern.lastIndex).toBe(2);
  });

  test('once more text cannot undo it', () => {
    const source = new Subject<string>();
    const { values, end } = record(source.pipe(guardText(/\bfoo\b/, { holdback: 3 })));
    source.next('a foo');
    expect(values).toMatchObject([{ chunk: 'a ' }]);
    source.next('d fo');
    expect(values).toMatchObject([{ chunk: 'a ' }, { chunk: 'foo' }, { chunk: 'd' }]);
    expect(end).toBeUndefined();
    expect(through(/\bfoo\b/, ['a foo', ' '])).toEqual(['!']);
    expect(through(/\bfoo\b/, ['a foo'])).toEqual(['!']);
    expect(through(/foo$/, ['a foo', 'd'])).toEqual(['a foo', 'd', '|']);
  });

  test('with a lookahead, once as much has followed as that may read', () => {
    const pattern = /foo(?!bar)/;
    expect(through(pattern, ['foo', 'b', 'ar', '.......'], { holdback: 6 })).toEqual([
      'foo',
      'b',
      'ar',
      '.',
      '......',
      '|',
    ]);
    expect(through(pattern, ['foo', 'b', 'a', 'z'], { holdback: 6 })).toEqual(['!']);
    expect(through(/foo(?=bar)/, ['xfoo', 'b', 'a', 'r'], { holdback: 6 })).toEqual(['x', '!']);
  });

  test('with the text before it in view, and does not take the beginning of what it holds for that of the text', () => {
    expect(through(/\bab|^b/, ['x', 'ab', 'ab', '.'], { holdback: 1 })).toEqual(['x', 'a', 'b', 'a', 'b', '.', '|']);
    expect(through(/(?<=^x)a/, ['yxa', '.', '.'], { holdback: 1 })).toEqual(['yx', 'a', '.', '.', '|']);
    expect(through(/(?<=\$ )1/, ['$', ' ', '1', '.'], { holdback: 2 })).toEqual(['$', '!']);
  });

  test('that is longer than holdback, if its beginning is still held', () => {
    const pattern = /sk-\w+/;
    expect(through(pattern, ['a sk-1', '23', '456', '789'], { holdback: 5 })).toEqual(['a', '!']);
    expect(through(/<.*>/, ['a <bcd', '>', '.'], { holdback: 2 })).toEqual(['a <b', 'c', 'd', '>', '.', '|']);
    expect(through(/<.*>/, ['a <bcd>'], { holdback: 2 })).toEqual(['!']);
  });
});

describe('guardText lets text through', () => {
  test('with the fields of its events, whole events as the same objects, and no chunk that was not there', () => {
    const first: StreamEvent = { ...events.t, chunk: 'abcd', provider_metadata: { openai: { id: 'm' } } };
    const { values } = guard('xyz', [first, text('e'), text('fghi')]);
    expect(values).toEqual([
      { ...first, chunk: 'ab' },
      { ...first, chunk: 'c' },
      { ...first, chunk: 'd' },
      text('e'),
      text('fg'),
      text('hi'),
    ]);
    const whole = [events.s, text('a'), text('b'), text('cd'), events.f];
    const out = guard('xyz', whole).values;
    expect(out).toHaveLength(5);
    for (const [at, event] of whole.entries()) expect(out[at]).toBe(event);
  });

  test('and does not cut a surrogate pair in two', () => {
    expect(through('xy', ['a😀', 'b'])).toEqual(['a', '😀', 'b', '|']);
    expect(through('xy', ['a\ud83d', '\ude00', 'b'])).toEqual(['a', '\ud83d', '\ude00', 'b', '|']);
  });

  test('and the end of a part after it, that of another part at once', () => {
    const end: StreamEvent = { type: 'part_end', part_index: 1 };
    const signed: StreamEvent = { ...text(''), provider_metadata: { a: 1 } };
    const other = { ...events.r, chunk: '', redacted: true };
    const { values } = guard('bad', [text('b'), signed, end, events.q, other, { ...text('etter'), part_index: 4 }]);
    expect(values).toEqual([
      events.q,
      text(''),
      other,
      text('b'),
      signed,
      end,
      { ...text('ett'), part_index: 4 },
      { ...text('er'), part_index: 4 },
    ]);
  });

  test('and an event without text at once when nothing of its own part is held', () => {
    const empty = { ...text(''), part_index: 5 };
    expect(guard('bad', [text('b'), empty, text('a')]).values).toEqual([text(''), empty, text('b'), text('a')]);
  });

  test('and keeps its place with an empty chunk when another part begins while all of it is held', () => {
    const run = [events.s, { ...events.r, redacted: true }, text('Hi'), events.n, events.a, events.e, events.f];
    const { values } = guard(/secret/, run);
    expect(values).toEqual([
      events.s,
      thought(''),
      text(''),
      events.n,
      events.a,
      events.e,
      { ...events.r, redacted: true },
      text('Hi'),
      events.f,
    ]);
    expect(foldMessages(values)).toEqual(foldMessages(run));
  });

  test('and gives strings and raw events their indexes', () => {
    expect(guard('bad', ['ab', { type: 'reasoning', chunk: 'c' }, { type: 'text', chunk: 'd' }]).values).toEqual([
      { type: 'text', chunk: 'a', part_index: 0, message_index: 0 },
      { type: 'text', chunk: 'b', part_index: 0, message_index: 0 },
      { type: 'reasoning', chunk: '', part_index: 1, message_index: 0 },
      { type: 'text', chunk: 'd', part_index: 2, message_index: 0 },
      { type: 'reasoning', chunk: 'c', part_index: 1, message_index: 0 },
    ]);
  });
});

describe('the error of guardText', () => {
  test('has what was let through and the start of the run, and is not worth a retry', () => {
    const { id, model, datetime_utc } = events.s;
    const { end } = guard(/s\wcret/, [events.s, thought('so secre'), text('Hi'), thought('t!')], { holdback: 6 });
    expect(end).toMatchObject({ code: 'guardrail', retryable: false });
    const messages = [{ role: 'assistant', parts: [{ type: 'reasoning', text: 'so' }] }];
    expect(end).toHaveProperty('partial', { ...nothing, id, model, datetime_utc, messages });
    expect((end as LlmError).message).toContain('the reasoning of the response matches');
  });

  test.each<[string, Pattern]>([
    ['pattern 1 of guardText() (a string, 7 long)', 'hunter2'],
    ['pattern 2 of guardText() (/hunter[0-9]/)', [/nothing/, /hunter[0-9]/]],
    ['pattern 1 of guardText()', /HUNTER2/i],
  ])('names %s, and never the match', (name, pattern) => {
    const { end } = guard(pattern, ['It is hunter2.']);
    expect(end).toEqual(hit('text', name));
    expect((end as LlmError).message).toContain(` matches ${name};`);
    expect(JSON.stringify(end) + String(end)).not.toMatch(/hunter2/i);
  });

  test('is bad_response for an event without a chunk', () => {
    const broken = { type: 'text' } as StreamEvent;
    expect(guard('bad', [broken]).end).toMatchObject({ code: 'bad_response' });
  });

  test.each<[unknown, string]>([
    ['', '""'],
    [[], '[]'],
    [['a', ''], '""'],
    [[/a/, 5], '5'],
    [undefined, 'undefined'],
    [{}, '{}'],
    [/a*/, '/a*/, which matches the empty text'],
    [/a/y, '/a/y, which is sticky; leave out its flag "y"'],
  ])('is thrown at the call for the pattern %p', (pattern, seen) => {
    const message = `guardText() takes a RegExp, a string that is not empty, or a list of these, not ${seen}`;
    expect(() => guardText(pattern as Pattern)).toThrow(new LlmError('invalid_input', message));
    expect(() => guardText(pattern as Pattern)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  test.each<[object, string]>([
    [{ holdback: 0 }, 'holdback a whole number of characters from 1, not 0'],
    [{ holdback: 1.5 }, 'holdback a whole number of characters from 1, not 1.5'],
    [{ holdback: Infinity }, 'holdback a whole number'],
    [{ holdback: '9' }, 'holdback a whole number of characters from 1, not "9"'],
    [{ types: [] }, 'types a list of text, reasoning, not []'],
    [{ types: ['tool_call_args'] }, 'types a list of text, reasoning, not ["tool_call_args"]'],
    [{ types: 'text' }, 'types a list of text, reasoning, not "text"'],
  ])('is thrown at the call for the options %j', (options, message) => {
    expect(() => guardText('bad', options)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    expect(() => guardText('bad', options)).toThrow(`guardText() takes as ${message}`);
  });
});

describe('for any text, cut anywhere, guardText', () => {
  // None matches, or reads before or after, more than five characters.
  const patterns = fc.constantFrom<Pattern>(
    'aba',
    ['ab1', 'b '],
    /\bab\b/,
    /(?<!a)b1/,
    /(?<=\bb )a./u,
    /(?<=^b?)a1/,
    /a{2,4}$/,
    /a{2,4}\B/,
    /a(?!b1)b? /,
    /1(?=a\b)/,
    [/1b|1 *\b/, 'aaa'],
    /😀 ?[^a]/u,
  );
  const options = fc.constantFrom({}, { holdback: 5 }, { holdback: 7 });
  const words = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '😀'), maxLength: 30 });
  const indexOf = (pattern: Pattern, whole: string): number => {
    if (typeof pattern === 'string') return whole.indexOf(pattern);
    if (pattern instanceof RegExp) return whole.search(pattern);
    return Math.min(...pattern.map((each) => indexOf(each, whole)).filter((at) => at >= 0), Infinity);
  };
  /** Text events of parts that change here and there, with other events between. */
  const runOf = (chunks: readonly string[], turns: readonly number[]): StreamEvent[] => {
    let part_index = 0;
    return chunks.flatMap((chunk, at): StreamEvent[] => {
      const event: StreamEvent = { type: 'text', chunk, part_index, message_index: 0 };
      const turn = turns[at % turns.length] ?? 0;
      if (turn > 0) part_index += 1;
      const end: StreamEvent = { type: 'part_end', part_index: part_index - 1 };
      if (turn !== 2) return turn === 1 ? [event, end] : [event];
      part_index += 1;
      return [event, { type: 'tool_result', chunk: 'x', part_index: part_index - 1, message_index: 0 }];
    });
  };

  test('stops at every match before its first character, and changes nothing where there is none', () => {
    fc.assert(
      fc.property(
        cut(words),
        fc.array(fc.nat(2), { maxLength: 5 }),
        patterns,
        options,
        (chunks, turns, pattern, given) => {
          const run = runOf(chunks, turns);
          const whole = chunks.join('');
          const { values, end } = guard(pattern, run, given);
          const out = values.map((event) => (event.type === 'text' ? event.chunk : '')).join('');
          const at = indexOf(pattern, whole);
          if (at >= 0 && at < Infinity) {
            expect(end).toMatchObject({ code: 'guardrail' });
            expect(whole.slice(0, at).startsWith(out)).toBe(true);
            const { messages } = (end as LlmError).partial!;
            expect(messages).toEqual(foldMessages(values));
          } else {
            expect(end).toBe('complete');
            expect(out).toBe(whole);
            expect(foldMessages(values)).toEqual(foldMessages(run));
          }
        },
      ),
      { numRuns },
    );
  });

  test('holds no more than it must', () => {
    fc.assert(
      fc.property(cut(words), fc.integer({ min: 1, max: 9 }), (chunks, holdback) => {
        const source = new Subject<string>();
        const { values } = record(source.pipe(guardText(/never/, { holdback })));
        let given = 0;
        for (const chunk of chunks) {
          source.next(chunk);
          given += chunk.length;
          const out = (values as { chunk: string }[]).reduce((sum, event) => sum + event.chunk.length, 0);
          // One more where that would cut a surrogate pair in two.
          expect(given - out).toBeLessThanOrEqual(holdback + 1);
        }
      }),
      { numRuns },
    );
  });

  test('folds to the same messages, and loses no event, for any run without a match', () => {
    fc.assert(
      fc.property(fc.oneof(rawRun, interleavedRun), fc.integer({ min: 1, max: 9 }), (run, holdback) => {
        const { values, end } = guard(/never that/, run, { holdback });
        expect(end).toBe('complete');
        expect(foldMessages(values)).toEqual(foldMessages(run));
        const untouched = (source: Source) =>
          source.filter((event) => typeof event !== 'string' && !/text|reasoning|part_end/.test(event.type)).length;
        expect(untouched(values)).toBe(untouched(run));
      }),
      { numRuns },
    );
  });
});

describe('on a model, guardText', () => {
  test('closes the connection at a match, and helpers reject with the prompt and what was let through', async () => {
    const contents = ['The key is ', 'sk-ab', 'cdef', '12.'].map((content) => delta({ content }));
    const server = await startServer({ pieces: [streamOf(contents)], atEnd: 'stay' });
    const model = wrapModel(openaiChat({ model: 'm', baseUrl: server.url }), (request, next) =>
      next(request).pipe(guardText(/sk-\w{6,}/, { holdback: 9 })),
    );
    try {
      await expect(model.prompt('Hi').text()).rejects.toMatchObject({
        code: 'guardrail',
        partial: {
          model: 'm',
          prompt: { messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] },
          messages: [said('The key is ')],
          status: 'failed',
        },
      });
      await expect((await server.request(0)).closed).resolves.toBe('aborted');
      expect(server.requests).toHaveLength(1);
    } finally {
      await server.close();
    }
  });
});
