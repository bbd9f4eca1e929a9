// Canonical JSON, after RFC 8785 (JSON Canonicalization Scheme): one text for one value, so that its hash says what it is.

/**
 * The text: no spaces, keys in the order of their UTF-16 code units, numbers and strings as ECMAScript writes them.
 *
 * @param value JSON; keys whose value is undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
