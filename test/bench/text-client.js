// Reads one streamed answer with one contender and prints the CPU time and peak memory that it took. A fresh process each.
//
//     node text-client.js CONTENDER URL N
import { performance } from 'node:perf_hooks';

const [, , contender, base, count] = process.argv;
const n = Number(count);
const question = 'Hi';

/** Every contender loads its library, then gives a function that reads the whole answer and returns its text. */
const contenders = {
  // fetch + eventsource-parser + JSON.parse + concatenation: what nobody who streams a chat can do without.
  async floor() {
    const { createParser } = await import('eventsource-parser');
    return async () => {
      const body = JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: question }] });
      const response = await fetch(`${base}/chat/completions`, { method: 'POST', body });
      const decoder = new TextDecoder();
      let text = '';
      const parser = createParser({
        onEvent({ data }) {
          if (data !== '[DONE]') text += JSON.parse(data).choices[0]?.delta.content ?? '';
        },
      });
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return text;
        parser.feed(decoder.decode(value, { stream: true }));
      }
    };
  },

  // The floor, its events through a bare Observable with filter and map.
  async rxjs() {
    const { createParser } = await import('eventsource-parser');
    const { filter, map, Observable } = await import('rxjs');
    return async () => {
      const body = JSON.stringify({ model: 'bench', stream: true, messages: [{ role: 'user', content: question }] });
      const response = await fetch(`${base}/chat/completions`, { method: 'POST', body });
      const events$ = new Observable((subscriber) => {
        const decoder = new TextDecoder();
        const parser = createParser({ onEvent: (event) => subscriber.next(event) });
        const reader = response.body.getReader();
        const read = async () => {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) return subscriber.complete();
            parser.feed(decoder.decode(value, { stream: true }));
          }
        };
        void read();
      });
      let text = '';
      await events$
        .pipe(
          filter(({ data }) => data !== '[DONE]'),
          map(({ data }) => JSON.parse(data).choices[0]?.delta.content ?? ''),
        )
        .forEach((chunk) => (text += chunk));
      return text;
    };
  },

  // The provider's events, before a response folds them.
  async events() {
    const { asyncScheduler } = await import('rxjs');
    const { user } = await import('../../dist/src/index.js');
    const { openaiChat } = await import('../../dist/src/providers/openai.js');
    const model = openaiChat({ model: 'bench', baseUrl: base });
    return async () => {
      const request = { messages: [user(question)], options: {}, tools: [], hideReasoning: false, stream: true };
      let text = '';
      await model.stream(request, { scheduler: asyncScheduler }).forEach((event) => {
        if (event.type === 'text') text += event.chunk;
      });
      return text;
    };
  },

  // A whole response: typed events, numbered and folded into messages, and its text by the operator.
  async rxllm() {
    const { openaiChat } = await import('../../dist/src/providers/openai.js');
    const { text } = await import('../../dist/operators/index.js');
    const model = openaiChat({ model: 'bench', baseUrl: base });
    return async () => {
      let all = '';
      await model
        .prompt(question)
        .pipe(text())
        .forEach((chunk) => (all += chunk));
      return all;
    };
  },

  async openai() {
    const { OpenAI } = await import('openai');
    const client = new OpenAI({ apiKey: 'none', baseURL: base });
    return async () => {
      const messages = [{ role: 'user', content: question }];
      let text = '';
      for await (const chunk of await client.chat.completions.create({ model: 'bench', stream: true, messages })) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
      return text;
    };
  },

  async ai() {
    const { streamText } = await import('ai');
    const { createOpenAI } = await import('@ai-sdk/openai');
    const model = createOpenAI({ apiKey: 'none', baseURL: base }).chat('bench');
    return async () => {
      let text = '';
      for await (const chunk of streamText({ model, prompt: question }).textStream) text += chunk;
      return text;
    };
  },

  async langchain() {
    const { ChatOpenAI } = await import('@langchain/openai');
    const model = new ChatOpenAI({ model: 'bench', apiKey: 'none', configuration: { baseURL: base } });
    return async () => {
      let text = '';
      for await (const chunk of await model.stream(question)) text += chunk.text;
      return text;
    };
  },
};

const read = await contenders[contender]();
const before = process.cpuUsage();
const start = performance.now();
const text = await read();
const { user, system } = process.cpuUsage(before);
const expected = Array.from({ length: n }, (_, index) => ` w${index % 10}`).join('');
if (text !== expected)
  throw new Error(`${contender} read another text: ${text.length} characters, not ${expected.length}`);
console.log(
  JSON.stringify({
    cpuMs: (user + system) / 1000,
    wallMs: performance.now() - start,
    peakMb: process.resourceUsage().maxRSS / 1024,
  }),
);
process.exit(0);
