// Serves the files of the chat page; its program is bundled when the server starts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export async function chatPage(): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    conditions: ['@rxllm/source'],
  });
  const files = new Map([
    ['/', { type: 'text/html', body: await readFile(new URL('index.html', import.meta.url)) }],
    ['/page.js', { type: 'text/javascript', body: outputFiles[0]!.contents }],
  ]);
  return ({ url = '/' }, response) => {
    const file = files.get(new URL(url, 'http://localhost').pathname);
    if (file) response.writeHead(200, { 'content-type': `${file.type}; charset=utf-8` }).end(file.body);
    else response.writeHead(404).end();
  };
}
