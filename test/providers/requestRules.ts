// What each provider refuses in a request, as far as its documentation says so: for requests that hold what another
// provider said. Each rule gives the complaints that it has.

type Json = Readonly<Record<string, unknown>>;
export type Rules = (body: Json) => readonly string[];

/** Chat Completions: every call is answered by `tool` messages before anything else is said. */
export const openaiChatRules: Rules = ({ messages }) => {
  const complaints: string[] = [];
  let open = new Set<unknown>();
  for (const message of list(messages)) {
    const { role, content, refusal, tool_calls: calls, tool_call_id: id } = message;
    if (!['system', 'developer', 'user', 'assistant', 'tool'].includes(role as string)) {
      complaints.push(`role ${String(role)}`);
    }
    if (role === 'tool') {
      if (!open.delete(id)) complaints.push(`a result for ${String(id)}, which waits for none`);
    } else if (open.size > 0) complaints.push(`${[...open].join()} has no result`);
    if (role === 'assistant') {
      open = new Set(list(calls).map((call) => call.id));
      if (open.size !== list(calls).length) complaints.push('an id twice');
      for (const { id: callId, function: called } of list(calls)) {
        if (!isText(callId) || callId.length > 40) complaints.push(`id ${String(callId)}`);
        if (typeof (called as Json).arguments !== 'string') complaints.push('arguments that are no string');
      }
      if (content === null && !isText(refusal) && list(calls).length === 0)
        complaints.push('an empty assistant message');
    }
    if (content === '' && role !== 'tool') complaints.push('empty content');
  }
  if (open.size > 0) complaints.push(`${[...open].join()} has no result`);
  return complaints;
};

/** Responses: outputs belong to calls, and what was not stored can only be sent back encrypted. */
export const openaiResponsesRules: Rules = ({ input, store }) => {
  const complaints: string[] = store === false ? [] : ['it is stored'];
  const open = new Set<unknown>();
  for (const item of list(input)) {
    const { type = 'message', role, call_id: id, content } = item;
    if (type === 'reasoning' && !isText(item.encrypted_content)) complaints.push('reasoning that is not encrypted');
    if (type === 'function_call') {
      open.add(id);
      if (!isText(id) || id.length > 64) complaints.push(`call_id ${String(id)}`);
      if (typeof item.arguments !== 'string') complaints.push('arguments that are no string');
    }
    if (type === 'function_call_output' && !open.delete(id)) complaints.push(`an output for ${String(id)}`);
    if (type !== 'message') continue;
    if (typeof content === 'string' ? content === '' : list(content).length === 0) complaints.push('an empty message');
    const allowed = role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file'];
    for (const part of typeof content === 'string' ? [] : list(content)) {
      if (!allowed.includes(part.type as string)) complaints.push(`${String(part.type)} of ${String(role)}`);
    }
  }
  if (open.size > 0) complaints.push(`${[...open].join()} has no output`);
  return complaints;
};

/** Messages: turns alternate, results come first in the turn after their calls, thinking is signed and comes first. */
export const anthropicRules: Rules = ({ messages, max_tokens: max, thinking, system }) => {
  const complaints: string[] = [];
  if (!Number.isInteger(max) || Number(max) < 1) complaints.push(`max_tokens ${String(max)}`);
  if (system === '') complaints.push('an empty system');
  let before = '';
  let open: unknown[] = [];
  for (const { role, content } of list(messages)) {
    if (role !== 'user' && role !== 'assistant') complaints.push(`role ${String(role)}`);
    if (role === before) complaints.push(`two turns of ${role}`);
    if (before === '' && role !== 'user') complaints.push('the first turn is not of the user');
    before = String(role);
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : list(content);
    if (blocks.length === 0) complaints.push('an empty turn');
    const results = blocks.filter((block) => block.type === 'tool_result').map((block) => block.tool_use_id);
    if (!isSameSet(results, open)) {
      complaints.push(`results for ${results.join()} after calls ${open.join()}`);
    }
    if (blocks.slice(0, results.length).some((block) => block.type !== 'tool_result')) {
      complaints.push('something before the results');
    }
    open = blocks.filter((block) => block.type === 'tool_use').map((block) => block.id);
    for (const block of blocks) {
      if (block.type === 'text' && !/\S/.test(String(block.text))) complaints.push('empty text');
      if (block.type === 'thinking' && !isText(block.signature)) complaints.push('thinking without a signature');
      if (block.type === 'tool_use' && !/^[a-zA-Z0-9_-]{1,64}$/.test(String(block.id))) {
        complaints.push(`id ${String(block.id)}`);
      }
      if (block.type === 'tool_use' && !isRecord(block.input)) complaints.push('input that is no object');
    }
    const isThought = (block: Json) => String(block.type).endsWith('thinking');
    if (thinking && blocks.some(isThought) && !isThought(blocks[0]!)) complaints.push('thinking that is not first');
  }
  if (before !== 'user') complaints.push('the last turn is not of the user');
  return complaints;
};

/** Gemini: turns alternate, and a turn with calls is followed by as many responses with the same names. */
export const geminiRules: Rules = ({ contents }) => {
  const complaints: string[] = [];
  let before = '';
  let open: unknown[] = [];
  for (const { role, parts } of list(contents)) {
    if (role !== 'user' && role !== 'model') complaints.push(`role ${String(role)}`);
    if (role === before) complaints.push(`two turns of ${role}`);
    before = String(role);
    if (list(parts).length === 0) complaints.push('an empty turn');
    const named = (key: string) => list(parts).flatMap(({ [key]: value }) => (isRecord(value) ? [value.name] : []));
    if (named('functionResponse').join() !== open.join()) {
      complaints.push(`responses ${named('functionResponse').join()} after calls ${open.join()}`);
    }
    open = named('functionCall');
    for (const { text, functionCall, functionResponse, thoughtSignature } of list(parts)) {
      if (text === '' && thoughtSignature === undefined) complaints.push('empty text');
      if (isRecord(functionCall) && !isRecord(functionCall.args)) complaints.push('args that are no object');
      if (isRecord(functionResponse) && !isRecord(functionResponse.response))
        complaints.push('a response that is no object');
    }
  }
  if (list(contents)[0]?.role !== 'user' || before !== 'user') complaints.push('the user does not begin and end');
  return complaints;
};

/** Ollama: arguments are objects, images are base64 without a prefix. */
export const ollamaRules: Rules = ({ messages }) =>
  list(messages).flatMap(({ role, content, images, tool_calls: calls, tool_name: tool }) => [
    ...(['system', 'user', 'assistant', 'tool'].includes(role as string) ? [] : [`role ${String(role)}`]),
    ...(typeof content === 'string' ? [] : ['content that is no string']),
    ...((images ?? []) as readonly unknown[]).flatMap((image) =>
      isText(image) && /^[A-Za-z0-9+/]+=*$/.test(image) ? [] : ['an image that is not base64'],
    ),
    ...list(calls).flatMap(({ function: called }) =>
      isRecord(called) && isRecord(called.arguments) ? [] : ['arguments that are no object'],
    ),
    ...(role === 'tool' && !isText(tool) ? ['a result without tool_name'] : []),
  ]);

function isSameSet(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
