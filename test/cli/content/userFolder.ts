// A folder of the user's own for each test, and a working directory to name files in.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Folders {
  /** A path in the user's folder. */
  readonly user: (...names: readonly string[]) => string;
  /** A path in the working directory. */
  readonly here: (...names: readonly string[]) => string;
  /** Writes a file, and the folders it is in. */
  readonly write: (file: string, text: string | Uint8Array) => void;
}

export function withFolders(): Folders {
  let root = '';
  const { env } = process;
  const started = process.cwd();
  beforeEach(() => {
    root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-content-')));
    fs.mkdirSync(path.join(root, 'here'));
    process.env = { PATH: env.PATH, RXLLM_USER_PATH: path.join(root, 'user') };
    process.chdir(path.join(root, 'here'));
  });
  afterEach(() => {
    process.chdir(started);
    process.env = env;
    fs.rmSync(root, { recursive: true, force: true });
  });
  return {
    user: (...names) => path.join(root, 'user', ...names),
    here: (...names) => path.join(root, 'here', ...names),
    write(file, text) {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    },
  };
}
