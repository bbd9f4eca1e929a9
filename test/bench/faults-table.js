// The table of faults: its rows, its footnotes and what stands above it.
import { createRequire } from 'node:module';
import { cellOf, seconds } from './faults-cells.js';
import { machine, table } from './lib.js';

const titles = {
  rxllm: 'rxllm',
  openai: '`openai`',
  openaiHelper: '`openai`, `.stream()`',
  ai: '`ai`',
  langchain: '`@langchain/openai`',
};

/** `kind`: what a program would want to tell apart; rows of one kind may have the same error. */
const rows = [
  { group: 'The client leaves in mid stream' },
  { id: 'abort', name: 'abort', kind: 'an abort' },
  { id: 'unsubscribe', name: '`break`, or the last subscriber unsubscribes' },
  { group: 'The answer breaks off' },
  {
    id: 'error-in-stream',
    name: 'an error object in the stream; the connection stays open',
    kind: 'an error in the stream',
  },
  { id: 'cut', name: 'TCP cut in mid stream', kind: 'a cut' },
  { id: 'early-end', name: 'the body ends well, before the answer is complete', kind: 'a cut' },
  { group: 'Silence, with default settings' },
  { id: 'silent-before-head', name: 'before the head' },
  { id: 'silent-before-event', name: 'before the first event' },
  { id: 'silent-in-stream', name: 'in mid stream' },
  { id: 'signs-in-stream', name: 'in mid stream, but for comments' },
  { group: 'Silence, with a limit of LIMIT s by the setting of the library [limit]' },
  { id: 'silent-before-head', limited: true, name: 'before the head', kind: 'silence' },
  { id: 'silent-before-event', limited: true, name: 'before the first event', kind: 'silence' },
  { id: 'silent-in-stream', limited: true, name: 'in mid stream', kind: 'silence' },
  { id: 'signs-in-stream', limited: true, name: 'in mid stream, but for comments', kind: 'silence' },
  { group: 'The server refuses, or what comes is no stream' },
  { id: 'status-401', name: '401', kind: 'a 401' },
  { id: 'status-429', name: '429 with `Retry-After: 7`, with retries', kind: 'a 429' },
  { id: 'status-500', name: '500', kind: 'a 500' },
  { id: 'html', name: 'a web page with status 200', kind: 'a web page' },
  { group: 'The answer is odd, but whole' },
  { id: 'invalid-utf8', name: 'bytes that are no UTF-8' },
  { id: 'long-line', name: 'one line of 5 MB' },
  { id: 'after-end', name: 'text after `[DONE]`' },
  { id: 'two-ends', name: 'the end twice' },
  { id: 'open-after-end', name: 'the connection stays open after `[DONE]`' },
  { group: 'There is no answer' },
  { id: 'reset-at-connect', name: 'reset at connect [reset]', kind: 'no answer' },
  { id: 'redirect-loop', name: 'redirects in a circle', kind: 'no answer' },
];

/** How long the libraries wait by default, and who says so; shown only where they were seen to wait. */
async function defaultWaits() {
  const { toLimits } = await import('../../dist/src/http/timeouts.js');
  const { connectMs, firstEventMs, idleMs, keepAliveMs } = toLimits();
  const peers = ['openai', 'openaiHelper', 'ai', 'langchain'];
  const each = (text) => Object.fromEntries(peers.map((peer) => [peer, text]));
  const nodeFetch = each('waits, 300 s by Node’s fetch [default]');
  return {
    'silent-before-head': { ...nodeFetch, rxllm: `waits, ${seconds(connectMs)}` },
    'silent-before-event': { ...nodeFetch, rxllm: `waits, ${seconds(firstEventMs)}` },
    'silent-in-stream': { ...nodeFetch, rxllm: `waits, ${seconds(idleMs)}` },
    'signs-in-stream': { ...each('waits, without a limit [default]'), rxllm: `waits, ${seconds(keepAliveMs)}` },
  };
}

/** In the order in which the table names them. */
const footnotes = ({ deadlineMs, retryDeadlineMs, limitMs }) => ({
  signal: `By design: its \`streaming.js\` says that a loop ends without throwing when the user aborts. The program's own \`signal\` tells.`,
  default: `No end was seen in ${seconds(deadlineMs)}, and retries are off. \`openai\` has \`DEFAULT_TIMEOUT = 600000\` in its \`client.js\`, for the head alone; \`ai\` and \`@langchain/openai\` have no limit of their own. Before that Node’s fetch breaks off, after 300 s without a byte (undici: \`headersTimeout\` and \`bodyTimeout\`); comments are bytes. Waited for to the end once, with these versions: without comments each of the four ended after 301 s, before the head by \`APIConnectionTimeoutError\`, \`APICallError\` and \`TimeoutError\`, later as when the connection is cut; with comments none had ended after 325 s. rxllm ended after 240 s, by the codes of the next rows; its limit for comments is that of \`timeouts.keepAliveMs\`.`,
  limit: `rxllm: \`timeouts\`, all four at ${limitMs} ms. \`openai\` and \`@langchain/openai\`: \`timeout: ${limitMs}\`, which \`openai\` takes back when the head of the response is there (\`fetchWithTimeout\` in its \`client.js\`). \`ai\` 5 has no such setting, so its \`abortSignal\` is \`AbortSignal.timeout(${limitMs})\`: a limit for the whole answer, also for one that goes on well; that it was the time, and not the user, the signal's \`reason\` tells. \`openai\` and \`@langchain/openai\` take a signal too. Later versions of \`ai\` have a \`timeout\`; they are not measured here.`,
  retries: `Cut off after ${seconds(retryDeadlineMs)}: \`@langchain/core\` asks again six times (\`AsyncCaller\`), the others twice.`,
  end: `In ${seconds(deadlineMs)}: it reads on until the body ends.`,
  reset: `Node’s own fetch now and then never settles when the first connection of a process is reset at once: 3 of 120 bare ones did not, on Node 20.20.2. Such a run is repeated, for each library; a limit for the head (\`connectMs\`, \`timeout\`) ends it.`,
});

/** Puts numbers in the place of names. */
function numbered(text, names) {
  return names.reduce((all, name, at) => all.replaceAll(`[${name}]`, `[${at + 1}]`), text);
}

/** @param cells What was seen, one for each fault, contender and setting. */
export async function faultTable(cells, limits) {
  const waits = await defaultWaits();
  const find = (row, contender) =>
    cells.find(
      (cell) => cell.fault.id === row.id && cell.limited === (row.limited ?? false) && cell.contender === contender,
    );
  const contenders = Object.keys(titles);
  const columns = new Map(
    contenders.map((contender) => [
      contender,
      rows.filter(({ id }) => id !== undefined).map((row) => ({ ...find(row, contender), row })),
    ]),
  );
  const body = rows.map((row) => {
    if (row.group !== undefined)
      return [`**${row.group.replace('LIMIT', limits.limitMs / 1000)}**`, ...contenders.map(() => '')];
    const isDefaultSilence = row.id in waits && !row.limited;
    return [
      row.name,
      ...contenders.map((contender) =>
        cellOf(find(row, contender), row, {
          column: columns.get(contender),
          limits,
          waits: isDefaultSilence ? waits[row.id][contender] : undefined,
        }),
      ),
    ];
  });
  const require = createRequire(import.meta.url);
  const { dependencies } = require('./package.json');
  const versions = ['openai', 'ai', '@ai-sdk/openai', '@langchain/openai', '@langchain/core'].map(
    (name) => `${name} ${dependencies[name]}`,
  );
  const notes = footnotes(limits);
  const names = Object.keys(notes);
  const hasStrays = cells.some(({ unhandled = [] }) => unhandled.length > 0);
  return [
    `Seen on ${new Date().toISOString().slice(0, 10)} by \`npm run bench -- faults\`: rxllm ${require('../../package.json').version}, ${versions.join(', ')}. ${machine()}. All of them speak Chat Completions to the same server, each cell in a process of its own. Each is read as its docs show it for streamed text: rxllm by \`prompt().share()\`, \`openai\` by \`create({ stream: true })\` and by \`.stream()\`, \`ai\` by \`streamText\` with \`textStream\`, \`onError\`, \`onAbort\` and \`onFinish\`, \`@langchain/openai\` by \`model.stream()\`. Settings are the default ones, but for the address, the key and the retries: these are off, except for the 429, because they would repeat the fault.`,
    [
      '- ✓: the program learns of the fault, by a class, a code, a status or a callback that stands for no other kind of fault here and for no slip of its own; the response ends; where it is for the client to close the connection, the server sees it close within a second. An answer that is odd but whole ends well, with its text.',
      '- “with the text”: the error, or the object or callback that reports it, has what had arrived. “text in the loop only”: it has not, so a program has what it collected by itself.',
      '- “as for …”: the same class, code and status as for another fault. “ends as if whole”: no error; a program can tell by the finish reason, where it looks at it.',
      `- ${hasStrays ? 'Promises that were rejected and not handled stand in their cells.' : 'No library left a rejected promise unhandled, in any cell.'}`,
    ].join('\n'),
    table([
      ['', ...contenders.map((contender) => titles[contender])],
      ...body.map((line) => line.map((cell) => numbered(cell, names))),
    ]),
    names.map((name, at) => `[${at + 1}] ${notes[name]}`).join('\n\n'),
  ].join('\n\n');
}
