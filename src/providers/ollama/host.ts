// Where a server is, by the value that people keep in the environment variable `OLLAMA_HOST`.

/**
 * The base URL for an `OLLAMA_HOST`, by the rules of Ollama's own clients: without a scheme it is `http:` and port 11434,
 * without a host this machine; where the server listens on all addresses it is reached on this machine. What is no
 * address comes back as it is.
 *
 * @example
 * ollama({ model: 'qwen3', baseUrl: ollamaUrl(process.env.OLLAMA_HOST ?? '') });
 */
export function ollamaUrl(host: string): string {
  const given = host.trim();
  if (/^https?:\/\//i.test(given)) return reachable(given);
  const match = /^(\[[^\]]*\]|[^:/]*)(:\d+)?(\/.*)?$/.exec(given);
  if (match === null) return host;
  const [, name, port = ':11434', path = ''] = match;
  return reachable(`http://${name || '127.0.0.1'}${port}${path}`);
}

function reachable(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  return url.href.replace(/\/$/, '');
}
