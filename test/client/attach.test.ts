// attach(): the events of a run, as if it were here, and its end.
import { concat, from, lastValueFrom, NEVER, take, throwError, toArray } from 'rxjs';
import { LlmError, type LlmErrorCode, type StreamEvent } from 'rxllm';
import { demo } from 'rxllm/demo';
import {
  accumulateText,
  collectJson,
  collectMessages,
  collectText,
  ofType,
  text,
  toolCalls,
  usage,
} from 'rxllm/operators';
import { connectTo, createSource, startHub, type TestHub } from '../support/hubs.ts';
import { callEvents, countingModel } from '../support/models.ts';

let server: TestHub;

beforeAll(async () => {
  server = await startHub();
});

afterAll(() => server.close());

const said = (chunk: string) => [{ role: 'assistant', parts: [{ type: 'text', text: chunk }] }];

/** What attach() errors with. */
async function errorOf(id: string): Promise<LlmError> {
  const thrown: unknown = await lastValueFrom(connectTo(server.url).client.attach(id).pipe(toArray())).then(
    (events) => events,
    (error: unknown) => error,
  );
  if (thrown instanceof LlmError) return thrown;
  throw new Error(`attach() emitted ${JSON.stringify(thrown)}`);
}

describe('attach()', () => {
  test('emits the events of a response as the response does, and completes', async () => {
    const { hub, url } = server;
    const response = demo({ chunkMs: 0 }).prompt('Tell me').share();
    hub.publish('response', response);
    const here = lastValueFrom(response.pipe(toArray()));
    const there = await lastValueFrom(connectTo(url).client.attach('response').pipe(toArray()));
    expect(there).toEqual(await here);
  });

  test.each<[LlmErrorCode, 'failed' | 'truncated', boolean]>([
    ['overloaded', 'failed', true],
    ['auth', 'failed', false],
    ['truncated', 'truncated', true],
  ])('errors with %s where the run does, and with what had come', async (code, status, retryable) => {
    const id = `errors with ${code}`;
    server.hub.publish(
      id,
      concat(
        from(['Hel', 'lo']),
        throwError(() => new LlmError(code, 'so it is', { retryable })),
      ),
    );
    expect(await errorOf(id)).toMatchObject({
      code,
      message: 'so it is',
      retryable,
      partial: { messages: said('Hello'), status },
    });
  });

  test('errors with aborted where the run is stopped, and with what had come', async () => {
    server.hub.publish('stopped', concat(from(['Hel', 'lo']), NEVER));
    const error = errorOf('stopped');
    await lastValueFrom(connectTo(server.url).client.stop('stopped', 'enough'));
    expect(await error).toMatchObject({
      code: 'aborted',
      message: 'the stream was stopped: enough',
      retryable: false,
      partial: { messages: said('Hello'), status: 'aborted' },
    });
  });

  test('errors with what the connection is refused for, and with what had come', async () => {
    let isOpen = true;
    const guarded = await startHub({ authorize: ({ action }) => action !== 'connect' || isOpen });
    const source = createSource();
    guarded.hub.publish('s', source);
    source.next('Hello');
    const { client, sockets } = connectTo(guarded.url, { token: 't' });
    const thrown = lastValueFrom(client.attach('s').pipe(toArray())).catch((error: unknown) => error);
    await lastValueFrom(client.entries('s').pipe(take(1)));
    isOpen = false;
    sockets.at(-1)!.terminate();
    expect(await thrown).toMatchObject({ code: 'auth', partial: { messages: said('Hello'), status: 'truncated' } });
    expect(sockets).toHaveLength(2);
    await guarded.close();
  });

  test('errors with what is no event of its type, and with what had come', async () => {
    // A program may publish what it likes.
    const broken = { type: 'tool_output' } as StreamEvent;
    server.hub.publish('broken', from<(StreamEvent | string)[]>(['Hello', broken, 'more']));
    expect(await errorOf('broken')).toMatchObject({
      code: 'bad_response',
      message: expect.stringContaining('an event of type "tool_output" cannot be read: '),
      partial: { messages: said('Hello'), status: 'truncated' },
    });
  });

  test('takes every operator', async () => {
    const { hub, url } = server;
    const events: readonly StreamEvent[] = [
      { type: 'reasoning', chunk: 'Hm' },
      { type: 'text', chunk: '{"a":' },
      { type: 'text', chunk: '1}' },
      ...callEvents('add', { a: 1 }, 'c1'),
      { type: 'usage', usage: { input: 5, output: 7 } },
    ];
    const response = countingModel(() => from(events)).prompt('Hi');
    hub.publish('operators', response);
    const { client } = connectTo(url);
    const attached$ = client.attach('operators');
    const here = await lastValueFrom(response.pipe(collectMessages()));
    expect(await lastValueFrom(attached$.pipe(collectMessages()))).toEqual(here);
    expect(await lastValueFrom(attached$.pipe(text(), toArray()))).toEqual(['{"a":', '1}']);
    expect(await lastValueFrom(attached$.pipe(accumulateText(), toArray()))).toEqual(['{"a":', '{"a":1}']);
    expect(await lastValueFrom(attached$.pipe(collectText()))).toBe('{"a":1}');
    expect(await lastValueFrom(attached$.pipe(collectJson()))).toEqual({ a: 1 });
    expect(await lastValueFrom(attached$.pipe(toolCalls()))).toMatchObject({ name: 'add', arguments: { a: 1 } });
    expect(await lastValueFrom(attached$.pipe(usage()))).toEqual({ input: 5, output: 7 });
    expect(await lastValueFrom(attached$.pipe(ofType('reasoning'), toArray()))).toHaveLength(1);
  });
});
