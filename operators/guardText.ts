// guardText: stops a response before it has said what it must not say.
import {
  concat,
  concatMap,
  defer,
  map,
  materialize,
  Subject,
  takeUntil,
  throwError,
  type ObservableInput,
  type OperatorFunction,
} from 'rxjs';
import { createAllocator } from '../src/values/allocate.ts';
import { describe } from '../src/values/describe.ts';
import { LlmError } from '../src/values/error.ts';
import type { StreamEvent } from '../src/values/event.ts';
import { TextGuard, type GuardedType } from '../src/values/textGuard.ts';
import { toPatterns } from '../src/values/textPattern.ts';

export interface GuardTextOptions {
  /**
   * How much text waits, in characters (UTF-16 units): no match of a RegExp that is this long or shorter gets through,
   * counting what its lookahead reads. A string is found whatever its length. Default: 100 with a RegExp; with strings
   * alone, one less than the longest has.
   */
  readonly holdback?: number | undefined;
  /** Which events are guarded. Default: `['text', 'reasoning']`. */
  readonly types?: readonly GuardedType[] | undefined;
}

/**
 * Lets text through once it is known to be free of a pattern, also of one that is spread over chunks and parts. At a
 * match it unsubscribes its source, which aborts the request, and then errors; nothing of the match is ever emitted.
 *
 * ```marbles
 * source             -a-b-a-b-a-d-|
 * guardText('bad')   -----a-b-a-#
 * ```
 *
 * Errors with LlmError `guardrail` (not retryable), whose `partial` is what had been let through, without the prompt,
 * which this operator does not see; its message names the pattern, never the match. When the source completes or errors,
 * what is held is checked and let out first, and a match in it wins over that end.
 *
 * The text and the reasoning are each matched as one running text. Of each, the last `holdback` characters are held
 * until more of it comes, or `finish`, or the end; so are the `part_end` and other events without text of a part that
 * has not left yet. Everything else passes at once; when it begins a part while the one before is held whole, an empty
 * chunk keeps the place of the held one, so that the messages come out the same. A `reset` drops what is held.
 *
 * A match of a string counts at once. One of a RegExp waits while more text could undo it: as long as it touches the end
 * of what has come (`\bfoo\b`, and then `d`), and with a lookahead until `holdback` characters have followed its
 * beginning. One that is longer than `holdback` counts as it stands if its beginning is still held, and otherwise is not
 * found. Lookbehind sees `holdback` characters of what has left. Not guarded are tool calls and their results, metadata,
 * and `raw` events, in which the provider's text is whole.
 *
 * @param pattern A RegExp (not sticky; its `lastIndex` is neither read nor changed), a string that is meant literally,
 *   or a list of them.
 * @param options `holdback` in characters, and `types`.
 * @throws LlmError `invalid_input` when a pattern is empty, sticky or matches the empty text, or an option makes no sense.
 *
 * @example
 * demo().prompt('Hi').pipe(guardText(/\bsk-\w{8,}/), text()).subscribe((chunk) => console.log(chunk));
 */
export function guardText(
  pattern: RegExp | string | readonly (RegExp | string)[],
  { holdback, types = guardable }: GuardTextOptions = {},
): OperatorFunction<StreamEvent | string, StreamEvent> {
  const patterns = toPatterns(pattern);
  checkOptions(holdback, types);
  const needed = Math.max(...patterns.map((each) => each.needs));
  const fallback = patterns.some((each) => each.waits) ? 100 : 0;
  const rules = { patterns, holdback: Math.max(holdback ?? fallback, needed), types: new Set<string>(types) };
  return (source) =>
    defer(() => {
      const guard = new TextGuard(rules);
      const stop$ = new Subject<void>();

      function stopOnThrow(take: () => ObservableInput<StreamEvent>): ObservableInput<StreamEvent> {
        try {
          return take();
        } catch (error) {
          stop$.next();
          return throwError(() => error);
        }
      }

      return source.pipe(
        takeUntil(stop$),
        map(createAllocator()),
        materialize(),
        // One at a time: when a subscriber makes the source emit while it is called, that waits for its turn.
        concatMap((notification) =>
          stopOnThrow(() => {
            if (notification.kind === 'N') return guard.take(notification.value);
            if (notification.kind === 'C') return guard.end();
            const { error } = notification;
            return concat(
              guard.end(),
              throwError(() => error as unknown),
            );
          }),
        ),
      );
    });
}

const guardable: readonly GuardedType[] = ['text', 'reasoning'];

function checkOptions(holdback: unknown, types: unknown): void {
  if (holdback !== undefined && !(Number.isSafeInteger(holdback) && Number(holdback) > 0)) {
    const message = `guardText() takes as holdback a whole number of characters from 1, not ${describe(holdback)}`;
    throw new LlmError('invalid_input', message);
  }
  const known: readonly unknown[] = guardable;
  if (!Array.isArray(types) || types.length === 0 || !types.every((type) => known.includes(type))) {
    const message = `guardText() takes as types a list of ${guardable.join(', ')}, not ${describe(types)}`;
    throw new LlmError('invalid_input', message);
  }
}
