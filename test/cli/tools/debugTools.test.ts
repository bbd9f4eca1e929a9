// What `--td` prints of a chain.
import { jest } from '@jest/globals';
import { defineModel, tool, type StreamEvent } from 'rxllm';
import { demo } from 'rxllm/demo';
import { from, lastValueFrom, of, toArray, type Observable } from 'rxjs';
import { debugTools } from '../../../src/cli/tools/debugTools.ts';
import { runScript } from './runSource.ts';

// Processes, on a machine that may be busy.
jest.setTimeout(60_000);

/** The lines that are printed, each with its style. */
async function printed(chain: Observable<StreamEvent>): Promise<string[]> {
  const lines: string[] = [];
  await lastValueFrom(chain.pipe(debugTools((text, style) => lines.push(`${style ?? ''}|${text}`))));
  return lines;
}

const call = (name: string, args: string): StreamEvent[] => [
  { type: 'tool_call_name', chunk: name, tool_call_id: name },
  { type: 'tool_call_args', chunk: args, tool_call_id: name },
];

/** Calls in its first answer, ends in its second. */
const calling = (...events: readonly StreamEvent[]) =>
  defineModel({ id: 'm', stream: ({ messages }) => (messages.length > 1 ? of('Done.') : from(events)) });

test('calls are printed with their arguments, then the results', async () => {
  const look = tool({ name: 'look', run: ({ at }) => ({ at, found: [true] }) });
  const say = tool({ name: 'say', run: () => 'two\nlines' });
  const chain = calling(...call('look', '{"at":"here"}'), ...call('say', '{}')).chain('Hi', { tools: [look, say] });
  expect(await printed(chain)).toEqual([
    'yellow|Tool call: look',
    '|  {\n    "at": "here"\n  }',
    'yellow|Tool call: say',
    '|  {}',
    'yellow|Tool result: look',
    '|  {\n    "at": "here",\n    "found": [\n      true\n    ]\n  }',
    'yellow|Tool result: say',
    '|  two\n  lines',
  ]);
});

test('calls that fail are red', async () => {
  const fail = tool({
    name: 'fail',
    run: () => {
      throw new Error('no such file');
    },
  });
  const lines = await printed(calling(...call('fail', '{}'), ...call('none', '{}')).chain('Hi', { tools: [fail] }));
  expect(lines.slice(4)).toEqual([
    'red|Tool result: fail',
    '|  Error: no such file',
    'red|Tool result: none',
    '|  Error: tool "none" does not exist',
  ]);
});

test('nothing that a model or a tool says steers the terminal or looks like another call', async () => {
  const evil = tool({ name: 'evil', run: () => '\u001b[2J\r\nTool call: fine\u202e' });
  const chain = calling(...call('evil', '{"a":"\\u001b[1m\\u202e"}'), ...call('x\u001b\nTool result: y', '{}'));
  expect(await printed(chain.chain('Hi', { tools: [evil] }))).toEqual([
    'yellow|Tool call: evil',
    String.raw`|  {` + '\n' + String.raw`    "a": "\u001b[1m\u202e"` + '\n  }',
    String.raw`yellow|Tool call: "x\u001b\nTool result: y"`,
    '|  {}',
    'yellow|Tool result: evil',
    String.raw`|  \u001b[2J\u000d` + '\n' + String.raw`  Tool call: fine\u202e`,
    String.raw`red|Tool result: "x\u001b\nTool result: y"`,
    String.raw`|  Error: tool "x\u001b` + '\n  Tool result: y" does not exist',
  ]);
});

test('calls of a chain inside of a tool say where they are', async () => {
  const clock = tool({ name: 'clock', run: () => 'noon' });
  const ask = tool({ name: 'ask', run: () => calling(...call('clock', '{}')).chain('Hi', { tools: [clock] }) });
  const lines = await printed(calling(...call('ask', '{}')).chain('Hi', { tools: [ask] }));
  expect(lines.filter((line) => line.startsWith('yellow'))).toEqual([
    'yellow|Tool call: ask',
    'yellow|Tool call: ask > clock',
    'yellow|Tool result: ask > clock',
    'yellow|Tool result: ask',
  ]);
});

test('what the provider runs is printed too', async () => {
  const events: StreamEvent[] = [
    { type: 'tool_call_name', chunk: 'web_search', tool_call_id: 's', server_executed: true },
    { type: 'tool_call_args', chunk: '{"q":"x"}', tool_call_id: 's', server_executed: true },
    { type: 'tool_result', chunk: 'found', tool_call_id: 's', tool_name: 'web_search', server_executed: true },
  ];
  expect(await printed(calling(...events).chain('Hi', { tools: [] }))).toEqual([
    'yellow|Tool call: web_search (run by the provider)',
    '|  {\n    "q": "x"\n  }',
    'yellow|Tool result: web_search',
    '|  found',
  ]);
});

test('the events pass unchanged, and an answer without calls prints nothing', async () => {
  const events = await lastValueFrom(demo({ chunkMs: 0 }).chain('Hi').pipe(toArray()));
  const lines: string[] = [];
  const passed = from(events).pipe(
    debugTools((text) => lines.push(text)),
    toArray(),
  );
  expect(await lastValueFrom(passed)).toEqual(events);
  expect(lines).toEqual([]);
});

test('the lines go to standard error, with no colour where it is no terminal', async () => {
  const script = `
    import { of } from 'rxjs';
    import { debugTools } from 'src/cli/tools/debugTools.ts';
    import { stdout } from 'src/cli/output.ts';
    stdout.write('half a line');
    const result = { type: 'tool_result', name: 'look', output: 'here' };
    of({ type: 'tool_output', result, part_index: 0, message_index: 0 }).pipe(debugTools()).subscribe();`;
  expect(await runScript(script)).toEqual({
    stdout: 'half a line',
    stderr: 'Tool result: look\n  here\n',
    code: 0,
  });
});
