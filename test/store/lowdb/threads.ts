// The turns that a child process appends, for it and for who looks what is there.
import { assistant, system, user, type Message, type ResponseJSON } from 'rxllm';
import { makeTurn, turnOf } from '../../support/logs.ts';

export interface Series {
  /** Ids and messages of two series differ. */
  readonly series: number;
  readonly count: number;
  /** Their turns take turns. */
  readonly threads: readonly string[];
  /** What each thread begins with. */
  readonly history?: readonly Message[];
}

export interface ThreadTurn {
  readonly thread: string;
  readonly json: ResponseJSON & { readonly id: string };
}

/** Each goes on with the whole history of its thread, as far as it is of this series. */
export function* turnsIn({ series, count, threads, history = [] }: Series): Iterable<ThreadTurn> {
  const said = new Map(threads.map((thread) => [thread, history]));
  for (let at = 0; at < count; at += 1) {
    const thread = threads[at % threads.length]!;
    const json = turnOf(at, series, said.get(thread));
    said.set(thread, [...json.prompt.messages, ...json.messages]);
    yield { thread, json };
  }
}

/** A turn of three messages, of which another may share some, and go on from it. */
export function rootOf(series: number): ResponseJSON & { readonly id: string } {
  return makeTurn(
    90_000,
    [user(`root ${series}`), assistant('Yes?'), user(`question ${series}`)],
    [assistant('Well.')],
    series,
  );
}

/** What is appended while that root is deleted: turns that follow on it or on one another, and one that says the same. */
export function followersOf(series: number): readonly ThreadTurn[] {
  const root = rootOf(series);
  const history = [...root.prompt.messages, ...root.messages];
  const [first, second, third] = turnsIn({ series, count: 4, threads: ['roots'], history });
  const same = makeTurn(90_001, [system('Be brief.'), ...root.prompt.messages], root.messages, series);
  return [first!, second!, { thread: `other-${series}`, json: same }, third!];
}
