// What a server says about an error, found in the many shapes in which servers say it.

/** The keys under which an explanation is kept, best first. */
const keys = ['message', 'error', 'detail', 'errors', 'msg', 'error_description', 'error_msg', 'reason', 'title'];

/**
 * The explanation in an error document: `{error: {message}}`, `{error: "…"}`, `{message}`, `{detail}`, `[{error}]` and
 * whatever nests these; undefined when there is none.
 */
export function errorText(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return value.trim() || undefined;
  if (typeof value !== 'object' || value === null || depth > 5) return undefined;
  if (Array.isArray(value)) {
    const texts = value.slice(0, 3).map((item) => errorText(item, depth + 1));
    return texts.filter((text) => text !== undefined).join('; ') || undefined;
  }
  const record = value as Readonly<Record<string, unknown>>;
  for (const key of keys) {
    const text = errorText(record[key], depth + 1);
    if (text !== undefined) return key === 'message' ? withUpstream(text, record) : text;
  }
  return undefined;
}

/** OpenRouter says "Provider returned error" and puts the provider's own words in `metadata.raw`. */
function withUpstream(text: string, { metadata }: Readonly<Record<string, unknown>>): string {
  const raw = typeof metadata === 'object' && metadata !== null && 'raw' in metadata ? metadata.raw : undefined;
  return typeof raw === 'string' && raw !== '' ? `${text}: ${extract(raw)}` : text;
}

/** A few readable words of a text or an HTML page, at most 200 characters. */
export function extract(text: string): string {
  const title = /<title[^>]*>([^<]*\S[^<]*)<\/title>/i.exec(text)?.[1];
  const plain = title ?? (/^\s*</.test(text) ? text.replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ') : text);
  const words = plain.replace(/\s+/g, ' ').trim();
  return words.length > 200 ? `${words.slice(0, 199)}…` : words;
}

/** JSON where it is JSON, else undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
