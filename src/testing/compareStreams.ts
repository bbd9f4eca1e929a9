// What a failed `expectObservable` says: both diagrams under each other, the first difference, and what the letters mean.
import { draw, freshLetters, type Mark } from './diagram.ts';
import { differenceOf } from './difference.ts';
import { show } from './show.ts';
import { isTogether } from './together.ts';

/** RxJS's record of one notification. */
export interface TestMessage {
  readonly frame: number;
  readonly notification:
    | { readonly kind: 'N'; readonly value: unknown }
    | { readonly kind: 'E'; readonly error: unknown }
    | { readonly kind: 'C' };
}

/** Undefined when they are equal. */
export function compareStreams(
  actual: readonly TestMessage[],
  expected: readonly TestMessage[],
  values: Readonly<Record<string, unknown>>,
): string | undefined {
  const difference = firstDifference(actual, expected.flatMap(apart));
  if (difference === undefined) return undefined;
  const letters = new Letters(values);
  const { rows, isToScale } = draw([marksOf(expected, letters), marksOf(actual, letters)]);
  return [
    `  expected  ${rows[0]}`,
    `  actual    ${rows[1]}`,
    ...(isToScale ? [] : ['  (not to scale: a group takes more room than time)']),
    '',
    `  ${difference}`,
    ...letters.legend,
  ].join('\n');
}

function firstDifference(actual: readonly TestMessage[], expected: readonly TestMessage[]): string | undefined {
  for (let index = 0; index < Math.max(actual.length, expected.length); index += 1) {
    const [got, wanted] = [actual[index], expected[index]];
    if (!wanted) return `at frame ${got?.frame}: expected nothing more, got ${word(got)}`;
    if (!got) return `at frame ${wanted.frame}: expected ${word(wanted)}, got nothing more`;
    const [a, b] = [got.notification, wanted.notification];
    if (a.kind !== b.kind) return `at frame ${wanted.frame}: expected ${word(wanted)}, got ${word(got)}`;
    const found = differenceOf(contentOf(a), contentOf(b));
    if (found) {
      const what = a.kind === 'N' ? `value ${index + 1}` : 'the error';
      return `at frame ${wanted.frame}: ${what}${found.path && ` at ${found.path}`}: ${found.text}`;
    }
    if (got.frame !== wanted.frame) return `expected ${word(wanted)} at frame ${wanted.frame}, got it at ${got.frame}`;
  }
  return undefined;
}

function contentOf(notification: TestMessage['notification']): unknown {
  if (notification.kind === 'C') return undefined;
  return notification.kind === 'N' ? notification.value : notification.error;
}

function word(message: TestMessage | undefined): string {
  if (!message) return 'nothing';
  const { notification } = message;
  if (notification.kind === 'C') return 'the end';
  if (notification.kind === 'E') return `the error ${show(notification.error)}`;
  return show(notification.value);
}

/** What one letter stands for as the notifications that it stands for. */
function apart({ frame, notification }: TestMessage): readonly TestMessage[] {
  if (notification.kind !== 'N' || !isTogether(notification.value)) return [{ frame, notification }];
  return notification.value.together.map((value) => ({ frame, notification: { kind: 'N', value } }));
}

function marksOf(messages: readonly TestMessage[], letters: Letters): readonly Mark[] {
  const marks: { readonly frame: number; readonly letters: string[] }[] = [];
  for (let at = 0; at < messages.length;) {
    const { frame } = messages[at]!;
    const next = messages.findIndex((message, index) => index > at && message.frame !== frame);
    const here = messages.slice(at, next === -1 ? undefined : next);
    marks.push({ frame, letters: letters.ofAll(here.map(({ notification }) => notification)) });
    at += here.length;
  }
  return marks;
}

/** The letters of a test's values, and new ones for what is not among them. */
class Letters {
  readonly #values: readonly (readonly [string, unknown])[];
  readonly #unknown: [letter: string, value: unknown][] = [];
  readonly #fresh: Iterator<string>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = Object.entries(values);
    // Capitals stand out.
    this.#fresh = freshLetters(new Set(Object.keys(values)), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  }

  /** Of what comes at one frame. */
  ofAll(notifications: readonly TestMessage['notification'][]): string[] {
    const letters: string[] = [];
    for (let at = 0; at < notifications.length;) {
      const rest = notifications.slice(at);
      const several = this.#values.find(([, known]) => isTogether(known) && beginsWith(rest, known.together));
      letters.push(several ? several[0] : this.#of(rest[0]!));
      at += several && isTogether(several[1]) ? several[1].together.length : 1;
    }
    return letters;
  }

  #of(notification: TestMessage['notification']): string {
    if (notification.kind !== 'N') return notification.kind === 'C' ? '|' : '#';
    const { value } = notification;
    for (const [letter, known] of [...this.#values, ...this.#unknown]) {
      if (value === known || differenceOf(value, known) === undefined) return letter;
    }
    // Without values a letter stands for itself.
    if (this.#values.length === 0 && typeof value === 'string' && /^[^\s|#()^!-]$/u.test(value)) return value;
    const letter = this.#fresh.next().value as string;
    this.#unknown.push([letter, value]);
    return letter;
  }

  get legend(): readonly string[] {
    if (this.#unknown.length === 0) return [];
    return ['', '  not among the values:', ...this.#unknown.map(([letter, value]) => `    ${letter} = ${show(value)}`)];
  }
}

function beginsWith(notifications: readonly TestMessage['notification'][], values: readonly unknown[]): boolean {
  return (
    values.length > 0 &&
    values.every((value, index) => {
      const one = notifications[index];
      return one?.kind === 'N' && differenceOf(one.value, value) === undefined;
    })
  );
}
