// The faults that a server, a network and a client can bring about, each with what is to become of the response. Benches
// play the same ones to other libraries, so nothing here needs a test runner or rxllm itself.
import { constants, gzipSync } from 'node:zlib';
import type { EndStatus, LlmErrorCode } from 'rxllm';
import { startFaultServer, type FaultRequest, type FaultServer, type Step } from './faultServer.ts';
import type { Wire } from './faultWires.ts';

export interface Expected {
  readonly end: EndStatus;
  readonly code?: LlmErrorCode;
  readonly retryable?: boolean;
  /** The text that is kept. */
  readonly kept: string;
  readonly retryAfterMs?: number;
  /** How long the server was silent by then, with default settings. */
  readonly ms?: number;
}

export interface Fault {
  /** Part of its URL. */
  readonly id: string;
  readonly name: string;
  /** What the server does for a request. */
  readonly script?: (wire: Wire, at: { readonly path: string; readonly other: string }) => readonly Step[];
  /** Where there is no such server. */
  readonly nowhere?: 'reset' | 'unknown host' | 'closed port';
  /** What the client does when it has the text `Hello world`. */
  readonly leaves?: 'abort' | 'unsubscribe';
  /** The server goes on when the client has that text: a reset, for one, takes away what is still on its way. */
  readonly isGated?: true;
  /** Nothing happens any more but that time goes on: the server is silent, or gives signs of life alone. */
  readonly waits?: 'silence' | 'signs';
  readonly expected: Expected;
  /** Where a provider differs, with the reason beside it; one with another end state is whole. */
  readonly except?: Readonly<Record<string, Expected | Omit<Partial<Expected>, 'end'>>>;
}

export interface FaultGroup {
  readonly name: string;
  readonly faults: readonly Fault[];
}

export const helloWorld = 'Hello world';
/** What one line holds in one of the faults. */
export const longText = 'Hello world '.repeat((5 * 1024 * 1024) / 12);

const head = ({ contentType }: Wire): Step => ({ do: 'head', contentType });
const send = (bytes: string | Uint8Array): Step => ({ do: 'send', bytes });
const stay: Step = { do: 'stay' };
const end: Step = { do: 'end' };
const cut: Step = { do: 'cut' };

/** The answer up to and with its text. */
function spoken(wire: Wire): string {
  return wire.opening + wire.text('Hello') + wire.text(' world');
}

function whole(wire: Wire): string {
  return spoken(wire) + wire.closing(helloWorld);
}

/** A response that is whole when it comes, with its length. */
function document(status: number, contentType: string, body: string | Uint8Array, headers = {}): readonly Step[] {
  return [{ do: 'head', status, contentType, headers, framing: Buffer.byteLength(body) }, send(body), end];
}

function good(wire: Wire): readonly Step[] {
  return [head(wire), send(whole(wire)), end];
}

function redirect(location: string): readonly Step[] {
  return document(307, 'text/plain', '', { location });
}

const done: Expected = { end: 'done', kept: helloWorld };
const aborted: Expected = { end: 'aborted', code: 'aborted', retryable: false, kept: helloWorld };
const truncated: Expected = { end: 'truncated', code: 'truncated', retryable: true, kept: helloWorld };

function failed(code: LlmErrorCode, retryable: boolean, kept = ''): Expected {
  return { end: 'failed', code, retryable, kept };
}

function refused(status: number, code: LlmErrorCode, retryable: boolean): Fault {
  return {
    id: `status-${status}`,
    name: `status ${status}`,
    script: (wire) => document(status, 'application/json', wire.refusal(status)),
    expected: failed(code, retryable),
  };
}

export const faultGroups: readonly FaultGroup[] = [
  {
    name: 'The client leaves in mid stream',
    faults: [
      {
        id: 'abort',
        name: '`abort()`',
        script: (wire) => [head(wire), send(spoken(wire)), stay],
        leaves: 'abort',
        expected: aborted,
      },
      {
        id: 'unsubscribe',
        name: 'the last subscriber unsubscribes',
        script: (wire) => [head(wire), send(spoken(wire)), stay],
        leaves: 'unsubscribe',
        expected: aborted,
      },
    ],
  },
  {
    name: 'The answer breaks off',
    faults: [
      {
        id: 'error-in-stream',
        name: 'the provider reports an error in the stream',
        script: (wire) => [head(wire), send(spoken(wire)), send(wire.error), stay],
        expected: failed('provider_error', true, helloWorld),
        // Its errors have neither a code nor a type, by which one could tell.
        except: { ollama: { retryable: false } },
      },
      {
        id: 'cut',
        name: 'the connection is cut',
        script: (wire) => [head(wire), send(spoken(wire)), cut],
        expected: truncated,
      },
      {
        id: 'cut-within-event',
        name: 'the connection is cut within an event',
        script: (wire) => [head(wire), send(wire.opening + wire.text('Hello')), send(half(wire)), cut],
        expected: { ...truncated, kept: 'Hello' },
      },
      {
        id: 'reset',
        name: 'the connection is reset',
        script: (wire) => [head(wire), send(spoken(wire)), { do: 'gate' }, { do: 'reset' }],
        isGated: true,
        expected: truncated,
      },
      {
        id: 'cut-before-event',
        name: 'the connection is cut before the first event',
        script: (wire) => [head(wire), cut],
        expected: { ...truncated, kept: '' },
      },
      {
        id: 'early-end',
        name: 'the body ends well, but before the answer is complete',
        script: (wire) => [head(wire), send(spoken(wire)), end],
        expected: truncated,
      },
      {
        id: 'early-end-by-close',
        name: 'the same where the body has no end but that of the connection',
        script: (wire) => [{ do: 'head', contentType: wire.contentType, framing: 'close' }, send(spoken(wire)), end],
        expected: truncated,
      },
      {
        id: 'end-within-event',
        name: 'the body ends well, but within an event',
        script: (wire) => [head(wire), send(wire.opening + wire.text('Hello')), send(half(wire)), end],
        expected: { ...truncated, kept: 'Hello' },
      },
      {
        id: 'gzip-cut',
        name: 'a gzip body is cut',
        script: (wire) => [
          { do: 'head', contentType: wire.contentType, headers: { 'content-encoding': 'gzip' } },
          send(gzipSync(spoken(wire), { finishFlush: constants.Z_SYNC_FLUSH })),
          { do: 'gate' },
          cut,
        ],
        isGated: true,
        expected: truncated,
      },
    ],
  },
  {
    name: 'The server is silent',
    faults: [
      {
        id: 'silent-before-head',
        name: 'before it answers',
        script: () => [stay],
        waits: 'silence',
        expected: { ...failed('connect_timeout', true), ms: 240_000 },
      },
      {
        id: 'silent-before-event',
        name: 'before the first event',
        script: (wire) => [head(wire), stay],
        waits: 'silence',
        expected: { ...failed('first_event_timeout', true), ms: 240_000 },
        // The AI SDK gives nothing of an answer before its first event.
        except: { fromAiSdk: { code: 'connect_timeout' } },
      },
      {
        id: 'silent-in-stream',
        name: 'in mid stream',
        script: (wire) => [head(wire), send(spoken(wire)), stay],
        waits: 'silence',
        expected: { ...failed('idle_timeout', true, helloWorld), ms: 240_000 },
      },
      {
        id: 'signs-before-event',
        name: 'but for signs of life (comments, pings, blank lines), before the first event',
        script: (wire) => [head(wire), { do: 'repeat', bytes: wire.signOfLife, everyMs: 5 }],
        waits: 'signs',
        expected: { ...failed('first_event_timeout', true), ms: 600_000 },
        // The AI SDK gives nothing of an answer before its first event, and no signs of life.
        except: { fromAiSdk: { code: 'connect_timeout', ms: 240_000 } },
      },
      {
        id: 'signs-in-stream',
        name: 'but for signs of life, in mid stream',
        script: (wire) => [head(wire), send(spoken(wire)), { do: 'repeat', bytes: wire.signOfLife, everyMs: 5 }],
        waits: 'signs',
        expected: { ...failed('idle_timeout', true, helloWorld), ms: 600_000 },
        // The AI SDK gives no signs of life.
        except: { fromAiSdk: { ms: 240_000 } },
      },
      {
        id: 'silent-refusal',
        name: 'in mid error document, after a status 500',
        script: (wire) => [
          { do: 'head', status: 500, contentType: 'application/json' },
          send(wire.refusal(500).slice(0, 20)),
          stay,
        ],
        waits: 'silence',
        expected: { ...failed('server_error', true), ms: 2_000 },
        // The AI SDK waits for the end of the document.
        except: { fromAiSdk: { code: 'connect_timeout', ms: 240_000 } },
      },
    ],
  },
  {
    name: 'The answer is odd, but whole',
    faults: [
      {
        id: 'drip',
        name: 'it comes byte by byte',
        script: (wire) => [head(wire), { do: 'send', bytes: whole(wire), drip: true }, end],
        expected: done,
      },
      {
        id: 'content-type',
        name: 'its content type is wrong',
        script: (wire) => [{ do: 'head', contentType: 'text/plain' }, send(whole(wire)), end],
        expected: done,
      },
      {
        id: 'gzip',
        name: 'its body is compressed',
        script: (wire) => [
          { do: 'head', contentType: wire.contentType, headers: { 'content-encoding': 'gzip' } },
          send(gzipSync(whole(wire))),
          end,
        ],
        expected: done,
      },
      {
        id: 'long-line',
        name: 'one line has 5 MB',
        script: (wire) => [head(wire), send(wire.opening + wire.text(longText) + wire.closing(longText)), end],
        expected: { end: 'done', kept: longText },
      },
      {
        id: 'invalid-utf8',
        name: 'it has bytes that are no UTF-8',
        script: (wire) => {
          const [before = '', after = ''] = wire.text('Hello w\0rld').split(/\\u0000/);
          return [
            head(wire),
            send(
              Buffer.concat([
                Buffer.from(wire.opening + before),
                Buffer.of(0xff),
                Buffer.from(after + wire.closing('Hello w\uFFFDrld')),
              ]),
            ),
            end,
          ];
        },
        expected: { end: 'done', kept: 'Hello w\uFFFDrld' },
      },
      {
        id: 'two-ends',
        name: 'its end is sent twice',
        script: (wire) => [head(wire), send(whole(wire) + wire.closing(helloWorld)), end],
        expected: done,
      },
      {
        id: 'after-end',
        name: 'text follows after its end',
        script: (wire) => [head(wire), send(whole(wire) + wire.text(' more')), end],
        expected: done,
        except: {
          // It has no mark for its end: some servers send a finish reason with every chunk.
          gemini: { kept: 'Hello world more' },
          // The AI SDK reads on after a finish reason and `[DONE]`.
          fromAiSdk: { kept: 'Hello world more' },
        },
      },
      {
        id: 'open-after-end',
        name: 'the connection stays open after its end',
        script: (wire) => [head(wire), send(whole(wire)), stay],
        waits: 'silence',
        expected: { ...done, ms: 0 },
        except: {
          // It has no mark for its end, and a finish reason: nothing is missing when nothing more comes.
          gemini: { ms: 240_000 },
          // The AI SDK does not say that the answer is complete before its body ends.
          fromAiSdk: { ...failed('idle_timeout', true, helloWorld), ms: 240_000 },
        },
      },
      {
        id: 'cut-after-end',
        name: 'the connection is cut after its end',
        script: (wire) => [head(wire), send(whole(wire)), cut],
        expected: done,
        // The AI SDK does not say that the answer is complete before its body ends.
        except: { fromAiSdk: truncated },
      },
    ],
  },
  {
    name: 'The server refuses',
    faults: [
      refused(400, 'bad_request', false),
      refused(401, 'auth', false),
      refused(403, 'permission', false),
      refused(404, 'not_found', false),
      refused(408, 'server_error', true),
      refused(409, 'server_error', true),
      refused(413, 'bad_request', false),
      {
        id: 'status-429',
        name: 'status 429 with `Retry-After`',
        script: (wire) => document(429, 'application/json', wire.refusal(429), { 'retry-after': '7' }),
        expected: { ...failed('rate_limited', true), retryAfterMs: 7000 },
      },
      refused(500, 'server_error', true),
      refused(503, 'overloaded', true),
      refused(529, 'overloaded', true),
    ],
  },
  {
    name: 'What comes is no stream',
    faults: [
      {
        id: 'html',
        name: 'a web page with status 200',
        script: () => document(200, 'text/html', '<html><head><title>Sign in</title></head><body>x</body></html>'),
        expected: failed('bad_response', false),
        // The AI SDK reads it as a stream without events.
        except: { fromAiSdk: { ...truncated, kept: '' } },
      },
      {
        id: 'error-document',
        name: 'an error document with status 200',
        script: (wire) => document(200, 'application/json', wire.refusal(400)),
        expected: failed('provider_error', false),
        // The AI SDK reads it as a stream without events.
        except: { fromAiSdk: { ...truncated, kept: '' } },
      },
      {
        id: 'empty',
        name: 'an empty body with status 200',
        script: (wire) => document(200, wire.contentType, ''),
        expected: { ...truncated, kept: '' },
      },
    ],
  },
  {
    name: 'The request is redirected',
    faults: [
      {
        id: 'redirect',
        name: 'to another path of the server',
        script: (wire, { path }) => (path.includes('/moved/') ? good(wire) : redirect(moved(path))),
        expected: done,
      },
      {
        id: 'redirect-loop',
        name: 'in a circle',
        script: (_, { path }) => redirect(path),
        expected: failed('bad_response', false),
        // Of the AI SDK's providers `fetch` follows all redirects, and then says only that it failed.
        except: { fromAiSdk: { code: 'connection', retryable: true } },
      },
      {
        id: 'redirect-away',
        name: 'to another server',
        script: (_, { path, other }) => redirect(other + path),
        expected: failed('bad_response', false),
        // Of the AI SDK's providers `fetch` follows all redirects; it leaves out `authorization` elsewhere.
        except: { fromAiSdk: done },
      },
    ],
  },
  {
    name: 'There is no server',
    faults: [
      {
        id: 'reset-at-connect',
        name: 'the connection is reset at once',
        nowhere: 'reset',
        expected: failed('connection', true),
      },
      {
        id: 'reset-before-head',
        name: 'the connection is reset when the request has been sent',
        script: () => [{ do: 'reset' }],
        expected: failed('connection', true),
      },
      {
        id: 'closed-port',
        name: 'nothing listens',
        nowhere: 'closed port',
        expected: failed('connection', true),
      },
      {
        id: 'unknown-host',
        name: 'the host has no address',
        nowhere: 'unknown host',
        expected: failed('connection', true),
      },
    ],
  },
];

/** Half of an event, without what would make it complete. */
function half(wire: Wire): string {
  const event = wire.text(' world');
  return event.slice(0, event.length - 12);
}

function moved(path: string): string {
  return path.replace(/^(\/[^/]+\/[^/]+)\//, '$1/moved/');
}

export const faults: readonly Fault[] = faultGroups.flatMap((group) => group.faults);

export function expectedOf({ expected, except = {} }: Fault, provider: string): Expected {
  const own = except[provider];
  return own && 'end' in own ? own : { ...expected, ...own };
}

/** Where the faults happen. */
export interface FaultPlaces {
  /** Plays them by the path: `/FAULT/PROVIDER/…`. */
  readonly url: string;
  /** Answers everything well. */
  readonly other: string;
  /** Resets every connection. */
  readonly resetting: string;
  /** Nothing listens there. */
  readonly closed: string;
}

export interface FaultServers {
  readonly places: FaultPlaces;
  readonly main: FaultServer;
  readonly other: FaultServer;
  close(): Promise<void>;
}

/** Starts the servers that play all faults, for providers with these wires. */
export async function startFaults(wires: Readonly<Record<string, Wire>>): Promise<FaultServers> {
  const main = await startFaultServer((request) => {
    const { fault, wire, isGo } = find(request.path, wires);
    if (isGo) {
      for (const one of main.requests) if (isOf(one.path, request.path.slice('/go'.length))) one.go();
      return document(204, 'text/plain', '');
    }
    return fault?.script?.(wire, { path: request.path, other: other.url }) ?? document(404, 'text/plain', 'no fault');
  });
  const other = await startFaultServer(({ path }) => good(find(path, wires).wire));
  const resetting = await startFaultServer(() => [], { resetsConnections: true });
  const closed = await startFaultServer(() => []);
  await closed.close();
  return {
    places: { url: main.url, other: other.url, resetting: resetting.url, closed: closed.url },
    main,
    other,
    close: async () => {
      await Promise.all([main.close(), other.close(), resetting.close()]);
    },
  };
}

function find(path: string, wires: Readonly<Record<string, Wire>>) {
  const isGo = path.startsWith('/go/');
  const [id, provider = ''] = path.split('/').slice(isGo ? 2 : 1);
  const wire = wires[provider];
  if (wire === undefined) throw new Error(`no wire for ${path}`);
  return { fault: faults.find((one) => one.id === id), wire, isGo };
}

/** Where a provider's requests go to meet a fault. */
export function urlOf({ id, nowhere }: Fault, provider: string, places: FaultPlaces): string {
  const origin =
    nowhere === 'reset'
      ? places.resetting
      : nowhere === 'closed port'
        ? places.closed
        : nowhere === 'unknown host'
          ? 'http://nothing.invalid'
          : places.url;
  return `${origin}/${id}/${provider}`;
}

/** Opens the gate of a fault's script, from any process. */
export async function openGate({ id }: Fault, provider: string, { url }: FaultPlaces): Promise<void> {
  await fetch(`${url}/go/${id}/${provider}`);
}

/** The requests that met a fault. */
export function isOf(path: string, prefix: string): boolean {
  return path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}

export function requestsOf(requests: readonly FaultRequest[], { id }: Fault, provider: string): FaultRequest[] {
  return requests.filter(({ path }) => isOf(path, `/${id}/${provider}`));
}
