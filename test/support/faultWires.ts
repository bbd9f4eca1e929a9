// What each provider sends for the same short answer, written by hand: the pieces from which faults are put together.

/** The bytes of one protocol. All pieces are whole events or lines. */
export interface Wire {
  readonly contentType: string;
  /** What comes before the text. */
  readonly opening: string;
  text(chunk: string): string;
  /** What comes after the text, up to the end. */
  closing(text: string): string;
  /** Says nothing, and keeps the connection alive. */
  readonly signOfLife: string;
  /** The provider breaks off: it is overloaded or broken, as it says so in mid stream. */
  readonly error: string;
  /** The body of a response with such a status. */
  refusal(status: number): string;
  /** What of the usage is told before the text is complete. */
  readonly usage?: { readonly input: number };
}

type Fields = Readonly<Record<string, unknown>>;

const sse = (data: Fields) => `data: ${JSON.stringify(data)}\n\n`;

function chatChunk(delta: Fields, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason }];
  return sse({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm-1', choices });
}

const openAIRefusal = (status: number) =>
  JSON.stringify({ error: { message: `no luck (${status})`, type: 'some_error', param: null, code: null } });

export const chatWire: Wire = {
  contentType: 'text/event-stream; charset=utf-8',
  opening: chatChunk({ role: 'assistant', content: '' }),
  text: (content) => chatChunk({ content }),
  closing: () =>
    chatChunk({}, 'stop') +
    sse({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm-1',
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14 },
    }) +
    'data: [DONE]\n\n',
  signOfLife: ': keep-alive\n\n',
  error: sse({
    error: { message: 'The server had an error', type: 'server_error', param: null, code: null },
  }),
  refusal: openAIRefusal,
};

const named = ({ type, ...fields }: Fields & { readonly type: string }) =>
  `event: ${type}\n${sse({ type, ...fields })}`;

const item = { id: 'msg_1', type: 'message', role: 'assistant' };
const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };

function responseObject(status: string, fields: Fields): Fields {
  return { id: 'resp_1', object: 'response', created_at: 1, model: 'm-1', status, ...fields };
}

export const responsesWire: Wire = {
  contentType: 'text/event-stream; charset=utf-8',
  opening:
    named({ type: 'response.created', response: responseObject('in_progress', { output: [] }) }) +
    named({
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    }) +
    named({
      type: 'response.content_part.added',
      ...place,
      part: { type: 'output_text', text: '', annotations: [] },
    }),
  text: (delta) => named({ type: 'response.output_text.delta', ...place, delta }),
  closing(text) {
    const part = { type: 'output_text', text, annotations: [] };
    const whole = { ...item, status: 'completed', content: [part] };
    const usage = { input_tokens: 12, output_tokens: 2, total_tokens: 14 };
    return (
      named({ type: 'response.output_text.done', ...place, text }) +
      named({ type: 'response.content_part.done', ...place, part }) +
      named({ type: 'response.output_item.done', output_index: 0, item: whole }) +
      named({ type: 'response.completed', response: responseObject('completed', { output: [whole], usage }) })
    );
  },
  signOfLife: ': keep-alive\n\n',
  error: named({ type: 'error', code: 'server_error', message: 'The server had an error', param: null }),
  refusal: openAIRefusal,
};

export const messagesWire: Wire = {
  contentType: 'text/event-stream; charset=utf-8',
  opening:
    named({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm-1',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 12, output_tokens: 1 },
      },
    }) + named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  text: (text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  closing: () =>
    named({ type: 'content_block_stop', index: 0 }) +
    named({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 2 },
    }) +
    named({ type: 'message_stop' }),
  signOfLife: named({ type: 'ping' }),
  error: named({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
  refusal: (status) =>
    JSON.stringify({ type: 'error', error: { type: 'some_error', message: `no luck (${status})` }, request_id: 'r' }),
  usage: { input: 12 },
};

function geminiChunk(text: string, usage: Fields, more: Fields = {}): string {
  const candidates = [{ content: { parts: [{ text }], role: 'model' }, index: 0, ...more }];
  const usageMetadata = { promptTokenCount: 12, ...usage };
  // Google ends its lines so.
  return `data: ${JSON.stringify({ candidates, usageMetadata, modelVersion: 'm-1', responseId: 'r-1' })}\r\n\r\n`;
}

export const geminiWire: Wire = {
  contentType: 'text/event-stream',
  opening: '',
  text: (chunk) => geminiChunk(chunk, { totalTokenCount: 12 }),
  closing: () => geminiChunk('', { candidatesTokenCount: 2, totalTokenCount: 14 }, { finishReason: 'STOP' }),
  signOfLife: ': keep-alive\r\n\r\n',
  // Without the framing of an event, as Google sends it.
  error: `${JSON.stringify({ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }, null, 2)}\r\n\r\n`,
  refusal: (status) =>
    JSON.stringify({ error: { code: status, message: `no luck (${status})`, status: 'SOME_ERROR' } }),
  usage: { input: 12 },
};

function ollamaLine(fields: Fields): string {
  return `${JSON.stringify({ model: 'm-1', created_at: '2025-01-01T00:00:00Z', ...fields })}\n`;
}

export const ollamaWire: Wire = {
  contentType: 'application/x-ndjson',
  opening: '',
  text: (content) => ollamaLine({ message: { role: 'assistant', content }, done: false }),
  closing: () =>
    ollamaLine({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 12,
      eval_count: 2,
    }),
  signOfLife: '\n',
  error: `${JSON.stringify({ error: 'an error was encountered while running the model' })}\n`,
  refusal: (status) => JSON.stringify({ error: `no luck (${status})` }),
};
