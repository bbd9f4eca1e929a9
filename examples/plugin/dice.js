// Dice: no part of rxllm is needed for them.

/**
 * Reads `2d6`: how many, and with how many sides each.
 *
 * @param {string} text
 */
export function parse(text) {
  const [, count = '1', sides = ''] = /^(\d{0,2})d(\d{1,4})$/.exec(text.trim()) ?? [];
  const dice = { count: Number(count || 1), sides: Number(sides) };
  if (dice.count > 0 && dice.sides > 1) return dice;
  throw new Error(`${JSON.stringify(text)} is no dice; write 2d6 for two with six sides`);
}

/**
 * @param {string} text As `parse` takes it.
 * @param {() => number} random From 0 up to 1.
 */
export function roll(text, random = Math.random) {
  const { count, sides } = parse(text);
  return Array.from({ length: count }, () => 1 + Math.floor(random() * sides));
}

/**
 * How often each sum comes, in percent: one line a sum.
 *
 * @param {string} text As `parse` takes it.
 */
export function odds(text) {
  const { count, sides } = parse(text);
  let chances = new Map([[0, 1]]);
  for (let die = 0; die < count; die += 1) {
    const next = new Map();
    for (const [sum, chance] of chances) {
      for (let eyes = 1; eyes <= sides; eyes += 1) next.set(sum + eyes, (next.get(sum + eyes) ?? 0) + chance / sides);
    }
    chances = next;
  }
  return [...chances].map(([sum, chance]) => `${sum}: ${(100 * chance).toFixed(2)} %`).join('\n');
}
