// What becomes of each kind of content block: text, thinking, calls, results, and those that are newer than this.
import type { JsonObject, JsonValue } from '../../values/json.ts';
import { isJsonObject } from '../shared/parts.ts';
import { GrowingPart, type Sink } from './parts.ts';
import { readable } from './readable.ts';
import type { Block, Delta } from './wire.ts';

/** A content block that has begun. */
export interface OpenBlock {
  take(delta: Delta): void;
  end(): void;
}

/** Begins a block. A block that is whole from its beginning, as in an answer that is not streamed, only has to end. */
export function openBlock(block: Block, sink: Sink): OpenBlock {
  const { type = '', name } = block;
  switch (type) {
    case 'text':
      return text(block, sink);
    case 'thinking':
      return thinking(block, sink);
    case 'redacted_thinking':
      return redacted(block, sink);
    case 'tool_use':
      return sink.answerTool !== undefined && name === sink.answerTool ? answer(block, sink) : call(block, sink);
    default:
      if (type.endsWith('_tool_use')) return call(block, sink);
      return type.endsWith('_tool_result') ? result(block, sink) : other(block, sink);
  }
}

function text(block: Block, sink: Sink): OpenBlock {
  let part: GrowingPart | undefined;
  const citations = Array.isArray(block.citations) ? [...(block.citations as readonly JsonValue[])] : [];
  function say(chunk: JsonValue | undefined): void {
    if (!isFilled(chunk)) return;
    part ??= new GrowingPart(sink, 'text');
    part.say(chunk);
  }
  say(block.text);
  return {
    take(delta) {
      if (delta.type === 'text_delta') say(delta.text);
      else if (delta.type === 'citations_delta' && delta.citation) citations.push(delta.citation);
    },
    end() {
      if (citations.length > 0) part?.keep({ citations });
      part?.end();
    },
  };
}

/** What is signed without being shown is a part that is redacted: its signature has to go back all the same. */
function thinking(block: Block, sink: Sink): OpenBlock {
  let part: GrowingPart | undefined;
  function say(chunk: JsonValue | undefined): void {
    if (!isFilled(chunk)) return;
    part ??= new GrowingPart(sink, 'reasoning');
    part.say(chunk);
  }
  function sign(signature: JsonValue | undefined): void {
    if (!isFilled(signature)) return;
    const isShown = part !== undefined;
    part ??= new GrowingPart(sink, 'reasoning');
    part.keep({ signature, ...(!isShown && { index: part.index }) }, { redacted: !isShown });
  }
  say(block.thinking);
  sign(block.signature);
  return {
    take(delta) {
      if (delta.type === 'thinking_delta') say(delta.thinking);
      else if (delta.type === 'signature_delta') sign(delta.signature);
    },
    end: () => part?.end(),
  };
}

/** A message has its redacted parts first; `index` says where the block stood among the others. */
function redacted({ type = '', data = '' }: Block, sink: Sink): OpenBlock {
  const part = new GrowingPart(sink, 'reasoning');
  part.keep({ type, data, index: part.index }, { redacted: true });
  return { take: ignore, end: () => part.end() };
}

/** A call for the client, or (`server_tool_use`, `mcp_tool_use`) one that the provider runs. */
function call({ type = '', id, name, input, ...more }: Block, sink: Sink): OpenBlock {
  const isServers = type !== 'tool_use';
  const called = typeof name === 'string' ? name : '';
  const index = sink.allocate();
  const marks = {
    // Compatible servers may leave the id out.
    tool_call_id: isFilled(id) ? id : `tc_${sink.responseId}_${index}`,
    ...(isServers && { server_executed: true as const }),
    ...(!isFilled(id) && { provider_metadata: { rxllm: { synthetic_id: true } } }),
  };
  const part = new GrowingPart(sink, 'tool_call_args', marks, index);
  sink.toolNames.set(marks.tool_call_id, called);
  // `caller`, `server_name` and the like go back with the call.
  const extras = { type, ...more } as JsonObject;
  part.name(called, isServers || Object.keys(more).length > 0 ? { block: extras } : {});
  let hasArguments = false;
  return {
    take({ type: kind, partial_json: json }) {
      if (kind !== 'input_json_delta' || !isFilled(json)) return;
      hasArguments = true;
      part.say(json);
    },
    end() {
      if (!hasArguments && isJsonObject(input) && Object.keys(input).length > 0) part.say(JSON.stringify(input));
      part.end();
    },
  };
}

/** The arguments of the tool that stands for a schema are what the model answers. */
function answer({ input }: Block, sink: Sink): OpenBlock {
  const part = new GrowingPart(sink, 'text');
  let hasText = false;
  return {
    take({ type, partial_json: json }) {
      if (type !== 'input_json_delta' || !isFilled(json)) return;
      hasText = true;
      part.say(json);
    },
    end() {
      if (!hasText) part.say(JSON.stringify(input ?? {}));
      part.end();
    },
  };
}

/** What a tool of the provider gave back: to be read, and the block as it has to go back. */
function result(block: Block, sink: Sink): OpenBlock {
  const { type = '', tool_use_id: id, content } = block;
  const called = isFilled(id) ? id : '';
  const part = new GrowingPart(sink, 'tool_result', {
    tool_name: sink.toolNames.get(called) ?? type.replace(/_tool_result$/, ''),
    ...(called && { tool_call_id: called }),
    server_executed: true,
  });
  part.keep({ block: block as JsonObject }, { chunk: readable(content) });
  return { take: ignore, end: () => part.end() };
}

/**
 * A compaction, a fallback to another model, a kind that is not known yet: something that the provider did by itself
 * and that has to go back where it stood. Emitted when it is whole.
 */
function other(begun: Block, sink: Sink): OpenBlock {
  const { type = '' } = begun;
  let block = begun;
  return {
    take({ type: kind, ...fields }) {
      // Its fields are the final ones, not more of them.
      if (kind === 'compaction_delta') block = { ...block, ...fields };
      else if (kind === 'text_delta' && typeof fields.text === 'string') {
        block = { ...block, text: typeof block.text === 'string' ? block.text + fields.text : fields.text };
      }
    },
    end() {
      const part = new GrowingPart(sink, 'tool_result', { tool_name: type, server_executed: true });
      const { type: _, ...said } = block as JsonObject;
      part.keep({ block: block as JsonObject }, { chunk: readable(said) });
      part.end();
    },
  };
}

function isFilled(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function ignore(): void {}
