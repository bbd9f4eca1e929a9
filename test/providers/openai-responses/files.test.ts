// Attachments in requests, and the results of each kind of call.
import { assistant, attachment, toolMessage, user, type JsonObject } from 'rxllm';
import { call, encoded, own, result, sent, useServer } from './sent.ts';

useServer();

const png = attachment({ content: 'iVBORw0KGgoAAAA=' });
const pngUrl = 'data:image/png;base64,iVBORw0KGgoAAAA=';
const wirePng = { type: 'input_image', image_url: pngUrl };

describe('attachments', () => {
  test('stand in their places among the text', async () => {
    expect(await encoded([user('a', png, 'b')])).toEqual([
      {
        role: 'user',
        content: [{ type: 'input_text', text: 'a' }, wirePng, { type: 'input_text', text: 'b' }],
      },
    ]);
  });

  test.each([
    [{ url: 'https://x.y/a.jpg' }, { type: 'input_image', image_url: 'https://x.y/a.jpg' }],
    [{ url: pngUrl }, wirePng],
    [{ url: 'https://x.y/a.pdf' }, { type: 'input_file', file_url: 'https://x.y/a.pdf' }],
    [
      { url: 'https://x.y/a', type: 'text/csv' },
      { type: 'input_file', file_url: 'https://x.y/a' },
    ],
    [
      { content: 'JVBERi0=' },
      { type: 'input_file', filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
    ],
    [
      { content: 'YQ==', type: 'text/plain' },
      { type: 'input_file', filename: 'document.txt', file_data: 'data:text/plain;base64,YQ==' },
    ],
    [
      { content: 'YQ==', type: 'text/csv; charset=utf-8' },
      { type: 'input_file', filename: 'document.csv', file_data: 'data:text/csv; charset=utf-8;base64,YQ==' },
    ],
    [
      { content: 'YQ==', type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' },
      { filename: 'document.docx' },
    ],
  ])('%j are sent', async (given, wanted) => {
    const [item] = await encoded([user(attachment(given))]);
    expect((item!.content as unknown[])[0]).toMatchObject(wanted);
  });

  test('that are images have the detail that is asked for', async () => {
    const { json } = await sent({ messages: [user(png)], options: { image_detail: 'high' } });
    expect(json.input).toMatchObject([{ content: [{ ...wirePng, detail: 'high' }] }, {}]);
    expect(json).not.toHaveProperty('image_detail');
  });

  test.each([
    [{ content: 'UklGRgAAAABXQVZF', type: 'audio/wav' }, /no place for an attachment of type "audio\/wav"/],
    [{ url: 'https://x.y/a' }, /whose type is not known; give its `type`/],
    [{ url: 'data:text/plain,a' }, /give its bytes as `content`/],
    [{ url: 'file:///a.png' }, /by a URL that begins with "file:"/],
    [{ path: '/a.png' }, /at path "\/a.png" cannot be sent/],
  ])('%j are refused', async (given, message) => {
    await expect(encoded([user(attachment(given))])).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a result', () => {
  /** The item of the result of a call that came as this item. */
  async function resultOf(item: JsonObject, output: string, more: object = {}): Promise<JsonObject | undefined> {
    const history = [
      assistant(call('t', 'a', own({ item: { call_id: 'a', ...item } }))),
      toolMessage({ ...result('t', output, 'a'), ...more }),
    ];
    return (await encoded(history)).at(-1);
  }

  test('has its files with it', async () => {
    const files = { attachments: [{ content: 'iVBORw0KGgoAAAA=' }, { url: 'https://x.y/a.pdf' }] };
    const pdf = { type: 'input_file', file_url: 'https://x.y/a.pdf' };
    const history = [assistant(call('f', 'a')), toolMessage({ ...result('f', 'see', 'a'), ...files })];
    expect((await encoded(history)).at(-1)).toEqual({
      type: 'function_call_output',
      call_id: 'a',
      output: [{ type: 'input_text', text: 'see' }, wirePng, pdf],
    });
    expect(await resultOf({ type: 'custom_tool_call' }, '', files)).toEqual({
      type: 'custom_tool_call_output',
      call_id: 'a',
      output: [wirePng, pdf],
    });
  });

  test('of a call that is no function is of the type of the call, which goes back as it came', async () => {
    const item = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'a', name: 'sql', input: 'select 1' };
    const history = [
      assistant(call('sql', 'a', { arguments: { input: 'select 1' }, ...own({ item }) })),
      toolMessage(result('sql', '1', 'a')),
    ];
    expect(await encoded(history)).toEqual([item, { type: 'custom_tool_call_output', call_id: 'a', output: '1' }]);
  });

  test('has the id of its call, also where that is too long for the protocol', async () => {
    const id = 'x'.repeat(65);
    const item = { type: 'custom_tool_call', call_id: id, name: 'sql', input: '' };
    const history = [assistant(call('sql', id, own({ item }))), toolMessage(result('sql', '1', id))];
    expect(await encoded(history)).toEqual([
      { ...item, call_id: 'call00001' },
      { type: 'custom_tool_call_output', call_id: 'call00001', output: '1' },
    ]);
  });

  test('of a shell is what was printed, or what the tool says in the words of the protocol', async () => {
    const shell = { type: 'shell_call', action: { commands: ['ls'], max_output_length: 10 } };
    const printed = { stdout: 'a.txt', stderr: '', outcome: { type: 'exit', exit_code: 0 } };
    const wire = { type: 'shell_call_output', call_id: 'a', max_output_length: 10 };
    expect(await resultOf(shell, 'a.txt')).toEqual({ ...wire, output: [printed] });
    expect(await resultOf(shell, JSON.stringify([printed]))).toEqual({ ...wire, output: [printed] });
    expect(await resultOf(shell, JSON.stringify({ output: [printed] }))).toEqual({ ...wire, output: [printed] });
    expect(await resultOf(shell, '', { exception: 'Error: no' })).toEqual({
      ...wire,
      output: [{ stdout: '', stderr: 'Error: no', outcome: { type: 'exit', exit_code: 1 } }],
    });
    expect(await resultOf({ type: 'local_shell_call' }, 'a.txt')).toEqual({
      type: 'local_shell_call_output',
      call_id: 'a',
      output: 'a.txt',
    });
  });

  test('of a patch says whether it failed', async () => {
    const wire = { type: 'apply_patch_call_output', call_id: 'a' };
    expect(await resultOf({ type: 'apply_patch_call' }, '')).toEqual({ ...wire, status: 'completed' });
    expect(await resultOf({ type: 'apply_patch_call' }, '', { exception: 'Error: no' })).toEqual({
      ...wire,
      status: 'failed',
      output: 'Error: no',
    });
  });

  test('of a search for tools is a list of tools', async () => {
    const tools = [{ type: 'function', name: 'f' }];
    const wire = { type: 'tool_search_output', call_id: 'a', execution: 'client', status: 'completed' };
    expect(await resultOf({ type: 'tool_search_call' }, JSON.stringify(tools))).toEqual({ ...wire, tools });
    expect(await resultOf({ type: 'tool_search_call' }, JSON.stringify({ tools }))).toEqual({ ...wire, tools });
    expect(await resultOf({ type: 'tool_search_call' }, 'none')).toEqual({ ...wire, tools: [] });
  });

  test('of a computer is a screenshot', async () => {
    const wire = { type: 'computer_call_output', call_id: 'a' };
    const output = { type: 'computer_screenshot', image_url: pngUrl };
    const computer = { type: 'computer_call' };
    expect(await resultOf(computer, '', { attachments: [{ content: 'iVBORw0KGgoAAAA=' }] })).toEqual({
      ...wire,
      output,
    });
    expect(await resultOf(computer, pngUrl)).toEqual({ ...wire, output });
    const checks = [{ id: 'cu_sc_1' }];
    expect(await resultOf(computer, JSON.stringify({ image_url: pngUrl, acknowledged_safety_checks: checks }))).toEqual(
      { ...wire, output, acknowledged_safety_checks: checks },
    );
    expect(await resultOf(computer, '{"file_id":"file-1"}')).toEqual({
      ...wire,
      output: { type: 'computer_screenshot', file_id: 'file-1' },
    });
    await expect(resultOf(computer, 'done')).rejects.toMatchObject({ code: 'unsupported' });
  });
});
