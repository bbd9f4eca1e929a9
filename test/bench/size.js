// What does a browser load to stream a chat's text, and what does it cost to import the package? Bytes of one bundle
// (esbuild, minified, gzip level 9, everything included); time of `import 'rxllm'` as a ratio to `import 'rxjs'`.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { interleave, measure, pairedRatio, table } from './lib.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { build } = createRequire(import.meta.url)('esbuild');

const programs = {
  'rxjs + fetch + parser': `
    import { Observable, filter, map } from 'rxjs';
    import { createParser } from 'eventsource-parser';
    const events$ = new Observable((subscriber) => {
      const parser = createParser({ onEvent: (event) => subscriber.next(event) });
      fetch('/chat/completions', { method: 'POST' }).then(async ({ body }) => {
        for await (const chunk of body.pipeThrough(new TextDecoderStream())) parser.feed(chunk);
        subscriber.complete();
      });
    });
    events$.pipe(filter(({ data }) => data !== '[DONE]'), map(({ data }) => JSON.parse(data))).subscribe(console.log);`,
  rxllm: `
    import { openaiChat } from 'rxllm/openai';
    import { text } from 'rxllm/operators';
    openaiChat({ model: 'm', apiKey: 'k' }).prompt('Hi').pipe(text()).subscribe(console.log);`,
  openai: `
    import { OpenAI } from 'openai';
    const client = new OpenAI({ apiKey: 'k', dangerouslyAllowBrowser: true });
    const stream = await client.chat.completions.create({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }] });
    for await (const chunk of stream) console.log(chunk.choices[0]?.delta.content);`,
  ai: `
    import { streamText } from 'ai';
    import { createOpenAI } from '@ai-sdk/openai';
    const model = createOpenAI({ apiKey: 'k' }).chat('m');
    for await (const chunk of streamText({ model, prompt: 'Hi' }).textStream) console.log(chunk);`,
  '@langchain/openai': `
    import { ChatOpenAI } from '@langchain/openai';
    for await (const chunk of await new ChatOpenAI({ model: 'm', apiKey: 'k' }).stream('Hi')) console.log(chunk.text);`,
};

/** What each provider adds to a program that has the root anyway. */
const root = `
  import { EMPTY } from 'rxjs';
  import { defineModel } from 'rxllm';
  defineModel({ id: 'm', stream: () => EMPTY }).prompt('Hi').subscribe(console.log);`;

const providers = {
  openaiChat: ['openai', "openaiChat({ model: 'm' })"],
  openaiResponses: ['openai', "openaiResponses({ model: 'm' })"],
  anthropic: ['anthropic', "anthropic({ model: 'm' })"],
  gemini: ['gemini', "gemini({ model: 'm' })"],
  ollama: ['ollama', "ollama({ model: 'm' })"],
  fromAiSdk: ['ai-sdk', 'fromAiSdk(globalThis.model)'],
};

async function providerRows() {
  const rootBytes = await gzippedBytes(root, []);
  const rows = [
    ['', 'KB in all', 'KB over the root'],
    ['the root alone', kilo(rootBytes), ''],
  ];
  for (const [name, [entry, model]] of Object.entries(providers)) {
    const program = `import { ${name} } from 'rxllm/${entry}'; ${model}.prompt('Hi').subscribe(console.log);`;
    const bytes = await gzippedBytes(program, []);
    rows.push([name, kilo(bytes), kilo(bytes - rootBytes)]);
  }
  return rows;
}

function kilo(bytes) {
  return (bytes / 1000).toFixed(1);
}

async function gzippedBytes(contents, conditions) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions,
    external: ['node:*'],
    logLevel: 'silent',
  });
  return zlib.gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

/** @returns Markdown, and charts by file name. */
export async function size(rounds) {
  const rows = [['', 'KB', "KB with rxjs's `es2015` build (as Angular takes it)"]];
  for (const [name, program] of Object.entries(programs)) {
    const sizes = await Promise.all([gzippedBytes(program, []), gzippedBytes(program, ['es2015'])]);
    rows.push([name, ...sizes.map(kilo)]);
  }
  const modules = ['rxjs', 'rxllm'];
  const measured = await interleave(modules, Math.max(rounds, 9), (module) => measure('import-run.js', module));
  const ratio = pairedRatio(measured, 'rxllm', 'rxjs', ({ ms }) => ms).toFixed(2);
  return {
    markdown: `## Size\n\nOne bundle that streams a chat's text, gzip.\n\n${table(rows)}\n\nWhat each provider adds, with rxjs's default build.\n\n${table(await providerRows())}\n\n\`import 'rxllm'\` takes ${ratio} times as long as \`import 'rxjs'\`.`,
    charts: {},
  };
}
