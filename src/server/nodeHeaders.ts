// Headers of Node's HTTP as those of the web.
import type { IncomingHttpHeaders } from 'node:http';

export function toHeaders(incoming: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) {
      // HTTP/2 has names of its own, which are no headers.
      if (value !== undefined && !name.startsWith(':')) headers.append(name, one);
    }
  }
  return headers;
}
