// The provider's own messages, for those who ask for them.
import { lastValueFrom, tap, toArray } from 'rxjs';
import type { StreamEvent } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { ofType } from 'rxllm/operators';
import { fetchOf } from '../support/servers.ts';
import { delta, done, finish, streamOf } from './openai-chat/chunks.ts';

const chunks = [delta({ content: 'Hel' }), delta({ content: 'lo' }), finish('stop')];

function ask(body: string, raw: boolean) {
  const fetch = fetchOf([new TextEncoder().encode(body)]);
  return openaiChat({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9/v1', fetch }).prompt('Hi', { raw });
}

function withoutRun(events: readonly StreamEvent[]) {
  return events.filter((event) => event.type !== 'start');
}

test('each message comes as it was, before the events that are made of it', async () => {
  const events = await lastValueFrom(ask(streamOf([...chunks, done]), true).pipe(toArray()));
  expect(withoutRun(events)).toMatchObject([
    { type: 'raw', payload: chunks[0] },
    { type: 'text', chunk: 'Hel' },
    { type: 'raw', payload: chunks[1] },
    { type: 'text', chunk: 'lo' },
    { type: 'raw', payload: chunks[2] },
    { type: 'part_end' },
    { type: 'finish', reason: 'stop' },
  ]);
});

test('nobody gets them who does not ask, and nothing else differs', async () => {
  const body = streamOf([...chunks, done]);
  const [asked, plain] = await Promise.all([true, false].map((raw) => lastValueFrom(ask(body, raw).pipe(toArray()))));
  expect(plain!.some((event) => event.type === 'raw')).toBe(false);
  expect(withoutRun(asked!.filter((event) => event.type !== 'raw'))).toEqual(withoutRun(plain!));
});

test('they enter no message and no JSON', async () => {
  const response = ask(streamOf([...chunks, done]), true);
  await response.text();
  expect(response.toJSON().messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'Hello' }] }]);
});

test('a whole answer is one, and so is an error that the provider sends', async () => {
  const whole = { id: 'x', choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }] };
  expect(await lastValueFrom(ask(JSON.stringify(whole), true).pipe(ofType('raw'), toArray()))).toEqual([
    { type: 'raw', payload: whole },
  ]);
  const error = { error: { message: 'overloaded', code: 503 } };
  const seen: unknown[] = [];
  const failed$ = ask(streamOf([error]), true).pipe(
    ofType('raw'),
    tap((event) => seen.push(event.payload)),
  );
  await expect(lastValueFrom(failed$)).rejects.toMatchObject({ code: 'provider_error' });
  expect(seen).toEqual([error]);
});
