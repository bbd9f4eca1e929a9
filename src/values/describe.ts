// Shows a value in an error message.

/** Its JSON, cut short. */
export function describe(value: unknown): string {
  const text = toText(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function toText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value); // a cycle, or a bigint
  }
}
