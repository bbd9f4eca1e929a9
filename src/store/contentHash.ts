// What a message is called in the log: by what it says.
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonicalJson.ts';
import type { Message } from '../values/message.ts';

/** `sha256:` and 64 hexadecimal digits. */
export type ContentHash = `sha256:${string}`;

/** The SHA-256 of its canonical JSON. */
export function messageHash(message: Message): ContentHash {
  return textHash(canonicalJson(message));
}

export function textHash(text: string | Uint8Array): ContentHash {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

export function isContentHash(value: unknown): value is ContentHash {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}

/**
 * Says which history it is that these messages make: for each of them, the hash of everything up to there. Two histories
 * that begin alike have the same hashes as far as they are alike.
 */
export function historyHashes(messages: readonly ContentHash[]): readonly ContentHash[] {
  let before = '';
  return messages.map((hash) => (before = textHash(`${before}\n${hash}`)));
}
