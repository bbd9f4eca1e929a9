// What clients who have come in may do: authorize is asked each time, and who is refused learns nothing.
import { NEVER } from 'rxjs';
import type { ActionRequest, AuthorizeRequest, HubOptions, Refusal } from 'rxllm/server';
import { demo } from 'rxllm/demo';
import { startHub, type TestHub } from '../support/hubs.ts';
import { closeSockets, enter, type Message } from '../support/rawSockets.ts';

let server: TestHub | undefined;
const refused: Refusal[] = [];

/** A hub whose clients are called what their token says. */
async function start(may: (request: ActionRequest) => unknown, options: HubOptions = {}): Promise<TestHub> {
  server = await startHub({
    models: { demo: demo() },
    onRefused: (refusal) => refused.push(refusal),
    authorize: (request: AuthorizeRequest) =>
      request.action === 'connect' ? (request.token ?? false) : (may(request) as boolean),
    ...options,
  });
  return server;
}

afterEach(async () => {
  await closeSockets();
  await server?.close();
  refused.length = 0;
});

const questions: readonly Message[] = [
  { type: 'attach', stream: 's' },
  { type: 'stop', request_id: '1', stream: 's' },
  { type: 'prompt', request_id: '1', text: 'Hi' },
  { type: 'list', request_id: '1' },
];

const notFound = { code: 'not_found', message: 'there is no stream "s"', retryable: false };
const answers: Readonly<Record<string, Message>> = {
  attach: { type: 'refused', stream: 's', error: notFound },
  stop: { type: 'refused', request_id: '1', error: notFound },
  prompt: {
    type: 'refused',
    request_id: '1',
    error: { code: 'permission', message: 'prompts are not taken from you', retryable: false },
  },
  list: {
    type: 'refused',
    request_id: '1',
    error: { code: 'permission', message: 'streams are not listed for you', retryable: false },
  },
};

describe.each(questions)('$type', (question) => {
  const action = question.type === 'prompt' ? 'publish' : question.type;
  const stream = 'stream' in question ? { stream: 's' } : {};

  test.each([
    ['says no', () => false, 'authorize() said no'],
    ['says no later', () => Promise.resolve(false), 'authorize() said no'],
    // True alone is yes.
    ['says a name', () => 'ada', 'authorize() said no'],
    [
      'throws',
      () => {
        throw new Error('no database');
      },
      'authorize() threw: no database',
    ],
  ])('is refused, and the log is told, where authorize %s', async (_, may, reason) => {
    const { hub, url } = await start(may);
    hub.publish('s', NEVER);
    const raw = await enter(url, 'ada');
    raw.send(question);
    expect(await raw.next()).toEqual(answers[question.type]);
    expect(refused).toEqual([{ action, principal: 'ada', ...stream, reason }]);
    expect(hub.list()).toMatchObject([{ stream: 's', state: 'running', subscribers: 0 }]);
  });

  test('is asked about with who, what, and whose', async () => {
    const asked: ActionRequest[] = [];
    const { hub, url } = await start((request) => {
      asked.push(request);
      return false;
    });
    hub.publish('s', NEVER, { owner: 'bob' });
    const raw = await enter(url, 'ada');
    raw.send(question);
    await raw.next();
    const { type: __, ...prompt } = question;
    expect(asked).toEqual([
      {
        action,
        principal: 'ada',
        ...('stream' in question && { stream: 's', owner: 'bob' }),
        ...(question.type === 'prompt' && { prompt }),
      },
    ]);
  });
});

test.each([
  ['attach', (stream: string) => ({ type: 'attach', stream })],
  ['stop', (stream: string) => ({ type: 'stop', request_id: '1', stream })],
  ['reply', (stream: string) => ({ type: 'prompt', request_id: '1', text: 'And?', reply_to: stream })],
])('%s answers alike for a stream that is forbidden and one that is not there', async (_, ask) => {
  const { hub, url } = await start((request) => !('stream' in request) || request.stream !== 'forbidden');
  hub.publish('forbidden', NEVER);
  const raw = await enter(url, 'ada');
  const texts: string[] = [];
  raw.webSocket.on('message', (data: Buffer) => texts.push(data.toString()));
  raw.send(ask('forbidden'), ask('not-there'));
  await raw.next('refused');
  await raw.next('refused');
  expect(texts[0]!.replaceAll('forbidden', 'ID')).toBe(texts[1]!.replaceAll('not-there', 'ID'));
});

test('a list has only what may be attached, and what is left out is no refusal', async () => {
  const { hub, url } = await start(async ({ action, ...request }) => {
    await Promise.resolve();
    return action === 'list' || ('owner' in request && request.owner === request.principal);
  });
  hub.publish('of-ada', NEVER, { owner: 'ada' });
  hub.publish('of-bob', NEVER, { owner: 'bob' });
  hub.publish('of-nobody', NEVER);
  const raw = await enter(url, 'ada');
  raw.send({ type: 'list', request_id: '7' });
  expect(await raw.next()).toEqual({
    type: 'streams',
    request_id: '7',
    streams: [
      { stream: 'of-ada', run: expect.any(String), state: 'running', first: 1, last: 0, subscribers: 0, owner: 'ada' },
    ],
  });
  expect(refused).toEqual([]);
});

test('a list leaves out what authorize throws about, and the log is told', async () => {
  const { hub, url } = await start((request) => {
    if ('stream' in request && request.stream === 'broken') throw new Error('no database');
    return true;
  });
  hub.publish('broken', NEVER);
  hub.publish('fine', NEVER);
  const raw = await enter(url, 'ada');
  raw.send({ type: 'list', request_id: '7' });
  expect(await raw.next()).toMatchObject({ type: 'streams', streams: [{ stream: 'fine' }] });
  const reason = 'authorize() threw: no database';
  expect(refused).toEqual([{ action: 'attach', principal: 'ada', stream: 'broken', reason }]);
});

test('a stream that took the id while authorize was asked about another is not given', async () => {
  let answer: (isAllowed: boolean) => void = () => undefined;
  let isAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const { hub, url } = await start(() => {
    isAsked();
    return new Promise<boolean>((resolve) => (answer = resolve));
  });
  hub.publish('s', NEVER, { owner: 'ada' });
  const raw = await enter(url, 'ada');
  raw.send({ type: 'attach', stream: 's' });
  await asked;
  hub.stop('s');
  hub.publish('s', NEVER, { owner: 'bob' });
  answer(true);
  expect(await raw.next()).toEqual(answers.attach);
});
