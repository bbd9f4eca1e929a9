// A prompt that is written in the editor of the user.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openEditor } from '../content/editor.ts';

/** What stands there when the editor is closed. */
export async function editText(text: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rxllm-'));
  try {
    const file = path.join(folder, 'prompt.md');
    await writeFile(file, text, { mode: 0o600 });
    await openEditor(file);
    return await readFile(file, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
