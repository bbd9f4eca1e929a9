// Options with two values: `-o max_tokens 100`. Commander knows one value an option, so the two are joined by `=`.

const pairOptions: ReadonlySet<string> = new Set(['-o', '--option', '-p', '--param', '--at', '--attachment-type']);

/** The arguments with the two values after each such option in one; `-o max_tokens=100` may be written as well. */
export function joinPairs(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    const name = args[at + 1];
    if (arg === '--') return [...joined, ...args.slice(at)];
    joined.push(arg);
    if (!pairOptions.has(arg) || name === undefined) continue;
    const value = args[at + 2];
    const isPair = !name.includes('=') && value !== undefined;
    joined.push(isPair ? `${name}=${value}` : name);
    at += isPair ? 2 : 1;
  }
  return joined;
}
