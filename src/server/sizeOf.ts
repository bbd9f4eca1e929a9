// How much memory data takes, about.

/** The characters of its texts, and a little for each value: for what is too large to be written as JSON only to be counted. */
export function sizeOf(data: unknown): number {
  let size = 0;
  const open = [data];
  while (open.length > 0) {
    const value = open.pop();
    size += 8;
    if (typeof value === 'string') size += value.length;
    else if (ArrayBuffer.isView(value)) size += value.byteLength;
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) open.push(item);
  }
  return size;
}
