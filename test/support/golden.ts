// The golden cases of Python llm: where they are, and how their steps become events.
import fs from 'node:fs';
import path from 'node:path';
import {
  attachment,
  toolOutput,
  type Attachment,
  type Message,
  type Part,
  type PromptOptions,
  type StreamEvent,
  type Tool,
  type ToolCallPart,
  type ToolResultPart,
  type Usage,
} from 'rxllm';
import { corpusPath } from './needs.ts';

export type Step = string | StreamEvent | { readonly add_tool_call: Omit<ToolCallPart, 'type'> };

export interface AssemblyCase {
  readonly name: string;
  readonly about: string;
  readonly events: readonly Step[];
  readonly part_indexes: readonly number[];
  readonly text_chunks: readonly string[];
  readonly text: string;
  readonly messages?: readonly Message[];
  readonly error?: unknown;
}

export type BuilderArgument =
  | string
  | null
  | readonly BuilderArgument[]
  | { readonly attachment: Attachment }
  | { readonly part: Part }
  | { readonly message: Message };

export interface BuilderCase {
  readonly name: string;
  readonly about: string;
  readonly kind: 'builder' | 'from_dict';
  readonly builder?: 'user' | 'assistant' | 'system' | 'tool_message';
  readonly args?: readonly BuilderArgument[];
  readonly provider_metadata?: Message['provider_metadata'] | null;
  readonly input?: unknown;
  readonly message?: Message;
  readonly error?: unknown;
}

export interface TurnArguments {
  readonly prompt?: string;
  readonly system?: string;
  readonly messages?: readonly Message[];
  readonly attachments?: readonly Attachment[];
  readonly fragments?: readonly string[];
  readonly system_fragments?: readonly string[];
  readonly options?: Record<string, never>;
  readonly hide_reasoning?: boolean;
  readonly tool_results?: readonly GoldenResult[];
  readonly tools?: readonly string[];
}

export type GoldenResult = Omit<ToolResultPart, 'type' | 'exception'> & {
  readonly exception?: { readonly type: string; readonly message: string };
};

export interface ResponseCase {
  readonly name: string;
  readonly about: string;
  readonly tools?: Readonly<Record<string, GoldenTool>>;
  readonly turns: readonly {
    readonly via: 'model.prompt' | 'conversation.prompt' | 'reply' | 'reload+reply';
    readonly args: TurnArguments;
    readonly output: { readonly events: readonly Step[]; readonly usage?: Usage };
    readonly response: unknown;
  }[];
  readonly text: string;
  readonly reply_messages: unknown;
  readonly reloaded: object;
  readonly reloaded_text: string;
  readonly reloaded_tool_calls: readonly Omit<ToolCallPart, 'type'>[];
  readonly reloaded_reply_messages: unknown;
}

export interface GoldenTool {
  readonly description?: string;
  readonly input_schema?: Record<string, never>;
  readonly returns?: unknown;
  readonly attachments?: readonly Attachment[];
  readonly raises?: { readonly type: string; readonly message: string };
}

export interface ChainCase {
  readonly name: string;
  readonly about: string;
  readonly tools?: Readonly<Record<string, GoldenTool & { readonly pauses?: unknown }>>;
  readonly via: 'model.chain' | 'conversation.chain';
  readonly args: TurnArguments & { readonly chain_limit?: number };
  readonly outputs: readonly { readonly events: readonly Step[]; readonly usage?: Usage }[];
  readonly hooks?: { readonly cancel?: Readonly<Record<string, string>> };
  readonly expect: {
    readonly text_chunks: readonly string[];
    readonly text: string;
    readonly events: readonly (readonly [string, string])[];
    readonly model_calls: number;
    readonly executed: readonly { readonly name: string; readonly arguments: unknown }[];
    readonly hooks: readonly (readonly (string | null)[])[];
    readonly responses: readonly unknown[];
    readonly error?: { readonly message: string };
  };
}

/** All cases of a folder as `[folder/number: name, case]`, for `test.each`. */
export function goldenCases<Case extends { readonly name: string }>(folder: string): [string, Case][] {
  const at = corpusPath('llm-wire', folder);
  return fs.readdirSync(at).map((file) => {
    const found = JSON.parse(fs.readFileSync(path.join(at, file), 'utf8')) as Case;
    return [`${folder}/${path.basename(file, '.json')}: ${found.name}`, found];
  });
}

/**
 * The events of a scripted model. A call that Python registers without streaming it becomes a name and an args event
 * after all others, in the last message and in a part of its own; one that was streamed is dropped.
 */
export function toEvents(steps: readonly Step[]): (StreamEvent | string)[] {
  const events = steps.filter((step): step is StreamEvent | string => typeof step === 'string' || 'type' in step);
  const streamed = new Set(events.map((event) => (isCall(event) ? event.tool_call_id : undefined)));
  const seen = new Set(
    events.map((event) => (typeof event === 'object' && 'message_index' in event && event.message_index) || 0),
  );
  const message_index = [...seen].at(-1) ?? 0;
  const added = steps.flatMap((step) =>
    typeof step === 'object' && 'add_tool_call' in step ? [step.add_tool_call] : [],
  );
  return [
    ...events,
    ...added
      .filter(({ tool_call_id }) => !tool_call_id || !streamed.has(tool_call_id))
      .flatMap(({ name, arguments: args, tool_call_id = '' }, index): StreamEvent[] => {
        const id = tool_call_id || `tc_${String(index).padStart(26, '0')}`;
        const common = { part_index: 1000 + index, message_index, tool_call_id: id };
        return [
          { type: 'tool_call_name', chunk: name, ...common },
          { type: 'tool_call_args', chunk: JSON.stringify(args), ...common },
        ];
      }),
  ];
}

function isCall(event: StreamEvent | string) {
  return typeof event === 'object' && (event.type === 'tool_call_name' || event.type === 'tool_call_args');
}

/** The options of a prompt with these arguments. */
export function toOptions(args: TurnArguments, tools: ResponseCase['tools'] = {}): PromptOptions & { prompt?: string } {
  const { attachments, system_fragments, tool_results, hide_reasoning, tools: names, ...same } = args;
  return {
    ...same,
    ...(attachments && { attachments: attachments.map((one) => attachment(one)) }),
    ...(system_fragments && { systemFragments: system_fragments }),
    ...(tool_results && { toolResults: tool_results.map(worded) }),
    ...(hide_reasoning !== undefined && { hideReasoning: hide_reasoning }),
    ...(names && { tools: names.map((name) => toTool(name, tools[name]!)) }),
  };
}

// Python renders an exception when the result becomes a message; here it is text from the start.
function worded({ exception, ...result }: GoldenResult): Omit<ToolResultPart, 'type'> {
  return { ...result, ...(exception && { exception: `${exception.type}: ${exception.message}` }) };
}

function toTool(name: string, { description, input_schema, returns, attachments, raises }: GoldenTool): Tool {
  return {
    name,
    ...(description && { description }),
    ...(input_schema && { input_schema }),
    run() {
      if (raises) throw Object.assign(new Error(raises.message), { name: raises.type });
      return attachments ? toolOutput(returns, { attachments: attachments.map((one) => attachment(one)) }) : returns;
    },
  };
}

/** Compares, a placeholder standing for the same value wherever it stands in the case. */
export function samePlaceholders(): (actual: unknown, expected: unknown) => void {
  const valueOf = new Map<string, unknown>();
  const forms: Record<string, RegExp> = {
    tc: /^tc_[0-9a-z]{26}$/,
    response: /^[0-9a-z]{26}$/,
    datetime_utc: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/,
  };
  const fill = (expected: unknown, actual: unknown, key = ''): unknown => {
    if (typeof expected === 'string') {
      const [placeholder, form] = /^<(tc|response|datetime_utc)(?:-\d+)?>$/.exec(expected) ?? [];
      if (placeholder === undefined || form === undefined)
        return key === 'exception' || key === 'output' ? loosely(expected, actual) : expected;
      expect(actual).toMatch(forms[form]!);
      if (form === 'datetime_utc') return actual;
      if (!valueOf.has(placeholder)) valueOf.set(placeholder, actual);
      return valueOf.get(placeholder);
    }
    if (Array.isArray(expected))
      return expected.map((item, index) => fill(item, (actual as unknown[] | undefined)?.[index]));
    if (typeof expected !== 'object' || expected === null) return expected;
    return Object.fromEntries(
      Object.entries(expected)
        .filter(([name]) => name !== 'tool_calls')
        .map(([name, value]) => [name, fill(value, (actual as Record<string, unknown> | undefined)?.[name], name)]),
    );
  };
  return (actual, expected) => {
    const plain: unknown = JSON.parse(JSON.stringify(actual));
    expect(plain).toEqual(fill(expected, plain));
  };
}

// Python words the exception of an unknown tool its own way, and puts spaces into JSON.
function loosely(expected: string, actual: unknown): unknown {
  if (expected.startsWith('KeyError: ') && typeof actual === 'string') return actual;
  try {
    return JSON.stringify(JSON.parse(expected)) === actual ? actual : expected;
  } catch {
    return expected;
  }
}
