// How a message stands in its file: its canonical JSON, and nothing else, so that the name of the file is its hash.
import type { Message } from '../../values/message.ts';
import { canonicalJson } from '../canonicalJson.ts';
import { textHash, type ContentHash } from '../contentHash.ts';
import { DamagedError } from './damage.ts';
import type { Codec } from './durableFile.ts';

export function createMessageCodec(hash: ContentHash): Codec<Message> {
  return {
    encode: canonicalJson,
    decode(bytes) {
      if (textHash(bytes) !== hash) throw new DamagedError('it is not what its name says');
      return JSON.parse(bytes.toString('utf8')) as Message;
    },
  };
}
