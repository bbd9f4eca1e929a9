// The recorded streams, read where they lie (nothing is copied; see the README beside them), and ways to cut their bytes.
import fs from 'node:fs';
import path from 'node:path';
import type { JsonObject, JsonValue } from 'rxllm';
import { corpusPath } from './needs.ts';

export interface ExpectedCall {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: JsonValue;
  readonly arguments_invalid?: boolean;
  readonly arguments_raw?: string;
  readonly server_executed: boolean;
}

export interface Expected {
  /** Of a text too long to be written down there is a digest alone. */
  readonly text?: string;
  readonly text_length?: number;
  readonly text_sha256?: string;
  readonly text_parts?: readonly string[];
  readonly reasoning: string;
  readonly reasoning_parts?: readonly string[];
  readonly refusal?: string;
  readonly tool_calls: readonly ExpectedCall[];
  readonly finish_reason: string | null;
  readonly finish_reason_unified: string;
  readonly usage?: Readonly<Record<string, number>>;
  readonly error?: {
    readonly kind: 'provider_error' | 'truncated';
    readonly message?: string;
    readonly code?: string | number;
  };
  readonly images?: readonly { readonly base64_chars: number; readonly sha256_of_base64: string }[];
  readonly citations?: readonly JsonValue[];
  readonly also_acceptable?: readonly Partial<Expected>[];
}

interface Meta {
  readonly api: string;
  readonly http: { readonly status: number; readonly content_type: string };
  readonly deliver?: { readonly piece_bytes?: readonly number[] };
  readonly generate?: { readonly parts: readonly (string | { readonly repeat: string; readonly times: number })[] };
}

export interface StreamCase {
  /** `PROVIDER/CASE`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Sizes of pieces in each of which the body is to be delivered. */
  readonly pieceBytes: readonly number[];
  readonly expected: Expected;
  /** The body of the request that was recorded with it. */
  readonly request: JsonObject | undefined;
}

/** All cases of a wire format; none where the corpus is missing. */
export function streamCases(api: string): readonly StreamCase[] {
  const root = corpusPath('streams');
  if (!fs.existsSync(root)) return [];
  const folders = (at: string) => fs.readdirSync(at, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders(root)
    .flatMap((provider) => folders(path.join(root, provider.name)).map((entry) => `${provider.name}/${entry.name}`))
    .toSorted()
    .flatMap((name) => {
      const meta = readJson(name, 'meta.json') as Meta;
      return meta.api === api ? [readCase(name, meta)] : [];
    });
}

function readCase(name: string, { http, deliver, generate }: Meta): StreamCase {
  const file = ['stream.sse', 'stream.ndjson'].map((leaf) => inCase(name, leaf)).find((at) => fs.existsSync(at));
  const made = generate?.parts.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times)));
  return {
    name,
    bytes: file === undefined ? new TextEncoder().encode(made?.join('')) : new Uint8Array(fs.readFileSync(file)),
    contentType: http.content_type,
    pieceBytes: deliver?.piece_bytes ?? [],
    expected: readJson(name, 'expected.json') as Expected,
    request: fs.existsSync(inCase(name, 'request.json')) ? (readJson(name, 'request.json') as JsonObject) : undefined,
  };
}

function inCase(name: string, leaf: string): string {
  return corpusPath('streams', name, leaf);
}

function readJson(name: string, leaf: string): unknown {
  return JSON.parse(fs.readFileSync(inCase(name, leaf), 'utf8'));
}

export function cutAt(bytes: Uint8Array, position: number): Uint8Array[] {
  return [bytes.subarray(0, position), bytes.subarray(position)];
}

/** Pieces of `size` bytes; the first of `first`, where that is given. */
export function* cutEvery(bytes: Uint8Array, size: number, first = size): Generator<Uint8Array> {
  if (first > 0) yield bytes.subarray(0, first);
  for (let at = first; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Pieces of random sizes up to `max` bytes. */
export function* cutAtRandom(bytes: Uint8Array, random: () => number, max: number): Generator<Uint8Array> {
  let at = 0;
  while (at < bytes.length) {
    const end = at + 1 + Math.floor(random() * max);
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
