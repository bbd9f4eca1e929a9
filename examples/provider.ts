// Writes a provider: forty lines from the wire of a server to events, and one object that gives it a name.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { filter, map, Observable } from 'rxjs';
import { defineModel, LlmError, type Message, type Model, type StreamEvent } from 'rxllm';
import { ndjson } from 'rxllm/http';
import { createRegistry, type Provider } from 'rxllm/models';

interface Settings {
  readonly model: string;
  readonly apiKey?: string | undefined;
  readonly baseUrl: string;
}

/** What the server sends, one a line; the last one has `stop`. */
interface Line {
  readonly think?: string;
  readonly say?: string;
  readonly stop?: 'end' | 'limit';
  readonly words?: number;
}

function acme({ model, apiKey = '', baseUrl }: Settings): Model {
  return defineModel({
    id: model,
    capabilities: { tools: false, schema: false, attachments: false },
    stream({ messages }, { key = apiKey, scheduler }) {
      const headers = new Headers({ 'content-type': 'application/json', authorization: `Bearer ${key}` });
      const request = { url: `${baseUrl}/talk`, headers, body: { model, turns: messages.map(toTurn) }, scheduler };
      const lines$ = ndjson(request, { isLast: ({ data }) => data.includes('"stop"') }).pipe(
        // A line that the end of the body cut off.
        filter(({ tail }) => !tail),
        map(({ data }) => JSON.parse(data) as Line),
      );
      return new Observable<StreamEvent>((subscriber) =>
        lines$.subscribe({
          next({ think, say, stop, words }) {
            if (think) subscriber.next({ type: 'reasoning', chunk: think });
            if (say) subscriber.next({ type: 'text', chunk: say });
            if (words !== undefined) subscriber.next({ type: 'usage', usage: { output: words } });
            if (!stop) return;
            subscriber.next({ type: 'finish', reason: stop === 'end' ? 'stop' : 'length', raw_reason: stop });
            subscriber.complete();
          },
          error: (error: unknown) => subscriber.error(error),
          // Had it said `stop`, nobody would be subscribed any more.
          complete: () => subscriber.error(new LlmError('truncated', 'the answer of Acme ended before its end')),
        }),
      );
    },
  });
}

function toTurn({ role, parts }: Message) {
  return { role, text: parts.map((part) => (part.type === 'text' ? part.text : '')).join('') };
}

// A server of Acme's, so that this runs anywhere.
const server = createServer((_, response) => {
  response.setHeader('content-type', 'application/x-ndjson');
  for (const line of [{ think: 'A greeting.' }, { say: 'Hello, ' }, { say: 'world!' }, { stop: 'end', words: 2 }]) {
    response.write(`${JSON.stringify(line)}\n`);
  }
  response.end();
});
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const provider: Provider = {
  id: 'acme',
  keyVariables: ['ACME_API_KEY'],
  load: (model, { apiKey }) => Promise.resolve(acme({ model, apiKey, baseUrl })),
};
const registry = createRegistry({ providers: [provider], aliases: { a: 'acme/large' }, env: { ACME_API_KEY: 'key' } });

const response = (await registry.getModel('a')).prompt('Hi');
console.log(await response.text());
console.log(JSON.stringify(response.toJSON().messages));
console.log((await response.usage())?.output, 'words');
server.close();

// Hello, world!
// [{"role":"assistant","parts":[{"type":"reasoning","text":"A greeting."},{"type":"text","text":"Hello, world!"}]}]
// 2 words
