// What providers stand on: one POST, and what comes back as events or lines.
export { direct, type DirectFetch, type ResponseHead } from './direct.ts';
export { ndjson, type NdjsonLine, type NdjsonOptions } from './ndjson.ts';
export type { Fetch, HttpRequest } from './request.ts';
export { sse, type SseEvent, type SseOptions } from './sse.ts';
export type { Timeouts } from './timeouts.ts';
