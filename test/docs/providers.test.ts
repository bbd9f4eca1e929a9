// The table of docs/providers.md is what the providers do: each cell is tried here, on requests that they send and on
// recorded answers that they read. `UPDATE_DOCS=1 npm test -- test/docs/providers` writes it.
import fs from 'node:fs';
import path from 'node:path';
import { attachment, LlmError, toolMessage, user, type Model, type Part, type PromptOptions } from 'rxllm';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import { ollama } from 'rxllm/ollama';
import { openaiChat, openaiResponses } from 'rxllm/openai';
import { streamCases } from '../support/corpus.ts';
import { root } from '../support/dist.ts';
import { needs } from '../support/needs.ts';
import { outcomeOf, outcomeOfResponse, type Outcome } from '../support/outcome.ts';
import { bodyText, fetchOf } from '../support/servers.ts';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

interface Column {
  readonly make: (fetch: Fetch, more?: object) => Model;
  readonly api: string;
}

const apiKey = 'key-of-nobody';

/** The models are such as reason, because that is what shows most. */
const columns: Readonly<Record<string, Column>> = {
  openaiChat: {
    make: (fetch, more) => openaiChat({ model: 'gpt-5', apiKey, fetch, ...more }),
    api: 'openai-chat-completions',
  },
  openaiResponses: {
    make: (fetch, more) => openaiResponses({ model: 'gpt-5', apiKey, fetch, ...more }),
    api: 'openai-responses',
  },
  anthropic: {
    make: (fetch, more) => anthropic({ model: 'claude-sonnet-4-6', apiKey, fetch, ...more }),
    api: 'anthropic-messages',
  },
  gemini: {
    make: (fetch, more) => gemini({ model: 'gemini-2.5-pro', apiKey, fetch, ...more }),
    api: 'gemini-stream-generate-content',
  },
  ollama: { make: (fetch, more) => ollama({ model: 'qwen3', fetch, ...more }), api: 'ollama-chat' },
};

const yes = 'yes';
const no = '–';

/** What is sent for a prompt: the body as text, and whether a file was fetched before; undefined if it is refused. */
async function sent({ make }: Column, options: PromptOptions, more?: object) {
  let fetched = false;
  let body: string | undefined;
  const model = make((url, init) => {
    if (url.startsWith(fileUrl)) {
      fetched = true;
      return Promise.resolve(new Response(fileText));
    }
    body = bodyText(init);
    return Promise.resolve(new Response('{}', { status: 400 }));
  }, more);
  try {
    const { error } = await outcomeOf(model, options);
    if (error?.code !== 'bad_request') return undefined;
  } catch (error) {
    // An option that the model does not have, or a file that it does not take.
    if (error instanceof LlmError && ['invalid_input', 'unsupported'].includes(error.code)) return undefined;
    throw error;
  }
  return { body: body!, fetched };
}

const fileUrl = 'https://files.example.com/file';
const fileText = 'content of the file';
const fileContent = Buffer.from(fileText).toString('base64');

type Probe = (column: Column) => Promise<string>;

const byBytes =
  (type: string): Probe =>
  async (column) => {
    const given = await sent(column, { attachments: [attachment({ content: fileContent, type })] });
    // Text may go as text.
    return given && (given.body.includes(fileContent) || given.body.includes(fileText)) ? yes : no;
  };

const byUrl =
  (type: string): Probe =>
  async (column) => {
    const given = await sent(column, { attachments: [attachment({ url: fileUrl, type })] });
    if (given?.fetched && given.body.includes(fileContent)) return 'fetched';
    return given?.body.includes(fileUrl) ? 'as URL' : no;
  };

/** Whether an option changes what is sent. */
const matters =
  (options: PromptOptions): Probe =>
  async (column) => {
    const [plain, given] = [await sent(column, {}), await sent(column, options)];
    return given !== undefined && given.body !== plain?.body ? yes : no;
  };

/** A call and its result, which has a file. */
const fileOfResult: Probe = async (column) => {
  const result = { type: 'tool_result' as const, name: 't', output: 'o', tool_call_id: 'call00001' };
  const history = [
    user('Hi'),
    { role: 'assistant', parts: [{ type: 'tool_call' as const, name: 't', arguments: {}, tool_call_id: 'call00001' }] },
    toolMessage({ ...result, attachments: [{ type: 'image/png', content: fileContent }] }),
  ];
  const given = await sent(column, { messages: history });
  if (!given?.body.includes(fileContent)) return no;
  // Where a message after the results holds it, that result does not.
  const turns = Object.values(JSON.parse(given.body) as Record<string, unknown>).find(
    (value): value is readonly unknown[] => Array.isArray(value) && JSON.stringify(value).includes(fileContent),
  )!;
  const holder = JSON.stringify(turns.find((turn) => JSON.stringify(turn).includes(fileContent)));
  return /"(tool_result|function_call_output|functionResponse|tool)"/.test(holder) ? 'with it' : 'after it';
};

const requests: readonly (readonly [string, Probe])[] = [
  ['system instructions', matters({ system: 'Be brief.' })],
  ['image by bytes', byBytes('image/png')],
  ['image by URL', byUrl('image/png')],
  ['PDF by bytes', byBytes('application/pdf')],
  ['PDF by URL', byUrl('application/pdf')],
  ['sound by bytes', byBytes('audio/wav')],
  ['sound by URL', byUrl('audio/wav')],
  ['text file by bytes', byBytes('text/plain')],
  ['video by bytes', byBytes('video/mp4')],
  ['files of tool results', fileOfResult],
  ['tools', matters({ tools: [{ name: 't', input_schema: { type: 'object' } }] })],
  ['`schema`', matters({ schema: { type: 'object', properties: {} } })],
  ['`stream: false`', async (column) => ((await wholeIsAsked(column)) ? yes : no)],
  ['`reasoning_effort`', matters({ options: { reasoning_effort: 'high' } })],
  ['`reasoning_budget`', matters({ options: { reasoning_budget: 2048 } })],
  ['`hideReasoning` reaches the server', matters({ hideReasoning: true })],
  ['`extraBody`', async (column) => ((await sent(column, {}, extra))?.body.includes('"spice":1') ? yes : no)],
];

const extra = { extraBody: { spice: 1 } };

/** By the body, or by the address (Gemini). */
async function wholeIsAsked({ make }: Column): Promise<boolean> {
  const asked: string[] = [];
  const model = make((url, init) => {
    asked.push(url + bodyText(init));
    return Promise.resolve(new Response('{}', { status: 400 }));
  });
  await outcomeOf(model, { stream: false });
  await outcomeOf(model, { stream: true });
  return asked[0] !== asked[1];
}

/** How many of the recorded answers hold such a thing. */
const answers: readonly (readonly [string, (outcome: Outcome) => boolean])[] = [
  ['read', () => true],
  ['with reasoning', has((part) => part.type === 'reasoning' && part.text !== '')],
  ['with hidden reasoning', has((part) => part.type === 'reasoning' && part.redacted === true)],
  [
    'with reasoning signed or encrypted',
    has((part) => /"(signature|thoughtSignature|encrypted_content|data)":/.test(metadata(part))),
  ],
  ['with calls for the client', has((part) => part.type === 'tool_call' && !part.server_executed)],
  ['with tools run by the server', has((part) => part.type === 'tool_call' && part.server_executed === true)],
  [
    'with citations',
    has((part) => /"(citations|annotations|groundingMetadata|citationMetadata)":/.test(metadata(part))),
  ],
  ['with a refusal', has((part) => metadata(part).includes('"refusal":true'))],
  ['with images', has((part) => part.type === 'attachment')],
  ['with several messages', ({ messages }) => messages.length > 1],
  ['with cached input', ({ events }) => events.some((event) => event.type === 'usage' && event.usage.details?.cached)],
  ['that end in an error', ({ error }) => error !== undefined],
] as const;

function has(test: (part: Part) => boolean): (outcome: Outcome) => boolean {
  return ({ messages }) => messages.some(({ parts }) => parts.some(test));
}

function metadata(part: Part): string {
  return JSON.stringify(part.provider_metadata ?? {});
}

function table(first: string, rows: readonly (readonly string[])[]): string {
  const all = [[first, ...Object.keys(columns).map((name) => `\`${name}\``)], ...rows];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  return [line(all[0]!), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...all.slice(1).map(line)].join(
    '\n',
  );
}

const file = path.join(root, 'docs/providers.md');

function check(name: string, made: string): void {
  const [begin, end] = [`<!-- ${name} -->\n\n`, `\n\n<!-- end of ${name} -->`];
  const document = fs.readFileSync(file, 'utf8');
  const [from, to] = [document.indexOf(begin) + begin.length, document.indexOf(end)];
  expect([from >= begin.length, to >= 0]).toEqual([true, true]);
  if (process.env.UPDATE_DOCS) fs.writeFileSync(file, document.slice(0, from) + made + document.slice(to));
  else expect(document.slice(from, to)).toBe(made);
}

test('the table of requests is true', async () => {
  const rows = requests.map(async ([name, probe]) => [name, ...(await Promise.all(Object.values(columns).map(probe)))]);
  check('requests', table('a request may have', await Promise.all(rows)));
});

needs('corpus').test(
  'the table of answers is true',
  async () => {
    const outcomes = await Promise.all(
      Object.values(columns).map(({ make, api }) =>
        Promise.all(
          streamCases(api)
            .filter(({ name }) => !name.includes('crafted-'))
            .map(({ bytes, contentType }) => outcomeOfResponse(make(fetchOf([bytes], contentType)).prompt('Hi'))),
        ),
      ),
    );
    const rows = answers.map(([name, test]) => [
      name,
      ...outcomes.map((all) => String(all.filter(test).length).replace(/^0$/, no)),
    ]);
    check('answers', table('recorded answers', rows));
  },
  60_000,
);
