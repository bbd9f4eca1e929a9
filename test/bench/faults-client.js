// Meets one fault with one contender, in a process of its own, and tells what its program comes to know. It reads the
// answer as the docs of the library show it for streamed text.
//
//     node faults-client.js CONTENDER '{"baseURL": …, "leaves": …, "limitMs": …, "retries": …, "deadlineMs": …}'
import { setTimeout as wait } from 'node:timers/promises';

const [, , contender, json] = process.argv;
const { baseURL, helloWorld, leaves, limitMs, retries, deadlineMs } = JSON.parse(json);
const model = 'm-1';
const apiKey = 'none';
const question = 'Hi';
const messages = [{ role: 'user', content: question }];
/** How long the process stays after the end: the server sees by then whether the connection closes. */
const lingerMs = 1300;

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
process.on('uncaughtException', (error) => unhandled.push(String(error)));

let text = '';
let leftAt;
/** What the library reports by a callback, and when. */
let told;
const tell = (by, error) => (told ??= { by, error, at: Date.now() });
/** Where a library may keep what has arrived. */
const holds = [];

/** Takes a piece of text; true when the reader is to leave now. */
function take(chunk, abort) {
  text += chunk;
  if (leaves === undefined || leftAt !== undefined || text !== helloWorld) return false;
  leftAt = Date.now();
  if (leaves === 'unsubscribe') return true;
  abort();
  return false;
}

const signalled = new AbortController();
const abort = () => signalled.abort();
const signal = leaves === 'abort' ? signalled.signal : undefined;

/**
 * Every contender loads its library, then gives a function that reads the answer. It throws what the library throws, or
 * returns the finish reason that it knows.
 */
const contenders = {
  async rxllm() {
    const { openaiChat } = await import('../../dist/src/providers/openai.js');
    const timeouts = { connectMs: limitMs, firstEventMs: limitMs, idleMs: limitMs, keepAliveMs: limitMs };
    const settings = {
      model,
      apiKey,
      baseUrl: baseURL,
      ...(limitMs && { timeouts }),
      ...(!retries && { maxRetries: 0 }),
    };
    const response = openaiChat(settings).prompt(question);
    return () =>
      new Promise((resolve, reject) => {
        let finish;
        const live = response.share();
        const subscription = live.subscribe({
          next(event) {
            if (event.type === 'finish') finish = event.raw_reason ?? event.reason;
            if (event.type === 'text' && take(event.chunk, () => live.abort())) {
              subscription.unsubscribe();
              resolve(undefined);
            }
          },
          error: reject,
          complete: () => resolve(finish),
        });
      });
  },

  async openai() {
    const { OpenAI } = await import('openai');
    const client = new OpenAI({
      apiKey,
      baseURL,
      ...(limitMs && { timeout: limitMs }),
      ...(!retries && { maxRetries: 0 }),
    });
    return async () => {
      let finish;
      const stream = await client.chat.completions.create(
        { model, stream: true, messages },
        { ...(signal && { signal }) },
      );
      for await (const chunk of stream) {
        finish = chunk.choices[0]?.finish_reason ?? finish;
        if (take(chunk.choices[0]?.delta.content ?? '', abort)) break;
      }
      return finish;
    };
  },

  async openaiHelper() {
    const { OpenAI } = await import('openai');
    const client = new OpenAI({
      apiKey,
      baseURL,
      ...(limitMs && { timeout: limitMs }),
      ...(!retries && { maxRetries: 0 }),
    });
    return async () => {
      let finish;
      const stream = client.chat.completions.stream({ model, messages });
      holds.push(() => stream.currentChatCompletionSnapshot);
      for await (const chunk of stream) {
        finish = chunk.choices[0]?.finish_reason ?? finish;
        if (take(chunk.choices[0]?.delta.content ?? '', () => stream.abort())) return finish;
      }
      return (await stream.finalChatCompletion()).choices[0]?.finish_reason;
    };
  },

  async ai() {
    const { streamText } = await import('ai');
    const { createOpenAI } = await import('@ai-sdk/openai');
    const chat = createOpenAI({ apiKey, baseURL }).chat(model);
    return async () => {
      let finish;
      const result = streamText({
        model: chat,
        prompt: question,
        onError: ({ error }) => tell('onError', error),
        onAbort(event) {
          tell('onAbort');
          holds.push(() => event);
        },
        onFinish(event) {
          finish = event.finishReason;
          holds.push(() => event);
        },
        ...(signal && { abortSignal: signal }),
        ...(limitMs && { abortSignal: AbortSignal.timeout(limitMs) }),
        ...(!retries && { maxRetries: 0 }),
      });
      holds.push(
        () => result.text,
        () => result.steps,
      );
      for await (const chunk of result.textStream) if (take(chunk, abort)) return undefined;
      return finish;
    };
  },

  async langchain() {
    const { ChatOpenAI } = await import('@langchain/openai');
    const settings = { ...(limitMs && { timeout: limitMs }), ...(!retries && { maxRetries: 0 }) };
    const chat = new ChatOpenAI({ model, apiKey, configuration: { baseURL }, ...settings });
    return async () => {
      let finish;
      for await (const chunk of await chat.stream(question, { ...(signal && { signal }) })) {
        finish = chunk.response_metadata.finish_reason ?? finish;
        if (take(chunk.text, abort)) break;
      }
      return finish;
    };
  },
};

/** Whether the text stands anywhere in a value: in an error, for one, or in what belongs to it. */
function has(value, depth = 0, known = new Set()) {
  if (typeof value === 'string') return value.includes(helloWorld);
  if (typeof value !== 'object' || value === null || depth > 8 || known.has(value)) return false;
  known.add(value);
  return Reflect.ownKeys(value).some((key) => {
    const { value: own } = Reflect.getOwnPropertyDescriptor(value, key);
    return has(own, depth + 1, known);
  });
}

/** What a program can tell an error by. */
function identity(error) {
  const { constructor, name, code, type, status, statusCode } = Object(error);
  return {
    // Bundlers put a line before the name of a class that refers to itself.
    ...(error instanceof Error && { class: constructor.name.replace(/^_/, '') }),
    name,
    ...(typeof code === 'string' && { code }),
    type,
    status: status ?? statusCode,
    causeCode: codeOf(error?.cause),
  };
}

/** The first code of a cause, or of its cause. */
function codeOf(error) {
  if (!(error instanceof Error)) return undefined;
  return typeof error.code === 'string' ? error.code : codeOf(error.cause);
}

const read = await contenders[contender]();
const startedAt = Date.now();
const late = Symbol('late');
let finish;
try {
  finish = await Promise.race([read(), wait(deadlineMs, late)]);
} catch (error) {
  told = { by: 'throw', error, at: Date.now() };
}
const endedAt = Date.now();
holds.push(() => told?.error);
// Promises that a library leaves open do not count as text at hand.
const held = await Promise.all(
  holds.map(async (get) => {
    try {
      return has(await Promise.race([get(), wait(500)]));
    } catch (error) {
      return has(error);
    }
  }),
);
await wait(lingerMs);
process.send(
  {
    waits: finish === late,
    ...(typeof finish === 'string' && { finish }),
    text,
    ...(told && { by: told.by, toldMs: told.at - startedAt }),
    ...(told?.error !== undefined && { error: identity(told.error) }),
    isHeld: held.includes(true),
    ms: endedAt - startedAt,
    endedAt: leftAt ?? endedAt,
    unhandled,
  },
  () => process.exit(0),
);
