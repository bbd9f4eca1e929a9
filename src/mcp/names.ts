// Names of tools that every provider takes.

const longest = 64;

/**
 * Gives each name as it is, behind the prefix, where providers take it: letters, digits, `_` and `-`, at most 64. Other
 * characters become `_`, what is too long is cut, and what is there already is numbered.
 */
export function acceptableNames(names: readonly string[], prefix: string): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const wanted = `${prefix}${name}`.replaceAll(/[^\w-]/g, '_');
    let made = wanted.slice(0, longest);
    for (let count = 2; taken.has(made); count += 1) {
      const ending = `_${count}`;
      made = wanted.slice(0, longest - ending.length) + ending;
    }
    taken.add(made);
    return made;
  });
}
