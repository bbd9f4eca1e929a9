// usage: what the provider counted.
import { map, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';
import type { Usage } from '../src/values/usage.ts';
import { ofType } from './ofType.ts';

/**
 * Emits the usage each time that the provider reports it. Each is the whole usage known by then: a later one replaces
 * an earlier one, nothing is to be added up.
 *
 * ```marbles
 * source    -t-u-t-v-f-|
 * usage()   ---1---2---|
 * ```
 *
 * Errors and completes with its source; a provider that reports no usage makes it complete without a value. Holds no
 * state, so nothing is buffered.
 *
 * @example
 * demo().prompt('Hi').pipe(usage()).subscribe(({ input, output }) => console.log(input, output));
 */
export function usage(): OperatorFunction<StreamEvent, Usage> {
  return (source) =>
    source.pipe(
      ofType('usage'),
      map((event) => event.usage),
    );
}
