// How a turn stands in its file: a line that says the format and the hash of the rest, and the turn as JSON.
import { describe } from '../../values/describe.ts';
import type { JsonObject } from '../../values/json.ts';
import { textHash } from '../contentHash.ts';
import type { TurnRecord } from '../turnRecord.ts';
import { DamagedError, NewerFormatError } from './damage.ts';
import type { Codec } from './durableFile.ts';

/** Of files that are written now. */
export const currentFormat = 1;

/** Makes a turn of the format after its own, by the format that it has. There is only one format so far. */
export type Upcasters = ReadonlyMap<number, (turn: JsonObject) => JsonObject>;

const none: Upcasters = new Map();

/** @param to The format that is wanted, for tests of formats that are to come. */
export function createTurnCodec(upcasters: Upcasters = none, to = currentFormat): Codec<TurnRecord> {
  return {
    encode(turn) {
      const body = `${JSON.stringify(turn)}\n`;
      return `{"format":${to},"hash":"${hashOf(to, body)}"}\n${body}`;
    },
    decode(bytes) {
      const text = bytes.toString('utf8');
      const [, given = '', hash, body = ''] =
        /^\{"format":(\d{1,9}),"hash":"(sha256:[0-9a-f]{64})"\}\n([^]*)$/.exec(text) ?? [];
      const format = Number(given);
      if (hash === undefined) throw new DamagedError('it does not begin as a turn of a log does');
      // Of the bytes, because some that are no UTF-8 are read as the same letter.
      if (hash !== hashOf(format, bytes.subarray(Buffer.byteLength(text) - Buffer.byteLength(body)))) {
        throw new DamagedError('it is not as it was written');
      }
      if (format > to) throw new NewerFormatError('', `it has format ${format}; this rxllm reads up to ${to}`);
      return upcast(JSON.parse(body) as JsonObject, format, upcasters, to);
    },
  };
}

function upcast(turn: JsonObject, format: number, upcasters: Upcasters, to: number): TurnRecord {
  let current = turn;
  for (let at = format; at < to; at += 1) {
    const next = upcasters.get(at);
    if (!next) throw new DamagedError(`nothing reads format ${describe(at)}`);
    current = next(current);
  }
  // The hash says that it is as it was written.
  return current as object as TurnRecord;
}

function hashOf(format: number, body: string | Uint8Array): string {
  return textHash(Buffer.concat([Buffer.from(`${format}\n`), Buffer.from(body)]));
}
