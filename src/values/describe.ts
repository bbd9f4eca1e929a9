// Shows a value in an error message.

/** Its JSON, cut short. Never throws. */
export function describe(value: unknown): string {
  const text = toText(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** What an error says, whatever was thrown. Never throws. */
export function messageOf(thrown: unknown): string {
  // Not by `instanceof`: errors of another realm, as of a worker or a frame, are none here.
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string') {
    return thrown.message;
  }
  return typeof thrown === 'string' ? thrown : describe(thrown);
}

function toText(value: unknown): string {
  // JSON has no word for NaN and Infinity.
  if (typeof value === 'number') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return typeof value === 'bigint' ? String(value) : 'an object with a cycle';
  }
}
