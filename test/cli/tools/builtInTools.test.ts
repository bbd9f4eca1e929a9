// The tools that the program brings along, as a chain runs them.
import { jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { defineModel, type JsonValue, type StreamEvent } from 'rxllm';
import { of } from 'rxjs';
import { builtInTools } from '../../../src/cli/tools/builtInTools.ts';
import { root } from '../../support/dist.ts';
import { runScript } from './runSource.ts';

// Processes, on a machine that may be busy.
jest.setTimeout(60_000);

/** What the tool gives back to a model that calls it. */
async function call(name: string, args: JsonValue): Promise<string | undefined> {
  const events: StreamEvent[] = [
    { type: 'tool_call_name', chunk: name, tool_call_id: 'c1' },
    { type: 'tool_call_args', chunk: JSON.stringify(args), tool_call_id: 'c1' },
  ];
  const model = defineModel({ id: 'm', stream: ({ messages }) => (messages.length > 1 ? of('Done.') : of(...events)) });
  const messages = await model.chain('Hi', { tools: builtInTools }).messages();
  const [result] = messages[1]?.parts ?? [];
  return result?.type === 'tool_result' ? result.output : undefined;
}

test('calculator gives a number', async () => {
  expect(await call('calculator', { expression: '17 * 23' })).toBe('391');
});

test('calculator says what is wrong, for the model to read', async () => {
  expect(await call('calculator', { expression: '17 x 23' })).toBe(
    'Error: at position 4 of "17 x 23": expected an operator or the end, found "x"',
  );
  expect(await call('calculator', { expression: 5 })).toBe('Error: expression is text such as "2 + 3", not 5');
});

test('version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  expect(await call('version', {})).toBe(version);
});

test.each([
  ['UTC', '2024-02-29T23:30:00+00:00', 'Thursday'],
  ['Pacific/Auckland', '2024-03-01T12:30:00+13:00', 'Friday'],
  ['America/St_Johns', '2024-02-29T20:00:00-03:30', 'Thursday'],
])('time is told in UTC and in %s', async (timezone, local, weekday) => {
  const script = `
    import { VirtualTimeScheduler } from 'rxjs';
    import { builtInTools } from 'src/cli/tools/builtInTools.ts';
    const scheduler = new VirtualTimeScheduler();
    scheduler.frame = Date.UTC(2024, 1, 29, 23, 30);
    const time = builtInTools.find(({ name }) => name === 'time');
    console.log(JSON.stringify(time.run({}, { scheduler })));`;
  const { stdout } = await runScript(script, [], { TZ: timezone });
  expect(JSON.parse(stdout)).toEqual({ utc: '2024-02-29T23:30:00.000Z', local, timezone, weekday });
});
