// Run by memory.test.ts in a process of its own: asks a server many times over, and says what is left.
// Arguments: the server's URL, `abort` or `parallel`, and how many.
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { withRetry } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { collectText, text } from 'rxllm/operators';

const [url = '', task, count] = process.argv.slice(2);
const number = Number(count);
const model = withRetry(openaiChat({ model: 'm', baseUrl: url }), { afterContent: 'restart' });

/** Takes the first text and leaves, in every way there is. */
async function abort(index: number): Promise<void> {
  const response = model.prompt('Hi');
  if (index % 3 === 0) {
    await firstValueFrom(response.pipe(text()));
  } else if (index % 3 === 1) {
    const live = response.share();
    const ended = lastValueFrom(live).catch(() => undefined);
    await firstValueFrom(live.text$);
    await firstValueFrom(live.pipe(text()));
    live.abort();
    await ended;
  } else {
    await new Promise<void>((resolve) => {
      const subscription = response.reply('And?', { toolResults: [] }).subscribe(() => undefined);
      setImmediate(() => {
        subscription.unsubscribe();
        resolve();
      });
    });
  }
}

async function abortAll(from: number, to: number): Promise<void> {
  let next = from;
  const worker = async () => {
    while (next < to) await abort(next++);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
}

async function heapBytes(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    globalThis.gc!();
  }
  return process.memoryUsage().heapUsed;
}

if (task === 'abort') {
  const heap: number[] = [];
  for (let step = 0; step < 4; step += 1) {
    await abortAll((step * number) / 4, ((step + 1) * number) / 4);
    heap.push(await heapBytes());
  }
  console.log(JSON.stringify(heap));
} else {
  const ask = () => lastValueFrom(model.prompt('Hi').pipe(collectText()));
  const texts = await Promise.all(Array.from({ length: number }, ask));
  console.log(JSON.stringify([...new Set(texts)]));
}
