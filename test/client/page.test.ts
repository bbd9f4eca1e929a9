// The chat page of the examples in a real browser: two tabs, one answer, whatever happens to the connection.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright-core';
import { Subject } from 'rxjs';
import { defineModel } from 'rxllm';
import { createHub, nodeHandler, serveWebSocket } from 'rxllm/server';
import { chatPage } from '../../examples/chat/chatPage.ts';
import { words } from '../support/hubs.ts';
import { needs, programPath } from '../support/needs.ts';
import { startProxy, type TestProxy } from '../support/proxies.ts';

needs('chromium').describe('the chat page', () => {
  let browser: Browser;
  let server: http.Server;
  let proxy: TestProxy;
  let source: Subject<string>;
  const hub = createHub({
    models: { told: defineModel({ id: 'told', stream: () => (source = new Subject<string>()) }) },
  });

  beforeAll(async () => {
    const [page, events] = [await chatPage(), nodeHandler(hub)];
    server = http.createServer((request, response) => events(request, response, () => page(request, response)));
    // A page takes a connection that is silent for two and a half heartbeats for broken.
    serveWebSocket(hub, server, { heartbeatMs: 200 });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    proxy = await startProxy((server.address() as AddressInfo).port);
    browser = await chromium.launch({ executablePath: programPath('chromium'), args: ['--no-sandbox'] });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await proxy.close();
    hub.close();
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  });

  /** Opens a tab, and asks where it shows nothing yet. */
  async function open(hash = ''): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${proxy.port}/${hash}`);
    return page;
  }

  async function ask(page: Page, text: string): Promise<void> {
    await page.fill('#question', text);
    await page.click('#send');
    await page.waitForFunction(() => location.hash !== '' && document.querySelector('.answer:last-child') !== null);
  }

  const answerOf = (page: Page) => page.textContent('.answer:last-child');

  const whenShown = (page: Page, end: string) =>
    page.waitForFunction((last) => document.querySelector('.answer:last-child')?.textContent?.endsWith(last), end);

  test('shows one answer in two tabs', async () => {
    const first = await open();
    await ask(first, 'Hi');
    source.next('Hello ');
    await whenShown(first, 'Hello ');
    const second = await open(new URL(first.url()).hash);
    await whenShown(second, 'Hello ');
    source.next('both!');
    source.complete();
    for (const page of [first, second]) {
      await whenShown(page, 'both!');
      expect(await answerOf(page)).toBe('Hello both!');
      await page.waitForSelector('#stop:disabled');
    }
    expect(hub.list()).toHaveLength(1);
    await Promise.all([first.close(), second.close()]);
  }, 60_000);

  test.each(['stall', 'reset'] as const)(
    'goes on over a second connection after a %s',
    async (how) => {
      const page = await open();
      const all = words(200);
      await ask(page, 'Count');
      for (const word of all.slice(0, 100)) source.next(word);
      await whenShown(page, all[99]!);
      const before = proxy.connections;
      proxy[how]();
      for (const word of all.slice(100)) source.next(word);
      source.complete();
      await whenShown(page, all[199]!);
      expect(await answerOf(page)).toBe(all.join(''));
      expect(proxy.connections).toBeGreaterThan(before);
      await page.close();
    },
    60_000,
  );

  test('stops the run for all', async () => {
    const page = await open();
    await ask(page, 'Go on');
    source.next('And ');
    await whenShown(page, 'And ');
    await page.click('#stop');
    await page.waitForSelector('.failed');
    expect(await page.textContent('.failed')).toBe('the stream was stopped: a client asked for it');
    expect(source.observed).toBe(false);
    await page.close();
  }, 60_000);

  test('is read by an EventSource, too, which stops at the end', async () => {
    const page = await open();
    const told = new Subject<string>();
    hub.publish('sse', told);
    const seen = page.evaluate(
      () =>
        new Promise<readonly string[]>((resolve) => {
          const events: string[] = [];
          const stream = new EventSource('/hub/streams/sse');
          stream.addEventListener('message', ({ data }) => events.push(String(data)));
          stream.addEventListener('end', ({ data }) => events.push(String(data)));
          // Closed for good: the server has said that there is nothing more.
          stream.addEventListener('error', () => {
            if (stream.readyState === EventSource.CLOSED) resolve(events);
          });
        }),
    );
    for (const word of words(3)) told.next(word);
    told.complete();
    expect((await seen).map((data) => JSON.parse(data) as unknown)).toEqual([
      ...words(3).map((chunk) => ({ type: 'text', chunk, part_index: 0, message_index: 0 })),
      { type: 'end', state: 'done' },
    ]);
    await page.close();
  }, 60_000);
});
