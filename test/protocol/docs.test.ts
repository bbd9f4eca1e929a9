// docs/protocol.md and the code say the same: the messages, their fields, the close codes, and what happens in a session.
import fs from 'node:fs';
import path from 'node:path';
import { concat, NEVER, of } from 'rxjs';
import { closeCodes, isFinal } from 'rxllm/server';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';
import { parseClientMessage } from '../../src/protocol/parseClientMessage.ts';
import { root } from '../support/dist.ts';
import { startHub } from '../support/hubs.ts';
import { countingModel } from '../support/models.ts';
import { closeSockets, openSocket, type Message } from '../support/rawSockets.ts';

const page = fs.readFileSync(path.join(root, 'docs/protocol.md'), 'utf8');

function section(title: string): string {
  const [, text] = page.split(`\n## ${title}\n`);
  return text!.split('\n## ', 1)[0]!;
}

interface Described {
  readonly type: string;
  readonly fields: readonly string[];
  readonly example: Message;
}

/** The messages of a section, with the fields of their tables and their examples. */
function messagesOf(title: string): Described[] {
  return section(title)
    .split('\n### ')
    .slice(1)
    .map((text) => ({
      type: /^`(\w+)`\n/.exec(text)![1]!,
      fields: [...text.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!),
      example: JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(text)![1]!) as Message,
    }));
}

// The compiler holds these equal to the types.
type Keys<Of, Type> = Of extends { readonly type: Type } ? Exclude<keyof Of, 'type'> : never;
type Fields<Of extends { readonly type: string }> = { readonly [Type in Of['type']]: Record<Keys<Of, Type>, true> };

const ofClient: Fields<ClientMessage> = {
  hello: { token: true },
  attach: { stream: true, after: true },
  detach: { stream: true },
  prompt: { request_id: true, text: true, model: true, reply_to: true, attachments: true },
  stop: { request_id: true, stream: true, reason: true },
  list: { request_id: true },
  ping: {},
  pong: {},
};

const ofServer: Fields<ServerMessage> = {
  welcome: { heartbeat_ms: true },
  attached: { stream: true, run: true },
  events: { stream: true, run: true, seq: true, events: true },
  gone: { stream: true, run: true, first: true, last: true, snapshot: true },
  prompted: { request_id: true, stream: true },
  stopped: { request_id: true },
  streams: { request_id: true, streams: true },
  refused: { request_id: true, stream: true, error: true },
  ping: {},
  pong: {},
};

describe.each([
  ['client', ofClient],
  ['server', ofServer],
])('messages of the %s', (who, types) => {
  const described = messagesOf(`Messages of the ${who}`);

  test('are all described, and no others', () => {
    expect(described.map(({ type, fields }) => [type, fields])).toEqual(
      Object.entries(types).map(([type, fields]) => [type, Object.keys(fields)]),
    );
  });

  test.each(described)('have an example of $type, with fields of its table', ({ type, fields, example }) => {
    const { type: given, ...rest } = example;
    expect(given).toBe(type);
    expect(Object.keys(rest).filter((name) => !fields.includes(name))).toEqual([]);
  });
});

test.each(messagesOf('Messages of the client'))(
  'the server takes the example of $type, and its fields alone',
  (described) => {
    const { type, fields, example } = described;
    expect(parseClientMessage(JSON.stringify(example))).toEqual(example);
    const problem = `${type} has "other", which is not taken; it may have ${['type', ...fields].join(', ')}`;
    expect(parseClientMessage(JSON.stringify({ ...example, other: 1 }))).toEqual({ problem });
  },
);

test('the table of close codes is the one of the code', () => {
  const rows = [...section('Close codes').matchAll(/^\| (\d+) \| `(\w+)` .*\| (yes|no) +\|$/gm)];
  expect(rows.map(([, code, name, back]) => [name, Number(code), back === 'no'])).toEqual(
    Object.entries(closeCodes).map(([name, code]) => [name, code, isFinal(code)]),
  );
});

/** What is another each time: what comes first in a place stands for what the page has there. */
const random = ['stream', 'run', 'id', 'datetime_utc'];

test('the session is what happens', async () => {
  const lines = [.../^```text\n([\s\S]*?)^```$/m.exec(section('A session'))![1]!.matchAll(/^([<>]) (.*)$/gm)];
  const model = countingModel(() => concat(of('Hel', 'lo'), NEVER));
  const server = await startHub({ models: { model }, authorize: () => true });
  const raw = await openSocket(server.url);
  const ids = new Map<unknown, unknown>([['counting', 'small']]);
  const toPage = (message: Message) => replaceAll(JSON.stringify(message), [...ids]);
  const toHub = (text: string) =>
    replaceAll(
      text,
      [...ids].map(([real, written]) => [written, real]),
    );
  for (const [, who, text = ''] of lines) {
    if (who === '>') {
      raw.send(toHub(text));
      continue;
    }
    const message = await raw.next();
    const written = JSON.parse(text) as Message;
    for (const [real, shown] of [
      [message, written],
      [firstOf(message), firstOf(written)],
    ]) {
      for (const key of random) if (real && shown && key in real && !ids.has(real[key])) ids.set(real[key], shown[key]);
    }
    expect(toPage(message)).toBe(text);
  }
  await closeSockets();
  await server.close();
});

function firstOf({ events }: Message): Message | undefined {
  return Array.isArray(events) ? (events[0] as Message) : undefined;
}

function replaceAll(text: string, pairs: readonly (readonly unknown[])[]): string {
  return pairs.reduce((replaced, [from, to]) => replaced.replaceAll(String(from), String(to)), text);
}
