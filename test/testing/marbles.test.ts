// Marble tests: what they find, and what they say when they fail.
import { concat, map, NEVER, of, timer } from 'rxjs';
import { LlmError, user } from 'rxllm';
import { text } from 'rxllm/operators';
import { call, failure, fakeModel, like, marbles, together, turn, type MarbleHelpers } from 'rxllm/testing';

/** What a marble test says when it fails. */
function failureOf(test: (helpers: MarbleHelpers) => void): string {
  try {
    marbles(test)();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the marble test passed');
}

/** A message as it is written below: without the indent of the code. */
function message(lines: TemplateStringsArray): string {
  return lines.join('').replace(/^\n/, '').replaceAll(/^ {6}/gm, '').trimEnd();
}

const weather = { name: 'weather', run: () => 'rain' };

describe('a marble test', () => {
  test('passes where everything is as expected', () => {
    expect(() =>
      marbles(({ cold, hot, time, scheduler, expectObservable, expectSubscriptions }) => {
        const source = cold('-a-b|', { a: 1, b: 2 });
        expectObservable(source.pipe(map((value) => value * 10))).toBe('-a-b|', { a: 10, b: 20 });
        expectSubscriptions(source.subscriptions).toBe('^---!');
        expectObservable(hot('--a|')).toEqual(hot('--a|'));
        expectObservable(timer(time('---|'), scheduler)).toBe('---(a|)', { a: 0 });
      })(),
    ).not.toThrow();
  });

  test('puts RxJS’s own schedulers into virtual time', () => {
    const run = marbles(({ expectObservable }) => expectObservable(timer(3_600_000)).toBe('3600s (a|)', { a: 0 }));
    expect(run).not.toThrow();
  });

  test('fails when it expects nothing', () => {
    expect(failureOf(() => undefined)).toBe('the marble test expected nothing: it would pass whatever happens');
  });

  test.each<[string, (helpers: MarbleHelpers) => unknown]>([
    ['expectObservable', ({ expectObservable }) => expectObservable(NEVER)],
    ['expectSubscriptions', ({ expectSubscriptions }) => expectSubscriptions([])],
    ['expectRequests', ({ expectRequests }) => expectRequests({ requests: [] })],
  ])('fails when %s() is not told what', (name, test) => {
    const said = failureOf((helpers) => void test(helpers));
    expect(said).toBe(`${name}(), expectation 1 does not say what it expects: add toBe()`);
  });

  test('fails when it returns a Promise', () => {
    const test = ({ expectObservable }: MarbleHelpers): unknown => {
      expectObservable(of(1)).toBe('(a|)', { a: 1 });
      return Promise.resolve();
    };
    expect(failureOf(test)).toMatch('a marble test is synchronous');
  });

  test('throws an error of the test itself as it is', () => {
    const oops = new Error('oops');
    const run = marbles(() => {
      throw oops;
    });
    expect(run).toThrow(oops);
  });

  test('tells of all expectations that failed', () => {
    const said = failureOf(({ cold, expectObservable }) => {
      expectObservable(cold('a|')).toBe('b|');
      expectObservable(cold('a|')).toBe('a|');
      expectObservable(cold('a|')).toBe('a-|');
    });
    expect(said).toContain('expectation 1\n');
    expect(said).not.toContain('expectation 2\n');
    expect(said).toContain('expectation 3\n');
  });

  test('points to the line of the expectation', () => {
    let line = '';
    const run = marbles(({ cold, expectObservable }) => {
      const expectation = expectObservable(cold('a|'));
      line = (new Error().stack ?? '').split('\n')[1]!.replace(/:\d+\)?$/, '');
      expectation.toBe('b|');
    });
    let first = '';
    try {
      run();
    } catch (error) {
      const { message: said, stack = '' } = error as Error;
      first = stack
        .slice(stack.indexOf(said) + said.length)
        .trim()
        .split('\n')[0]!;
    }
    const numberOf = (frame: string) => Number(/marbles\.test\.ts:(\d+)/.exec(frame)?.[1]);
    expect(numberOf(first)).toBe(numberOf(line) + 1);
  });

  test('looks at its expectations also when it flushes by itself', () => {
    const said = failureOf(({ cold, flush, expectObservable }) => {
      expectObservable(cold('a|')).toBe('b|');
      flush();
      throw new Error('too late');
    });
    expect(said).toContain('expectation 1');
  });

  test('runs what atEnd() is given when time is over, and fails with it', () => {
    const order: string[] = [];
    marbles(({ scheduler, atEnd }) => {
      atEnd(() => order.push('end'));
      scheduler.schedule(() => order.push('later'), 100);
    })();
    expect(order).toEqual(['later', 'end']);
    const said = failureOf(({ atEnd }) =>
      atEnd(() => {
        throw new Error('one is not two');
      }),
    );
    expect(said).toBe('the marble test failed\n\natEnd(), expectation 1\none is not two\n');
  });
});

describe('expectObservable', () => {
  test('shows both diagrams under each other and the first difference', () => {
    const values = { a: { type: 'text', chunk: 'Hel' }, b: { type: 'text', chunk: 'lo' } };
    const said = failureOf(({ cold, expectObservable }) => {
      const actual = cold('--a--x-|', { ...values, x: { type: 'text', chunk: 'low' } });
      expectObservable(actual).toBe('--a--b-|', values);
    });
    expect(said).toBe(
      message`
      the marble test failed

      expectObservable(), expectation 1
        expected  --a--b-|
        actual    --a--A-|

        at frame 5: value 2 at .chunk: expected "lo", got "low"

        not among the values:
          A = {"type":"text","chunk":"low"}
` + '\n',
    );
  });

  test.each<[string, string, string, string]>([
    ['--a|', '-a|', '--a|', 'expected "a" at frame 1, got it at 2'],
    ['-a-', '-a|', '-a', 'at frame 2: expected the end, got nothing more'],
    ['-ab|', '-a|', '-ab|', 'at frame 2: expected the end, got "b"'],
    ['-a|', '-a', '-a|', 'at frame 2: expected nothing more, got the end'],
    ['-a|', '-a#', '-a|', 'at frame 2: expected the error "error", got the end'],
    ['-(ab)-c|', '-(ab)-d|', '-(ab)-c|', 'at frame 6: value 3: expected "d", got "c"'],
    ['-a 239ms c|', '-a 239ms b|', '-a 239ms c|', 'at frame 241: value 2: expected "b", got "c"'],
  ])('finds the difference of %s to %s', (actual, expected, drawn, difference) => {
    const said = failureOf(({ cold, expectObservable }) => expectObservable(cold(actual)).toBe(expected));
    expect(said).toContain(`  expected  ${expected}\n  actual    ${drawn}\n\n  ${difference}\n`);
  });

  test('draws what a group leaves no room for after it, and says so', () => {
    const said = failureOf(({ scheduler, expectObservable }) => {
      const model = fakeModel(turn('-a-b|', { a: ['1', '2'] }));
      expectObservable(model.prompt('Hi', { scheduler }).pipe(text())).toBe('-(ab)-c|');
    });
    expect(said).toContain('actual    -(12)b|\n  (not to scale');
  });

  test('draws what comes between two frames at the first of them', () => {
    const said = failureOf(({ expectObservable }) => expectObservable(timer(2.6)).toBe('--(a|)', { a: 0 }));
    expect(said).toContain('  actual    --(a|)\n\n  expected 0 at frame 2, got it at 2.6\n');
  });

  test('compares errors by name, code, message and fields, and a partial where it is expected', () => {
    const partial = { model: 'm', prompt: { messages: [] }, messages: [] };
    const error = new LlmError('overloaded', 'busy', { partial, retryAfterMs: 5 });
    const check = (expected: unknown) =>
      failureOf(({ cold, expectObservable }) => expectObservable(cold('-#', {}, error)).toBe('-#', {}, expected));
    marbles(({ cold, expectObservable }) => {
      const source = cold('-#', {}, error);
      expectObservable(source).toBe('-#', {}, new LlmError('overloaded', 'busy', { retryAfterMs: 5 }));
      expectObservable(source).toBe('-#', {}, new LlmError('overloaded', 'busy', { retryAfterMs: 5, partial }));
      expectObservable(source).toBe('-#', {}, like({ code: 'overloaded' }));
    })();
    expect(check(failure('auth', 'busy'))).toContain(
      'at frame 1: the error at .code: expected "auth", got "overloaded"',
    );
    expect(check(failure('overloaded', 'bus'))).toContain('the error at .message: expected "bus", got "busy"');
    expect(check(failure('overloaded', 'busy'))).toContain('the error at .retryAfterMs: expected undefined, got 5');
    const other = failure('overloaded', 'busy', { retryAfterMs: 5, partial: { ...partial, model: 'n' } });
    expect(check(other)).toContain('the error at .partial.model: expected "n", got "m"');
    expect(check(like({ code: 'auth' }))).toContain('expected like {"code":"auth"}, got LlmError overloaded "busy"');
  });

  test.each<[string, unknown, unknown, string]>([
    ['a field', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }, '.a[0].b: expected 2, got 1'],
    ['a field that is missing', {}, { a: 1 }, '.a: expected 1, got undefined'],
    ['a field too many', { 'a b': 1 }, {}, '["a b"]: expected undefined, got 1'],
    ['a list and an object', [], {}, 'value 1: expected {}, got []'],
    ['the length of a list', [1], [1, 2], '[1]: expected 2, got undefined'],
    ['a map', new Map([['a', 1]]), new Map([['a', 2]]), '[0][1]: expected 2, got 1'],
    ['a date', new Date(0), new Date(1), '[0]: expected 1, got 0'],
    ['bytes', Uint8Array.of(1), Uint8Array.of(2), '[0]: expected 2, got 1'],
    ['no number and nothing', NaN, null, 'value 1: expected null, got NaN'],
  ])('finds the difference in %s', (_, actual, expected, difference) => {
    const run = (wanted: unknown) =>
      marbles(({ cold, expectObservable }) => expectObservable(cold('a', { a: actual })).toBe('a', { a: wanted }));
    expect(run(expected)).toThrow(difference);
    expect(run(actual)).not.toThrow();
  });

  test('takes values equal that only differ in fields that are undefined, and values that contain themselves', () => {
    const [one, two] = [{ a: 1 } as Record<string, unknown>, { a: 1 } as Record<string, unknown>];
    one.me = one;
    two.me = two;
    const run = marbles(({ cold, expectObservable }) => {
      expectObservable(cold('a', { a: { b: undefined } })).toBe('a', { a: {} });
      expectObservable(cold('a', { a: one })).toBe('a', { a: two });
    });
    expect(run).not.toThrow();
  });

  test('asks the matchers of the test runner', () => {
    const run = (matcher: unknown) =>
      marbles(({ cold, expectObservable }) =>
        expectObservable(cold('a', { a: { n: [1, 2] } })).toBe('a', { a: matcher }),
      );
    expect(run({ n: expect.arrayContaining([2]) })).not.toThrow();
    expect(run({ n: expect.arrayContaining([3]) })).toThrow('value 1 at .n: expected');
    expect(run(like({ n: [1] }))).toThrow('value 1: expected like {"n":[1]}');
    expect({ a: { b: 1, c: 2 } }).toEqual({ a: like({ b: 1 }) });
    expect({ a: 1 }).not.toEqual(like({ b: 1 }));
    expect(() => expect({ a: 1 }).toEqual(like({ b: 1 }))).toThrow('like {"b":1}');
  });

  test('takes one letter for several values of a frame', () => {
    const both = together('a', { b: 1 });
    const source = (helpers: MarbleHelpers) => concat(of('a', { b: 1 }), helpers.cold('-c|'));
    marbles((helpers) => helpers.expectObservable(source(helpers)).toBe('xc|', { x: both, c: 'c' }))();
    const said = failureOf((helpers) => helpers.expectObservable(source(helpers)).toBe('xd|', { x: both, d: 'd' }));
    expect(said).toContain('expected  xd|\n  actual    xA|\n\n  at frame 1: value 3: expected "d", got "c"');
  });
});

describe('expectSubscriptions', () => {
  test('shows both diagrams of each run', () => {
    const said = failureOf(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('---a|');
      expectObservable(concat(source, source)).toBe('---a---(a|)');
      expectSubscriptions(source.subscriptions).toBe(['^---!', '-----^--!', '^']);
    });
    expect(said).toContain(message`
      expectSubscriptions(), expectation 2
        expected 1  ^---!
        actual 1    ^---!
        expected 2  -----^--!
        actual 2    ----^---!
        expected 3  ^
        actual 3    (none)`);
  });
});

describe('expectRequests', () => {
  test('compares count, messages, options, tools and whatever else a request has', () => {
    const run = marbles(({ scheduler, expectObservable, expectRequests }) => {
      const model = fakeModel([turn('c|', { c: call('weather', {}, 'call_1') }), 'a|']);
      const response = model.prompt('Rain?', { scheduler, tools: [weather], options: { top_k: 1 } });
      expectObservable(response.reply().pipe(text())).toBe('-a|');
      expectRequests(model).toHaveCount(2);
      expectRequests(model).toBe([
        { messages: 'Rain?', options: { top_k: 1 }, tools: ['weather'], stream: true },
        { messages: [user('Rain?'), like({ role: 'assistant' }), like({ role: 'tool' })], options: like({}) },
      ]);
    });
    expect(run).not.toThrow();
  });

  test.each<[string, object, string]>([
    ['messages', { messages: 'Snow?' }, 'request 1: messages[0].parts[0].text: expected "Snow?", got "Rain?"'],
    ['options', { options: {} }, 'request 1: options.top_k: expected undefined, got 1'],
    ['tools', { tools: [] }, 'request 1: tools[0]: expected undefined, got "weather"'],
    ['a field', { system: 'Be brief.' }, 'request 1: system: expected "Be brief.", got undefined'],
  ])('tells the difference in %s', (_, expected, difference) => {
    const said = failureOf(({ scheduler, expectRequests }) => {
      const model = fakeModel('a|');
      model.prompt('Rain?', { scheduler, tools: [weather], options: { top_k: 1 } }).subscribe();
      expectRequests(model).toBe([expected]);
    });
    expect(said).toContain(`expectRequests(), expectation 1\n  ${difference}\n`);
  });

  test('tells what was asked where there were more or fewer', () => {
    const said = failureOf(({ scheduler, expectRequests }) => {
      const model = fakeModel('a|');
      model.prompt('Rain?', { scheduler }).subscribe();
      expectRequests(model).toHaveCount(2);
      expectRequests(model).toBe([]);
    });
    const asked = '    1: user [{"type":"text","text":"Rain?"}]';
    expect(said).toContain(`expectation 1\n  expected 2 requests, got 1\n${asked}\n`);
    expect(said).toContain(`expectation 2\n  expected 0 requests, got 1\n${asked}\n`);
  });
});

describe('expectClosed', () => {
  test('passes where nobody is subscribed any more', () => {
    const run = marbles(({ scheduler, expectObservable, expectClosed }) => {
      const model = fakeModel(['-a-b-', '-a|']);
      expectObservable(model.prompt('1', { scheduler }).pipe(text()), '^--!').toBe('-a-');
      expectObservable(model.prompt('2', { scheduler }).pipe(text())).toBe('-a|');
      expectClosed(model);
      expectClosed(model).toBe(['^--!', '^-!']);
    });
    expect(run).not.toThrow();
  });

  test('tells which runs are open', () => {
    const said = failureOf(({ scheduler, expectClosed }) => {
      const model = fakeModel(['-a-b-', '-a|']);
      model.prompt('1', { scheduler }).subscribe();
      model.prompt('2', { scheduler }).subscribe();
      expectClosed(model);
    });
    expect(said).toContain('expectClosed(), expectation 1\n  1 of 2 runs are still open:\n    ^\n    ^-!\n');
  });

  test('takes no run for closed that is expected to be open', () => {
    const said = failureOf(({ scheduler, expectClosed }) => {
      const model = fakeModel('-a-');
      model.prompt('1', { scheduler }).subscribe();
      expectClosed(model).toBe('^');
    });
    expect(said).toContain('1 of 1 runs are still open');
  });

  test('tells when they were left', () => {
    const said = failureOf(({ scheduler, expectClosed }) => {
      const model = fakeModel('-a|');
      model.prompt('1', { scheduler }).subscribe();
      expectClosed(model).toBe('^---!');
    });
    expect(said).toContain('  expected  ^---!\n  actual    ^-!\n');
  });
});
