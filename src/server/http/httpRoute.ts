// What a request is for, by its address.
import { HttpError } from './httpResponses.ts';

export interface Route {
  readonly kind: 'list' | 'stream' | 'stop' | 'prompt';
  readonly id: string;
}

const methods: Readonly<Record<Route['kind'], string>> = { list: 'GET', stream: 'GET', stop: 'POST', prompt: 'POST' };

/** @throws HttpError for what is nothing, and for a method that is not the one. */
export function findRoute({ url, method }: Request, path: string): Route {
  const { pathname } = new URL(url);
  const [first, id = '', third, ...more] = pathname.startsWith(`${path}/`)
    ? pathname.slice(path.length + 1).split('/')
    : [];
  const kind = first === 'prompts' && id === '' ? 'prompt' : kindOfStreams(first, id, third, more.length);
  if (!kind) throw new HttpError(404, 'not_found', `there is nothing at ${pathname}`);
  if (method !== methods[kind] && method !== 'OPTIONS') {
    throw new HttpError(405, 'bad_request', `${pathname} is for ${methods[kind]}, not ${method}`, {
      allow: methods[kind],
    });
  }
  return { kind, id: decode(id) };
}

function kindOfStreams(first: string | undefined, id: string, third: string | undefined, more: number) {
  if (first !== 'streams' || more > 0) return undefined;
  if (third === undefined) return id === '' ? 'list' : 'stream';
  return third === 'stop' && id !== '' ? 'stop' : undefined;
}

function decode(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch (error) {
    throw new HttpError(400, 'bad_request', 'the address has a "%" that stands for nothing', {}, error);
  }
}
