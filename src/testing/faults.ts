// Faults: what can go wrong with a response, done to a tape.
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { Tape, TapeChunk } from './tape.ts';

/** A point on a tape: after so many bytes of its body, or before a chunk, counted from 0. */
export type TapePoint = { readonly byte: number } | { readonly chunk: number };

export type Fault =
  /** Nothing more comes: the connection breaks, or the body ends as if it were whole (`as: 'end'`). Default: it breaks. */
  | { readonly do: 'cut'; readonly at: TapePoint; readonly as?: 'error' | 'end' | undefined }
  /** Everything after it comes so many milliseconds later. Default: never, and the connection stays open. */
  | { readonly do: 'stall'; readonly at: TapePoint; readonly ms?: number | undefined }
  /** A chunk comes twice, at the same time. */
  | { readonly do: 'duplicate'; readonly chunk: number };

/**
 * The tape as it would be with these faults, done one after the other: each counts in what the one before has left.
 *
 * @throws LlmError `invalid_input` for a point that is not on the tape: a test would pass without its fault.
 */
export function withFaults(tape: Tape, faults: Fault | readonly Fault[]): Tape {
  return withFaultsOf(tape, [faults].flat(), 'the tape');
}

/** The same for a tape that errors call by this name. */
export function withFaultsOf(tape: Tape, faults: readonly Fault[], name: string): Tape {
  return faults.reduce((left, fault) => withFault(left, fault, name), tape);
}

function withFault(tape: Tape, fault: Fault, name: string): Tape {
  const { chunks, end } = tape;
  switch (fault.do) {
    case 'duplicate': {
      const twice = chunks[fault.chunk];
      if (!twice) throw offTape(tape, fault, name);
      return { ...tape, chunks: chunks.toSpliced(fault.chunk, 0, twice) };
    }
    case 'cut': {
      const [before, , ms] = splitAt(tape, fault.at, fault, name);
      return { ...tape, chunks: before, end: { ms, how: fault.as ?? 'error' } };
    }
    case 'stall': {
      const [before, after, ms] = splitAt(tape, fault.at, fault, name);
      const delay = fault.ms ?? Infinity;
      if (!(delay >= 0)) throw new LlmError('invalid_input', `a stall lasts for milliseconds, not ${describe(delay)}`);
      if (delay === Infinity) return { ...tape, chunks: before, end: { ms, how: 'silence' } };
      const later = after.map((chunk) => ({ ...chunk, ms: chunk.ms + delay }));
      return { ...tape, chunks: [...before, ...later], end: { ...end, ms: end.ms + delay } };
    }
    default:
      throw new LlmError('invalid_input', `a fault is a cut, a stall or a duplicate, not ${describe(fault)}`);
  }
}

/** The chunks before a point and after it, and when it is reached: with what comes last before it. */
function splitAt(
  tape: Tape,
  at: TapePoint,
  fault: Fault,
  name: string,
): readonly [readonly TapeChunk[], readonly TapeChunk[], number] {
  const { chunks, headMs } = tape;
  const parts = 'chunk' in at ? atChunk(chunks, at.chunk) : atByte(chunks, at.byte);
  if (!parts) throw offTape(tape, fault, name);
  return [...parts, parts[0].at(-1)?.ms ?? headMs];
}

type Halves = readonly [readonly TapeChunk[], readonly TapeChunk[]];

function atChunk(chunks: readonly TapeChunk[], index: number): Halves | undefined {
  if (!Number.isInteger(index) || index < 0 || index > chunks.length) return undefined;
  return [chunks.slice(0, index), chunks.slice(index)];
}

function atByte(chunks: readonly TapeChunk[], byte: number): Halves | undefined {
  let left = byte;
  const index = chunks.findIndex(({ bytes }) => left < bytes.length || ((left -= bytes.length), false));
  if (!Number.isInteger(byte) || byte < 0 || (index === -1 && left > 0)) return undefined;
  const cut = chunks[index];
  if (!cut) return [chunks, []];
  const [first, second] = [cut.bytes.subarray(0, left), cut.bytes.subarray(left)];
  const [before, after] = [chunks.slice(0, index), chunks.slice(index + 1)];
  return [left > 0 ? [...before, { ...cut, bytes: first }] : before, [{ ...cut, bytes: second }, ...after]];
}

function offTape({ chunks }: Tape, fault: Fault, name: string): LlmError {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  return new LlmError(
    'invalid_input',
    `the fault ${describe(fault)} is not on ${name}, which has ${chunks.length} chunks with ${bytes} bytes`,
  );
}
