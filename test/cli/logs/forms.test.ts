// A turn of the log as Markdown, in the short form, and what it says with a schema.
import { parse } from 'yaml';
import { assistant, user, type Part, type ResponseJSON } from 'rxllm';
import { createLog, memoryAdapter, type AppendOptions, type LoggedTurn } from 'rxllm/store';
import { indentJson } from '../../../src/cli/logs/indentJson.ts';
import { toMarkdown } from '../../../src/cli/logs/markdown.ts';
import { schemaId } from '../../../src/cli/content/loadSchema.ts';
import { dataOf, findSchemaId } from '../../../src/cli/logs/schemaData.ts';
import { toShortForm } from '../../../src/cli/logs/shortForm.ts';
import { truncate } from '../../../src/cli/logs/texts.ts';
import { instructed, turn, turnId } from './support.ts';

async function logged(json: ResponseJSON, options: AppendOptions = {}): Promise<LoggedTurn> {
  const log = createLog(memoryAdapter());
  await log.append(json, options);
  return (await log.turn(json.id!))!;
}

describe('Markdown', () => {
  test('has the sections of llm, times in UTC', async () => {
    const shown = toMarkdown(await logged(instructed(7, 'Be brief', 'Hi', 'Hello'), { thread: 'abc' }));
    expect(shown).toBe(
      `# 2026-03-04T05:06:07Z    conversation: abc id: ${turnId(7)}\n\nModel: **m**\n\n` +
        '## Prompt\n\nHi\n\n## System\n\nBe brief\n\n## Response\n\nHello\n\n',
    );
  });

  test('leaves out instructions that were shown before', async () => {
    const one = await logged(instructed(7, 'Be brief', 'Hi', 'Hello'));
    expect(toMarkdown(one, { shownSystem: 'Be brief' })).not.toContain('## System');
    expect(toMarkdown(one, { shownSystem: 'Be long' })).toContain('## System\n\nBe brief');
  });

  test('says the model that was used, options, how it ended, and usage when that is wanted', async () => {
    const json = turn(1, 'Hi', 'Hel', {
      status: 'aborted',
      usage: { input: 2, output: 5, details: { cached: 1 } },
      prompt: { messages: [user('Hi')], options: { max_tokens: 3, stop: 'x' } },
    });
    const one = await logged(json, { resolved_model: 'm-1', duration_ms: 1234 });
    const start = toMarkdown(one).split('## Prompt')[0];
    expect(start).toContain(
      'Model: **m** (resolved: **m-1**)\n\nEnded: **aborted**\n\n## Options\n\n- max_tokens: 3\n- stop: "x"\n\n',
    );
    expect(toMarkdown(one)).not.toContain('2 input');
    expect(toMarkdown(one, { usage: true })).toMatch(
      /Hel\n\n## Token usage\n\n2 input, 5 output, {"cached":1}\n\nDuration: 1234 ms\n\n$/,
    );
  });

  test('has reasoning, calls, results and attachments', async () => {
    const parts: Part[] = [
      { type: 'reasoning', text: 'Let me look' },
      { type: 'tool_call', name: 'time', arguments: { zone: 'UTC' }, tool_call_id: 'c1' },
    ];
    const result: Part = { type: 'tool_result', name: 'time', output: '12\n13', tool_call_id: 'c1', exception: 'E: x' };
    const image: Part = { type: 'attachment', attachment: { type: 'image/png', content: 'AAAA' } };
    const json = turn(1, 'What time?', 'Noon', {
      prompt: { messages: [user('What time?', image)] },
      messages: [assistant(parts), { role: 'tool', parts: [result] }, assistant('Noon')],
      incomplete: [{ name: 'date', arguments_raw: '{"a' }],
    });
    expect(toMarkdown(await logged(json, { tools: ['time', 'date'] })).split('## Prompt\n\n')[1]).toBe(
      'What time?\n\n### Attachments\n\n- **image/png**: 3 bytes\n\n### Tools\n\n- time\n- date\n\n' +
        '## Reasoning\n\nLet me look\n\n## Response\n\n' +
        '### Tool calls\n\n- **time**: `c1`<br>\n    Arguments: {"zone":"UTC"}\n' +
        '- **date**, cut short<br>\n    Arguments: {"a\n\n' +
        '### Tool results\n\n- **time**: `c1`<br>\n    12\n    13\n    Failed: E: x\n\nNoon\n\n',
    );
  });

  test('has the schema, and an answer to it with line breaks', async () => {
    const shown = toMarkdown(await logged(turn(1, 'Hi', '{"a":1.0}'), { schema: { type: 'object' } }));
    expect(shown).toContain('## Schema\n\n```json\n{\n  "type": "object"\n}\n```\n\n');
    expect(shown).toContain('## Response\n\n```json\n{\n  "a": 1.0\n}\n```\n\n');
    const broken = toMarkdown(await logged(turn(1, 'Hi', '{"a":'), { schema: { type: 'object' } }));
    expect(broken).toContain('## Response\n\n{"a":\n\n');
  });

  test('cuts long texts when that is wanted', async () => {
    const one = await logged(turn(1, 'p'.repeat(101), 'r'.repeat(101)));
    expect(toMarkdown(one)).toContain('r'.repeat(101));
    expect(toMarkdown(one, { truncate: true })).toContain(
      `${'p'.repeat(97)}...\n\n## Response\n\n${'r'.repeat(97)}...\n`,
    );
  });

  test('says what is lost', async () => {
    const one = await logged(turn(1, 'Hi', 'Hello'));
    expect(toMarkdown({ ...one, prompt: [], missing: ['sha256:00'] })).toContain(
      'Lost: 1 of its messages\n\n## Prompt\n\n-- none --\n\n',
    );
  });
});

describe('the short form', () => {
  test('is an entry of a YAML list with the prompt in one line', async () => {
    const one = await logged(instructed(7, 'Be\n brief', ' a\n\n b: \u001b', 'Hello'), { thread: 'abc' });
    expect(parse(toShortForm(one))).toEqual([
      {
        model: 'm',
        datetime: '2026-03-04T05:06:07Z',
        conversation: 'abc',
        id: turnId(7),
        system: 'Be brief',
        prompt: 'a b: \u001b',
      },
    ]);
  });

  test('has the end, the schema, calls, and usage when that is wanted', async () => {
    const call: Part = { type: 'tool_call', name: 'time', arguments: {} };
    const json = turn(7, 'Hi', [call], { usage: { input: 1, output: 2 }, status: 'failed' });
    const one = await logged(json, { schema: { type: 'object' }, duration_ms: 3 });
    const schema = schemaId({ type: 'object' });
    expect((parse(toShortForm(one)) as unknown[])[0]).toEqual(
      expect.not.objectContaining({ usage: expect.anything() as unknown }),
    );
    expect((parse(toShortForm(one, { usage: true })) as unknown[])[0]).toMatchObject({
      ended: 'failed',
      schema,
      tool_calls: ['time'],
      duration_ms: 3,
      usage: { input: 1, output: 2 },
    });
  });
});

describe('a long text', () => {
  test('is cut to 100 characters, none of them halved', () => {
    expect(truncate('x'.repeat(100))).toBe('x'.repeat(100));
    expect(truncate('😀'.repeat(100))).toBe('😀'.repeat(100));
    expect(truncate('😀'.repeat(101))).toBe(`${'😀'.repeat(97)}...`);
    expect(truncate(`x${'😀'.repeat(150)}`)).toBe(`x${'😀'.repeat(96)}...`);
  });
});

describe('JSON with line breaks', () => {
  test('is what JSON.stringify makes of it', () => {
    const value = { a: [1, { b: 'c, "d": {' }], e: {}, f: [], g: [[]], h: null, 'i\\"': true };
    expect(indentJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(indentJson(JSON.stringify(value, null, 4))).toBe(JSON.stringify(value, null, 2));
    expect(indentJson('"a"')).toBe('"a"');
  });

  test('keeps numbers and strings as they are written', () => {
    expect(indentJson('[1.0,12345678901234567890,"\\u0041"]')).toBe(
      '[\n  1.0,\n  12345678901234567890,\n  "\\u0041"\n]',
    );
  });
});

describe('what answers with a schema say', () => {
  const schema = { type: 'object' };
  const with_ = (answer: string, options: AppendOptions = { schema, thread: 'abc' }) =>
    logged(turn(1, 'Hi', answer), options);

  test('is their JSON; nothing where it is none, or where there was no schema', async () => {
    expect(dataOf(await with_('{"a":1}'), '{"a":1}')).toEqual([{ a: 1 }]);
    expect(dataOf(await with_('{"a":'), '{"a":')).toEqual([]);
    expect(dataOf(await with_('{"a":1}', {}), '{"a":1}')).toEqual([]);
  });

  test('is the items of the array under a key, and the whole where it is not there', async () => {
    const one = await with_('x');
    expect(dataOf(one, '{"items":[{"a":1},{"a":2}]}', { key: 'items' })).toEqual([{ a: 1 }, { a: 2 }]);
    expect(dataOf(one, '{"others":[]}', { key: 'items' })).toEqual([{ others: [] }]);
    expect(dataOf(one, '{"others":[]}', { key: 'toString' })).toEqual([{ others: [] }]);
  });

  test('has the ids of turn and thread, under keys that are free', async () => {
    const one = await with_('x');
    const ids = { response_id: turnId(1), conversation_id: 'abc' };
    expect(dataOf(one, '{"a":1}', { ids: true })).toEqual([{ a: 1, ...ids }]);
    expect(dataOf(one, '{"response_id":7}', { ids: true })).toEqual([
      { response_id: 7, response_id_: turnId(1), conversation_id: 'abc' },
    ]);
    const [own] = dataOf(one, '{"__proto__":{"a":1}}', { ids: true });
    expect(JSON.stringify(own)).toContain('"__proto__":{"a":1}');
  });

  test('a schema is meant by the beginning of its id, or by what names one for a prompt', async () => {
    const log = createLog(memoryAdapter());
    await log.append(turn(1, 'Hi', '{}'), { schema: { type: 'object', title: 'T' } });
    const id = schemaId({ type: 'object', title: 'T' });
    expect(await findSchemaId(log, ' {"title":"T","type":"object"}')).toBe(id);
    expect(await findSchemaId(log, id.slice(0, 6))).toBe(id);
    expect(await findSchemaId(log, 'name, age int')).toMatch(/^[0-9a-f]{32}$/);
    await expect(findSchemaId(log, '00000000')).rejects.toThrow('"00000000" is no schema');
  });
});
