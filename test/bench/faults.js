// What do programs come to know when a response fails? The same faults, played by one server to rxllm and to the libraries
// that it is compared with, over Chat Completions; see faults-table.js for how what is seen becomes a table.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { faultTable } from './faults-table.js';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const contenders = ['rxllm', 'openai', 'openaiHelper', 'ai', 'langchain'];
/** How long a response may take to end; silence is judged after so long. */
const deadlineMs = 15_000;
/** With retries: two waits of seven seconds, and what clients add to them. */
const retryDeadlineMs = 25_000;
const limitMs = 2000;
const atOnce = 10;
/** Node's own fetch hangs now and then when the first connection of a process is reset at once: asked anew. */
const tries = { 'reset-at-connect': 4 };

const silences = ['silent-before-head', 'silent-before-event', 'silent-in-stream', 'signs-in-stream'];
const others = [
  'abort',
  'unsubscribe',
  'error-in-stream',
  'cut',
  'early-end',
  'status-401',
  'status-500',
  'html',
  'invalid-utf8',
  'long-line',
  'after-end',
  'two-ends',
  'open-after-end',
  'reset-at-connect',
  'redirect-loop',
];

/** @returns Markdown, and where it belongs. */
export async function faults() {
  const server = fork(file('faults-server.js'), { execArgv: ['--import', import.meta.resolve('tsx')] });
  try {
    const [{ helloWorld, faults: known }] = await once(server, 'message');
    const meet = async (id, contender, { limited = false, retries = false } = {}) => {
      const { origin, ...fault } = known.find((one) => one.id === id);
      const settings = { helloWorld, leaves: fault.leaves, retries, ...(limited && { limitMs }) };
      for (let turn = 1; ; turn += 1) {
        const path = `/${id}/${contender}-${limited ? 'limited' : 'default'}-${turn}`;
        const longest = retries ? retryDeadlineMs : deadlineMs;
        const seen = await client(contender, { ...settings, baseURL: origin + path, deadlineMs: longest });
        if (seen.waits && turn < (tries[id] ?? 1)) continue;
        return { fault, contender, limited, ...seen, requests: await requestsOf(server, `${path}/chat/completions`) };
      }
    };
    // The long ones first.
    const runs = [
      ...contenders.map((contender) => () => meet('status-429', contender, { retries: true })),
      ...silences.flatMap((id) => contenders.map((contender) => () => meet(id, contender))),
      ...silences.flatMap((id) => contenders.map((contender) => () => meet(id, contender, { limited: true }))),
      ...others.flatMap((id) => contenders.map((contender) => () => meet(id, contender))),
    ];
    const cells = await inPool(runs);
    return {
      markdown: await faultTable(cells, { deadlineMs, retryDeadlineMs, limitMs }),
      place: { file: 'reliability.md', name: 'peers' },
    };
  } finally {
    server.kill();
  }
}

/** One response in a process of its own, which tells what it came to know, or why it died. */
async function client(contender, settings) {
  const child = fork(file('faults-client.js'), [contender, JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  let told;
  let said = '';
  child.on('message', (message) => (told = message));
  child.stderr.on('data', (chunk) => (said += chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), settings.deadlineMs + 15_000);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  return told ?? { died: said.trim().split('\n')[0] || `${signal ?? code}` };
}

/** When the requests of a path came to the server, and when their connections closed. */
function requestsOf(server, path) {
  return new Promise((resolve) => {
    const take = (answer) => {
      if (answer.path !== path) return;
      server.off('message', take);
      resolve(answer.requests);
    };
    server.on('message', take);
    server.send({ path });
  });
}

async function inPool(runs) {
  const results = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < runs.length) {
      const at = next++;
      results[at] = await runs[at]();
      done += 1;
      if (done % 10 === 0) process.stderr.write(`faults: ${done} of ${runs.length}\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
