// What `import` does differently for files that the user has named: TypeScript, and `rxllm` wherever the file lies.
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { messageOf } from '../../values/describe.ts';
import { stripTypes } from './stripTypes.ts';

interface Resolved {
  readonly url: string;
}

interface Loaded {
  readonly format: string;
  readonly source: unknown;
  readonly shortCircuit?: boolean;
}

/** Of Node 22.15 and later; before that there is only `register`, with hooks in a thread of their own. */
type RegisterHooks = (hooks: {
  resolve(specifier: string, context: object, next: (specifier: string, context: object) => Resolved): Resolved;
  load(url: string, context: object, next: (url: string, context: object) => Loaded): Loaded;
}) => unknown;

const own = /^rxllm(?:\/|$)/;

// The files that were named: JavaScript of these is a module, whatever a package.json around it says.
const named = new Set<string>();
let isReady = false;

/** Makes the file, what it imports and what that imports loadable by `import(url)`. For as long as the program runs. */
export function takeFile(url: string): void {
  named.add(url);
  if (isReady) return;
  isReady = true;
  if ('registerHooks' in nodeModule) {
    (nodeModule.registerHooks as RegisterHooks)({
      // The program's own package, as seen from this file.
      resolve: (specifier, context, next) =>
        next(specifier, own.test(specifier) ? { ...context, parentURL: import.meta.url } : context),
      load(asked, context, next) {
        const source = sourceOf(asked);
        return source === undefined ? next(asked, context) : { format: 'module', source, shortCircuit: true };
      },
    });
  } else registerThread();
}

/** The text of a module that is not Node's to load. */
function sourceOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  const file = fileURLToPath(url);
  const isTypeScript = /\.m?ts$/.test(file) && !/[\\/]node_modules[\\/]/.test(file);
  if (!isTypeScript && !named.has(url)) return undefined;
  const source = readFileSync(file, 'utf8');
  if (!isTypeScript) return source;
  try {
    return stripTypes(source);
  } catch (error) {
    throw new SyntaxError(`${messageOf(error)} in ${file}`, { cause: error });
  }
}

interface Question {
  readonly id: number;
  readonly url: string;
}

/** The thread asks for each module; the answers come from here, so that it needs nothing but itself. */
function registerThread(): void {
  const { port1: here, port2: there } = new MessageChannel();
  here.on('message', ({ id, url }: Question) => {
    try {
      here.postMessage({ id, source: sourceOf(url) }, []);
    } catch (error) {
      here.postMessage({ id, problem: messageOf(error) }, []);
    }
  });
  // Nothing waits for it when the program has nothing else to do.
  here.unref();
  nodeModule.register(`data:text/javascript,${encodeURIComponent(thread)}`, {
    data: { port: there, home: import.meta.url },
    transferList: [there],
  });
}

const thread = `
let port, home, last = 0;
const waiting = new Map();
export function initialize(data) {
  ({ port, home } = data);
  port.on('message', ({ id, ...answer }) => {
    waiting.get(id)(answer);
    waiting.delete(id);
  });
}
export function resolve(specifier, context, next) {
  return next(specifier, ${own}.test(specifier) ? { ...context, parentURL: home } : context);
}
export async function load(url, context, next) {
  if (!url.startsWith('file:')) return next(url, context);
  const answer = await new Promise((resolve) => {
    last += 1;
    waiting.set(last, resolve);
    port.postMessage({ id: last, url });
  });
  if (answer.problem !== undefined) throw new SyntaxError(answer.problem);
  return answer.source === undefined
    ? next(url, context)
    : { format: 'module', source: answer.source, shortCircuit: true };
}`;
