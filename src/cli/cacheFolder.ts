// Where the program keeps what it can make again.
import os from 'node:os';
import path from 'node:path';

/** `compiled` in `$RXLLM_USER_PATH`, else in the folder for caches that the platform has. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (env.RXLLM_USER_PATH) return path.join(path.resolve(env.RXLLM_USER_PATH), 'compiled');
  const home = os.homedir();
  switch (process.platform) {
    case 'darwin':
      return path.join(home, 'Library', 'Caches', 'rxllm', 'compiled');
    case 'win32':
      return path.join(env.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'rxllm', 'compiled');
    default:
      return path.join(env.XDG_CACHE_HOME || path.join(home, '.cache'), 'rxllm', 'compiled');
  }
}
