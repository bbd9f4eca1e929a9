// The layers, and which packages each may import. An import that is not listed here is a decision to be made here.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Layer {
  /** Layers it may import, besides itself. */
  readonly below: readonly string[];
  readonly packages: readonly string[];
}

const core = ['values', 'rx', 'operators', 'tools', 'response'];

const layers: Readonly<Record<string, Layer>> = {
  values: { below: [], packages: [] },
  rx: { below: [], packages: ['rxjs'] },
  operators: { below: ['values', 'rx'], packages: ['rxjs'] },
  tools: { below: ['values', 'rx', 'operators'], packages: ['rxjs'] },
  response: { below: ['values', 'rx', 'operators', 'tools'], packages: ['rxjs'] },
  middleware: { below: core, packages: ['rxjs'] },
  index: { below: [...core, 'middleware'], packages: [] },
  http: { below: core, packages: ['rxjs', 'eventsource-parser'] },
  providers: { below: [...core, 'middleware', 'http'], packages: ['rxjs', '@ai-sdk/provider'] },
  serialization: { below: core, packages: ['rxjs', 'zod'] },
  mcp: { below: core, packages: ['rxjs'] },
  store: { below: core, packages: ['rxjs', 'lowdb', 'node:*'] },
  protocol: { below: ['values'], packages: [] },
  server: { below: [...core, 'protocol'], packages: ['rxjs', 'ws', 'node:*'] },
  client: { below: [...core, 'protocol'], packages: ['rxjs', 'rxjs/webSocket'] },
  telemetry: { below: core, packages: ['rxjs', '@opentelemetry/api'] },
  testing: { below: [...core, 'http'], packages: ['rxjs', 'rxjs/testing'] },
  plugin: { below: [...core, 'http', 'models'], packages: ['rxjs', 'commander'] },
  models: { below: [...core, 'http', 'providers', 'serialization', 'store'], packages: ['rxjs', 'node:*'] },
  cli: {
    below: [...core, 'middleware', 'http', 'providers', 'serialization', 'store', 'testing', 'models', 'plugin'],
    packages: ['rxjs', 'commander', 'marked', 'string-width', 'sucrase', 'yaml', 'node:*'],
  },
};

/** Only their types may be imported: who does not use them need not have them. */
const typesOnly = ['@ai-sdk/provider'];

const files = ['src', 'operators'].flatMap((folder) =>
  fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.split(path.sep).join('/')}`),
);

/** `src/values/part.ts` → `values`; `operators/text.ts` → `operators`; `src/index.ts` → `index`. */
function layerOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'src' ? second.replace(/\.ts$/, '') : first;
}

function importsOf(file: string): string[] {
  const source = fs.readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  return [
    ...source.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3]!);
}

test('every source file belongs to a layer', () => {
  expect(files.filter((file) => !(layerOf(file) in layers))).toEqual([]);
  expect(files.length).toBeGreaterThan(30);
});

test.each(files)('%s imports only what its layer may', (file) => {
  const layer = layerOf(file);
  const { below, packages } = layers[layer] ?? { below: [], packages: [] };
  const isAllowed = (specifier: string) => {
    if (specifier.startsWith('.')) {
      const target = layerOf(path.posix.join(path.posix.dirname(file), specifier));
      return target === layer || below.includes(target);
    }
    return packages.some((name) => (name.endsWith('*') ? specifier.startsWith(name.slice(0, -1)) : specifier === name));
  };
  expect(importsOf(file).filter((specifier) => !isAllowed(specifier))).toEqual([]);
});

test.each(typesOnly)('nothing of %s is loaded', (name) => {
  const using = files.filter((file) => importsOf(file).includes(name));
  expect(using).not.toEqual([]);
  for (const file of using) {
    const statements = fs.readFileSync(path.join(root, file), 'utf8').split(';');
    for (const statement of statements.filter((text) => text.includes(`'${name}'`))) {
      expect(statement.replaceAll(/^\s*\/\/.*$/gm, '').trim()).toMatch(/^(import|export) type \{/);
    }
  }
});

test.each(files.filter((file) => file.endsWith('/index.ts')))('%s is a plain list', (file) => {
  const source = fs.readFileSync(path.join(root, file), 'utf8').replaceAll(/\/\/.*/g, '');
  expect(source.replaceAll(/export (type )?(\{[^}]*\}|\*) from '[^']+';/g, '').trim()).toBe('');
});

test('importing the root loads no zod and nothing of Node', () => {
  const reached = new Set<string>();
  const visit = (file: string) => {
    for (const specifier of importsOf(file)) {
      const target = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
      if (reached.has(target)) continue;
      reached.add(target);
      if (specifier.startsWith('.')) visit(target);
    }
  };
  visit('src/index.ts');
  const packages = [...reached].filter((name) => !name.endsWith('.ts'));
  expect(packages.toSorted()).toEqual(['rxjs']);
});
