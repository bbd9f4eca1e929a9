// Fetches the files of a request that the AI SDK's provider does not fetch itself.
import { Observable } from 'rxjs';
import type { Transport } from '../../http/download.ts';
import type { ModelRequest } from '../../response/model.ts';
import { toLlmError } from '../../values/error.ts';
import type { StreamEvent } from '../../values/event.ts';
import type { Message } from '../../values/message.ts';
import type { Attachment } from '../../values/part.ts';
import { withDownloads } from '../shared/files.ts';
import { isRecord } from '../shared/options.ts';
import { ofType } from '../shared/parts.ts';
import type { AiSdkModel } from './types.ts';

type SupportedUrls = Awaited<AiSdkModel['supportedUrls']>;

/** Sends the request once its files are there; files that a model made are sent back by content alone. */
export function withFiles(
  request: ModelRequest,
  { supportedUrls }: Pick<AiSdkModel, 'supportedUrls'>,
  transport: Transport,
  send: (request: ModelRequest) => Observable<StreamEvent>,
): Observable<StreamEvent> {
  const made = new Set(request.messages.flatMap(madeFiles));
  const load = (supported: SupportedUrls) =>
    withDownloads(request, (type, file) => !made.has(file) && !isSupported(supported, type, file.url), transport, send);
  if (!isThenable(supportedUrls)) return load(supportedUrls);
  // Some providers say only later which addresses they fetch themselves.
  return new Observable((subscriber) => {
    const onKnown = (supported: SupportedUrls) => {
      if (!subscriber.closed) subscriber.add(load(supported).subscribe(subscriber));
    };
    supportedUrls.then(onKnown, (thrown: unknown) => subscriber.error(toLlmError(thrown, 'provider_error')));
  });
}

function madeFiles({ role, parts }: Message): Attachment[] {
  return role === 'assistant' ? ofType(parts, 'attachment').flatMap(({ attachment }) => attachment ?? []) : [];
}

/** By the patterns that a model has for types of files. As in the AI SDK, they are for addresses in lower case. */
function isSupported(supported: SupportedUrls | undefined, type: string | undefined, url = ''): boolean {
  if (type === undefined) return false;
  return Object.entries(supported ?? {}).some(([types, patterns]) => {
    const prefix = types.toLowerCase().replace(/^\*(\/\*)?$|\*$/, '');
    return type.toLowerCase().startsWith(prefix) && patterns.some((pattern) => matches(pattern, url.toLowerCase()));
  });
}

/** A pattern with the flag `g` remembers where it was. */
function matches(pattern: RegExp, text: string): boolean {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(text);
}

function isThenable(value: AiSdkModel['supportedUrls']): value is PromiseLike<SupportedUrls> {
  return isRecord(value) && typeof value.then === 'function';
}
