// Lines of JSON: however they are written and cut, the events are the same; and what becomes of the connection.
import * as fc from 'fast-check';
import { firstValueFrom, lastValueFrom, AsyncSubject, take, tap, VirtualTimeScheduler } from 'rxjs';
import type { Message } from 'rxllm';
import { ollama } from 'rxllm/ollama';
import { ofType } from 'rxllm/operators';
import { done, encode, line, outcomeOfBytes, streamOf } from '../providers/ollama/lines.ts';
import { outcomeOf } from '../support/outcome.ts';
import { fetchOf, startServer, type Answer, type TestServer } from '../support/servers.ts';

const lines = [
  line({ thinking: 'Hm ½ 👩‍👩‍👧‍👦' }),
  line({ content: 'a\u2028日本\n語' }),
  line({ content: '\uFEFF' }),
  line({ tool_calls: [{ id: 'c', function: { name: 'f', arguments: { x: 'é' } } }] }),
  done('stop', { prompt_eval_count: 1, eval_count: 2 }),
];
const plain = streamOf(lines);

async function eventsOf(pieces: Iterable<Uint8Array>, contentType?: string): Promise<unknown> {
  const { events, error } = await outcomeOfBytes(pieces, contentType);
  return [error?.code, events.map((event) => (event.type === 'start' ? event.resolved_model : event))];
}

const textOf = (messages: readonly Message[]) =>
  messages.flatMap(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : ''))).join('');

describe('a stream of lines', () => {
  test.each([
    ['CRLF line ends', plain.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${plain}`],
    ['blank lines', `\n \n${plain.replaceAll('\n', '\n\n\t\r\n')}`],
    ['no line break at the end', plain.trimEnd()],
    ['spaces around its lines', plain.replaceAll('\n', ' \n  ')],
    ['spaces within its lines', plain.replaceAll('":', '" : ').replaceAll(',"', ' , "')],
  ])('is the same with %s', async (_, text) => {
    expect(await eventsOf([encode(text)])).toEqual(await eventsOf([encode(plain)]));
  });

  test.each(['application/json; charset=utf-8', 'text/plain', 'text/event-stream', ''])(
    'is the same with content type "%s"',
    async (contentType) => {
      expect(await eventsOf([encode(plain)], contentType)).toEqual(await eventsOf([encode(plain)]));
    },
  );

  test('is the same wherever it is cut in two, also within a character', async () => {
    const bytes = encode(`\uFEFF${plain.replaceAll('\n', '\r\n')}`);
    const whole = await eventsOf([bytes]);
    expect(whole).toHaveProperty('1.length', 11);
    for (let at = 1; at < bytes.length; at++) {
      expect(await eventsOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    }
  });

  test('is the same wherever it is cut many times', async () => {
    const bytes = encode(plain);
    const whole = await eventsOf([bytes]);
    const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (positions) => {
        const ends = [...positions.toSorted((a, b) => a - b), bytes.length];
        const pieces = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
        expect(await eventsOf(pieces)).toEqual(whole);
      }),
      { seed: 42, numRuns: 300 },
    );
  });

  test('reaches the subscriber synchronously, all that one read brings', async () => {
    const order: string[] = [];
    const pieces = [1, 2].map((n) => encode(streamOf([line({ content: `${n}a` }), line({ content: `${n}b` })])));
    const model = ollama({ model: 'm', fetch: fetchOf([...pieces, encode(streamOf([done()]))]) });
    await lastValueFrom(
      model.prompt('Hi').pipe(
        ofType('text'),
        tap(({ chunk }) => {
          order.push(chunk);
          queueMicrotask(() => order.push('later'));
        }),
      ),
    );
    expect(order).toEqual(['1a', '1b', 'later', 'later', '2a', '2b', 'later', 'later']);
  });

  test('costs in proportion to the length of a line that comes in small pieces', async () => {
    // Joined anew with every piece, the longer line would cost 64 times as much as the shorter one.
    const timeOf = async (length: number) => {
      const bytes = encode(streamOf([line({ content: 'x'.repeat(length) }), done()]));
      const pieces = Array.from({ length: Math.ceil(bytes.length / 64) }, (_, at) =>
        bytes.subarray(at * 64, at * 64 + 64),
      );
      const before = performance.now();
      const { messages } = await outcomeOfBytes(pieces);
      expect(textOf(messages).length).toBe(length);
      return performance.now() - before;
    };
    await timeOf(500_000);
    const short = await timeOf(500_000);
    expect(await timeOf(4_000_000)).toBeLessThan(short * 30 + 500);
  }, 60_000);

  test('that ends within a line is truncated, whatever is missing', async () => {
    const whole = plain.trimEnd();
    for (const missing of [1, 5, 40, 200]) {
      expect((await outcomeOfBytes([encode(whole.slice(0, -missing))])).error?.code).toBe('truncated');
    }
  });

  test('with a line that is no JSON is a bad_response that shows it', async () => {
    const { error, messages } = await outcomeOfBytes([encode(`${streamOf([line({ content: 'a' })])}oops {\n${plain}`)]);
    expect(error).toMatchObject({ code: 'bad_response' });
    expect(error?.message).toContain('oops {');
    expect(messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }]);
  });

  test.each([
    ['text/html; charset=utf-8', '<!doctype html>\n<title>Sign in</title>\n<p>Hello', 'Sign in'],
    ['text/html', '<html><head><title>Sign in</title></head></html>', 'Sign in'],
    ['text/plain', 'Ollama is running', 'Ollama is running'],
    ['application/json', '[]', '[]'],
    ['', 'data: {}\n\n', 'data: {}'],
  ])('that is none (%s) is a bad_response that names the place and says what came', async (contentType, body, said) => {
    const { error } = await outcomeOfBytes([encode(body)], contentType);
    expect(error).toMatchObject({ code: 'bad_response', retryable: false });
    expect(error?.message).toContain('127.0.0.1:11434/api/chat answered with');
    expect(error?.message).toContain(contentType || 'a body of no content type');
    // Of a page that comes line by line the first line is enough.
    expect(error?.message).toContain(body.startsWith('<!') ? '' : said);
  });
});

describe('the connection of a stream of lines', () => {
  let server: TestServer;
  afterEach(() => server.close());

  const openEnded: Answer = { pieces: [streamOf([line({ content: 'a' })])], atEnd: 'stay' };
  const closed = (number = 0) => server.request(number).then((request) => request.closed);

  async function responseTo(answer: Answer) {
    server = await startServer({ contentType: 'application/x-ndjson', ...answer });
    return ollama({ model: 'm', baseUrl: server.url }).prompt('Hi');
  }

  test('is closed when the subscriber leaves', async () => {
    const response = await responseTo(openEnded);
    await firstValueFrom(response.pipe(ofType('text')));
    await expect(closed()).resolves.toBe('aborted');
  });

  test('is closed when the subscriber leaves at a call whose arguments only look like the end', async () => {
    const tool_calls = [{ id: 'a', function: { name: 'f', arguments: { done: true } } }];
    const response = await responseTo({ ...openEnded, pieces: [streamOf([line({ tool_calls })])] });
    await lastValueFrom(response.pipe(ofType('tool_call_name'), take(1)));
    const left = Date.now();
    await expect(closed()).resolves.toBe('aborted');
    // Not drained for a second.
    expect(Date.now() - left).toBeLessThan(900);
  });

  test('may break without harm once the answer is done', async () => {
    const response = await responseTo({ pieces: [streamOf([line({ content: 'a' }), done()])], atEnd: 'stay' });
    await expect(response.text()).resolves.toBe('a');
    // A server that does not end the body is cut off after a second.
    await expect(closed()).resolves.toBe('aborted');
  });

  test('that breaks before is a truncated answer', async () => {
    const response = await responseTo({ ...openEnded, atEnd: 'destroy' });
    await expect(response.text()).rejects.toMatchObject({ code: 'truncated', partial: { messages: [{}] } });
  });

  test('serves the next request after the last line', async () => {
    const pieces = [streamOf([line({ content: 'a' }), done()]), '\n'];
    server = await startServer({ contentType: 'application/x-ndjson', pieces });
    for (let number = 0; number < 6; number++) {
      const read$ = new AsyncSubject<void>();
      const read = firstValueFrom(read$, { defaultValue: undefined });
      const model = ollama({
        model: 'm',
        baseUrl: server.url,
        async fetch(url, init) {
          const response = await fetch(url, init);
          const watched = new TransformStream<Uint8Array, Uint8Array>({ flush: () => read$.complete() });
          return new Response(response.body!.pipeThrough(watched), response);
        },
      });
      // Nobody moves the time of the run on.
      const { error } = await outcomeOf(model, { scheduler: new VirtualTimeScheduler() });
      expect(error).toBeUndefined();
      await read;
    }
    expect(server.requests).toHaveLength(6);
    expect(server.connections).toBeLessThanOrEqual(2);
  });
});
