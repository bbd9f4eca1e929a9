// The hub over HTTP, for the web's Request and Response: server-sent events, and JSON for what is asked of it.
import { parsePrompt, parseStop } from '../../protocol/parseClientMessage.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { longestMs } from '../../values/longestMs.ts';
import { eventStream } from './eventStream.ts';
import type { Visitor } from '../access/gate.ts';
import { errorResponse, HttpError, json, statusFor } from './httpResponses.ts';
import { findRoute, type Route } from './httpRoute.ts';
import { coreOf, type Hub, type HubCore } from '../hub.ts';
import { isListed, originProblem, type OriginOptions } from '../access/origin.ts';
import { readText } from './readText.ts';
import { toPosition } from '../streamErrors.ts';

export interface HttpOptions extends OriginOptions {
  /** What all addresses begin with. Default: `/hub`. */
  readonly path?: string | undefined;
  /** How often a comment keeps a silent connection alive, in milliseconds. Default: 15,000. */
  readonly keepAliveMs?: number | undefined;
}

/** What a Request does not say. */
export interface RequestContext {
  /** The IP address that it came from. Without an `authorize` a hub needs it. */
  readonly address?: string | undefined;
}

/** Answers a request; also one that is none of the hub's, with 404. */
export type HttpHandler = (request: Request, context?: RequestContext) => Promise<Response>;

/** Not kept by anybody on the way, not changed, and not held back by nginx. */
const eventStreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/**
 * Serves the hub to `fetch` and `EventSource`, wherever there are Requests and Responses:
 *
 * - `GET PATH/streams` lists, as JSON.
 * - `GET PATH/streams/ID` is the stream; each event has its cursor as id. `Last-Event-ID`, or `?after=`, is where to go on.
 * - `POST PATH/streams/ID/stop` with `{}` or `{"reason": "…"}` ends its run.
 * - `POST PATH/prompts` with a prompt asks a model; answered with `{"stream": "ID"}`.
 *
 * Tokens come as `Authorization: Bearer …`. What is refused is answered with the status for it, and `{"error": {…}}`.
 *
 * @throws LlmError `invalid_input` for what is no hub, and for options that make no sense.
 */
export function httpHandler(hub: Hub, options: HttpOptions = {}): HttpHandler {
  const core = coreOf(hub);
  const { path = '/hub', keepAliveMs = 15_000 } = options;
  const settings = { path, keepAliveMs };
  if (!/^(\/.*[^/])?$/s.test(path)) {
    throw new LlmError('invalid_input', `path begins with "/" and does not end with it, unlike ${describe(path)}`);
  }
  if (!(keepAliveMs > 0 && keepAliveMs <= longestMs)) {
    throw new LlmError(
      'invalid_input',
      `keepAliveMs is a time in milliseconds, at most ${longestMs}, not ${keepAliveMs}`,
    );
  }
  return async (request, { address } = {}) => {
    const cors = corsHeaders(request, options);
    try {
      const route = findRoute(request, path);
      if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: cors });
      const visitor = await enter(core, options, request, address);
      const response = await act({ core, options: settings, request, visitor, ...route });
      for (const [name, value] of Object.entries(cors)) response.headers.set(name, value);
      return response;
    } catch (error) {
      return errorResponse(error, cors);
    }
  };
}

interface Action extends Route {
  readonly core: HubCore;
  readonly options: { readonly path: string; readonly keepAliveMs: number };
  readonly request: Request;
  readonly visitor: Visitor;
}

async function enter(
  core: HubCore,
  options: HttpOptions,
  { headers }: Request,
  address: string | undefined,
): Promise<Visitor> {
  const { gate } = core.access;
  const token = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  const from = address === undefined ? {} : { address };
  const reason = originProblem(headers, options, token !== undefined || gate.isOpen);
  if (reason !== undefined) {
    core.settings.onRefused({ action: 'connect', reason, ...from });
    throw new LlmError('permission', reason);
  }
  return gate.enter({ headers, ...from, ...(token !== undefined && { token }) });
}

const actions = { list: 'list', stream: 'attach', stop: 'stop', prompt: 'publish' } as const;

/** A stream lasts, so its visitor leaves when it ends; all others when they are answered. */
async function act(action: Action): Promise<Response> {
  const { core, visitor, kind, id } = action;
  try {
    const response = await (kind === 'stream' ? openStream(action) : answer(action));
    if (kind !== 'stream') visitor.leave();
    return response;
  } catch (thrown) {
    visitor.leave();
    if (thrown instanceof LlmError && statusFor(thrown) !== 500) throw thrown;
    const what = { action: actions[kind], principal: visitor.principal, ...(id !== '' && { stream: id }) };
    throw core.access.failed(what, thrown);
  }
}

async function answer({ core, options, request, visitor, kind, id }: Action): Promise<Response> {
  const { access } = core;
  const { principal } = visitor;
  if (kind === 'list') return json(200, { streams: await access.list(principal) });
  const body = await readBody(request, core.settings.limits.messageBytes);
  if (kind === 'stop') {
    const stop = parseStop(body);
    if ('problem' in stop) throw new LlmError('invalid_input', stop.problem);
    await access.stop(principal, id, stop.reason);
    return new Response(null, { status: 204 });
  }
  const prompt = parsePrompt(body);
  if ('problem' in prompt) throw new LlmError('invalid_input', prompt.problem);
  const { stream } = (await access.prompt(principal, prompt)).key;
  return json(201, { stream }, { location: `${options.path}/streams/${encodeURIComponent(stream)}` });
}

async function openStream({ core, options, request, visitor, id }: Action): Promise<Response> {
  const stream = await core.access.attach(visitor.principal, id);
  const cursor = request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('after');
  const position = cursor ? toPosition(cursor) : { run: stream.key.run, seq: 0 };
  const gone = stream.goneAt(position);
  if (!gone && !stream.isLive && position.seq === stream.last) {
    visitor.leave();
    // The one answer after which an EventSource does not come back.
    return new Response(null, { status: 204 });
  }
  const body = eventStream({
    stream,
    at: gone ? (gone.snapshot?.seq ?? 0) : position.seq,
    gone,
    keepAliveMs: options.keepAliveMs,
    onEnd: () => visitor.leave(),
  });
  return new Response(body, { headers: eventStreamHeaders });
}

async function readBody(request: Request, maxBytes: number): Promise<string> {
  const type = request.headers.get('content-type') ?? '';
  // A form of another page may send any other type without asking.
  if (!/^application\/json *(;|$)/i.test(type)) {
    throw new HttpError(415, 'bad_request', `a body is application/json, not "${type}"`);
  }
  const text = await readText(request.body, maxBytes).catch((cause: unknown) => {
    throw new HttpError(400, 'bad_request', 'the body broke off', {}, cause);
  });
  if (text === undefined) throw new HttpError(413, 'bad_request', `a body has at most ${maxBytes} bytes`);
  return text;
}

/** Pages of other origins may read answers only where they are named. */
function corsHeaders({ headers, method }: Request, { origins = [] }: HttpOptions): Record<string, string> {
  const origin = headers.get('origin');
  if (origin === null || !isListed(origin, origins)) return {};
  const common = { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'origin' };
  if (method !== 'OPTIONS') return common;
  return {
    ...common,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, last-event-id',
    'access-control-max-age': '600',
  };
}
