// What is named by a URL: text that is fetched, and the type of a file that is not.
import { createRequire } from 'node:module';
import { asyncScheduler } from 'rxjs';
import { download, type DownloadedFile, type Transport } from '../../http/download.ts';
import type { Fetch } from '../../http/request.ts';
import { LlmError } from '../../values/error.ts';

/** Larger texts are refused: no model reads them. */
const maxBytes = 10 * 1024 * 1024;

/** Somebody waits at a terminal. */
const patienceMs = 30_000;

/** Only what is fetched by HTTP counts. */
export function isUrl(spec: string): boolean {
  return /^https?:\/\//i.test(spec);
}

/**
 * The text at a URL. Rejects with LlmError: as `download` does, and `unsupported` for what is no text or has more than
 * 10 MiB.
 */
export async function fetchText(url: string, signal?: AbortSignal): Promise<string> {
  let charset = 'utf-8';
  const fetch: Fetch = async (address, init) => {
    const response = await globalThis.fetch(address, { ...init, headers: { 'user-agent': userAgent() } });
    const type = response.headers.get('content-type') ?? '';
    const length = Number(response.headers.get('content-length') ?? 0);
    if (response.ok && !isTextType(type)) throw notText(url, `its type is ${type}`);
    if (length > maxBytes) throw tooLarge(url);
    charset = /charset="?([\w.:-]+)/i.exec(type)?.[1] ?? charset;
    return response;
  };
  const timeouts = { connectMs: patienceMs, firstEventMs: patienceMs, idleMs: patienceMs };
  const { bytes } = await fetched(check(url), { fetch, scheduler: asyncScheduler, timeouts }, signal);
  if (bytes.length > maxBytes) throw tooLarge(url);
  return toText(bytes, (why) => notText(url, why), charset);
}

function fetched(url: string, transport: Transport, signal: AbortSignal | undefined): Promise<DownloadedFile> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(stopped());
    const stop = () => {
      subscription.unsubscribe();
      reject(stopped());
    };
    const subscription = download(url, transport).subscribe({ next: resolve, error: reject });
    signal?.addEventListener('abort', stop, { once: true });
    subscription.add(() => signal?.removeEventListener('abort', stop));
  });
}

function stopped(): LlmError {
  return new LlmError('aborted', 'stopped before it was fetched');
}

/** The media type that the server of a URL gives for it; undefined where it gives none, or cannot be reached. */
export async function remoteType(url: string, stop?: AbortSignal): Promise<string | undefined> {
  const signal = AbortSignal.any([AbortSignal.timeout(patienceMs), ...(stop ? [stop] : [])]);
  try {
    const response = await fetch(check(url), { method: 'HEAD', headers: { 'user-agent': userAgent() }, signal });
    const type = response.ok ? response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() : undefined;
    return type && type !== 'application/octet-stream' ? type : undefined;
  } catch (error) {
    if (stop?.aborted) throw stopped();
    if (error instanceof LlmError) throw error;
    // The provider may reach what this machine does not.
    return undefined;
  }
}

/** Text of bytes; a byte order mark is left out. `refuse` makes the error for bytes that are none. */
export function toText(bytes: Uint8Array, refuse: (why: string) => LlmError, charset = 'utf-8'): string {
  let text: string;
  try {
    text = new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    throw refuse(`its bytes are not ${charset}`);
  }
  if (text.includes('\0')) throw refuse('it has null characters');
  return text;
}

function check(url: string): string {
  // Not shown: it may have a password in it.
  if (!URL.canParse(url)) throw new LlmError('invalid_input', 'a URL with http or https in front is none; correct it');
  return url;
}

function isTextType(type: string): boolean {
  const essence = type.split(';')[0]!.trim().toLowerCase();
  return (
    essence === '' ||
    essence.startsWith('text/') ||
    /[/+](json|x-ndjson|xml|x?html|(x-)?yaml|toml|(x-)?javascript|(x-)?sh|sql)$/.test(essence)
  );
}

function notText(url: string, why: string): LlmError {
  const place = new URL(url);
  return new LlmError('unsupported', `${place.host}${place.pathname} is no text: ${why}; an attachment (-a) may be`);
}

function tooLarge(url: string): LlmError {
  const place = new URL(url);
  return new LlmError('unsupported', `${place.host}${place.pathname} has more than ${maxBytes} bytes`);
}

function userAgent(): string {
  const { version } = createRequire(import.meta.url)('rxllm/package.json') as { readonly version: string };
  return `rxllm/${version}`;
}
