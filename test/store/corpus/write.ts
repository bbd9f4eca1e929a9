// Writes the corpus of the format that logs have now, once: npm run example test/store/corpus/write.ts
// What is there stays as it is for good, so that logs of every format can be read for good.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, toArray } from 'rxjs';
import { assistant, system, toolMessage, user, type Message, type ResponseJSON } from 'rxllm';
import { openLog, type AppendOptions } from 'rxllm/store';
import { currentFormat } from '../../../src/store/lowdb/turnCodec.ts';
import { checksums, sumsFile } from './checksums.ts';

const folder = fileURLToPath(new URL(`v${currentFormat}`, import.meta.url));
if (fs.existsSync(folder)) throw new Error(`${folder} is there already; a corpus is written once and never changed`);

const log = openLog(path.join(folder, 'log'));
for (const { json, options } of turns()) await log.append(json, options);

const list = await firstValueFrom(log.list().pipe(toArray()));
const expected = [];
for (const turn of list) expected.push({ turn, response: await log.response(turn.id) });
fs.writeFileSync(path.join(folder, 'expected.json'), `${JSON.stringify(expected, undefined, 2)}\n`);
fs.writeFileSync(path.join(folder, sumsFile), checksums(folder));
console.log(`${folder} has ${expected.length} turns`);

function* turns(): Iterable<{ readonly json: ResponseJSON; readonly options?: AppendOptions }> {
  const instructions = system('Be brief.');
  const call = { type: 'tool_call', name: 'weather', arguments: { city: 'Zürich', list: [1, null, 0.5] } } as const;
  const first: ResponseJSON = {
    model: 'model-a',
    prompt: {
      messages: [instructions, user('What is the weather in Zürich, "exactly"?\n🦀')],
      options: { temperature: 0.5, stop: ['a', 'b'] },
      system: 'Be brief.',
    },
    messages: [
      assistant(
        { type: 'reasoning', text: 'I have to ask.', provider_metadata: { anthropic: { signature: 'c2ln' } } },
        { type: 'reasoning', text: '', redacted: true },
        { ...call, tool_call_id: 'c1' },
        { ...call, name: 'search', tool_call_id: 'c2', server_executed: true },
        { type: 'tool_result', name: 'search', output: 'found', tool_call_id: 'c2', server_executed: true },
      ),
    ],
    id: '01kdvdna0000000000000000a1',
    usage: { input: 12, output: 34, details: { cached: 5, raw: { prompt_tokens: 12 } } },
    datetime_utc: '2026-01-01T00:00:00+00:00',
  };
  const details = {
    resolved_model: 'model-a-2026',
    duration_ms: 1234,
    tools: ['weather'],
    schema: { type: 'object', properties: { city: { type: 'string' } } },
  };
  yield { json: first, options: { thread: 'trip', ...details } };

  const result = { type: 'tool_result', name: 'weather', output: '20 degrees', tool_call_id: 'c1' } as const;
  const picture = { type: 'image/png', content: 'iVBORw0KGgo=' };
  const second = follow(first, [toolMessage({ ...result, attachments: [picture] })], {
    messages: [assistant('20 degrees.', { type: 'attachment', attachment: picture })],
    id: '01kdvdp4kj00000000000000a2',
    datetime_utc: '2026-01-01T00:00:27.250000+00:00',
  });
  yield { json: second, options: { thread: 'trip' } };

  yield {
    json: follow(second, [user('And tomorrow?', { type: 'attachment', attachment: { path: 'map.png' } })], {
      messages: [assistant('Perhaps')],
      id: '01kdvdr3v000000000000000a3',
      datetime_utc: '2026-01-01T00:01:32+00:00',
      status: 'truncated',
      incomplete: [{ name: 'weather', arguments_raw: '{"city":', tool_call_id: 'c3' }],
    }),
    options: { thread: 'trip' },
  };
  // A branch, in another thread, of a later day.
  yield {
    json: follow(second, [user('In Fahrenheit?')], {
      model: 'model-b',
      messages: [assistant('68.')],
      id: '01kdy143t800000000000000a4',
      datetime_utc: '2026-01-02T00:18:37+00:00',
    }),
    options: { thread: 'Branch_1.x' },
  };
  yield {
    json: {
      model: 'model-a',
      prompt: { messages: [instructions, user('Hi')] },
      messages: [],
      id: 'An id/of others 🦀',
      datetime_utc: '2026-01-03T00:00:00+00:00',
      status: 'failed',
    },
  };
  yield {
    json: {
      model: 'model-a',
      prompt: {
        messages: [user('Hi'), user({ type: 'attachment', attachment: { url: 'https://example.com/a.pdf' } })],
      },
      messages: [{ ...assistant('Hello'), provider_metadata: { openai: { id: 'msg_1' } } }],
      datetime_utc: '2026-01-04T00:00:00+00:00',
    },
  };
}

function follow(before: ResponseJSON, added: readonly Message[], changes: Partial<ResponseJSON>): ResponseJSON {
  const messages = [...before.prompt.messages, ...before.messages, ...added];
  return { model: 'model-a', prompt: { messages }, messages: [], ...changes };
}
