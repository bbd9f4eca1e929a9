// The checksums of a corpus of the log, as `sha256sum` writes and checks them.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export const sumsFile = 'SHA256SUMS';

/** A line for each file in the folder but that of the checksums itself. */
export function checksums(folder: string): string {
  const lines = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== sumsFile && fs.statSync(path.join(folder, name)).isFile())
    .map((name) => `${sumOf(path.join(folder, name))}  ${name.split(path.sep).join('/')}\n`);
  return lines.toSorted((a, b) => (a.slice(64) < b.slice(64) ? -1 : 1)).join('');
}

function sumOf(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}
