// Every fault, played over real sockets to every provider: each ends in its own way, once, and keeps what had arrived.
// docs/reliability.md shows what is seen here; `UPDATE_DOCS=1 npm test -- test/faults/faults` writes it.
import { VirtualTimeScheduler } from 'rxjs';
import { foldMessages } from 'rxllm';
import {
  expectedOf,
  faultGroups,
  isOf,
  requestsOf,
  startFaults,
  urlOf,
  type Expected,
  type Fault,
  type FaultServers,
} from '../support/faults.ts';
import { startCell, textOf, type Seen } from './cell.ts';
import { watchClientSockets } from './clientSockets.ts';
import { passSigns, passSilence } from './passTime.ts';
import { apiKey, providers, wires, type FaultProvider } from './providers.ts';
import { checkTable, type Row } from './table.ts';

interface Result extends Seen {
  readonly hangs: boolean;
  /** Virtual milliseconds that passed. */
  readonly ms: number;
}

let servers: FaultServers;
let unwatch: () => void;
// What stays unhandled fails the test that is running: the test runner sees to that, and handles.test.ts to it without one.
beforeAll(async () => {
  unwatch = watchClientSockets();
  servers = await startFaults(wires);
});
afterAll(async () => {
  await servers.close();
  unwatch();
});

async function play(fault: Fault, { name, make }: FaultProvider): Promise<Result> {
  const { places, main } = servers;
  const model = make(urlOf(fault, name, places), { maxRetries: 0 });
  const scheduler = new VirtualTimeScheduler();
  const cell = startCell(model, { fault, provider: name, places }, fault.waits ? { scheduler } : {});
  const { kept } = expectedOf(fault, name);
  const request = main.request(({ path }) => isOf(path, `/${fault.id}/${name}`));
  const passing = { cell, request, scheduler, kept };
  const hangs = fault.waits ? await (fault.waits === 'signs' ? passSigns : passSilence)(passing) : false;
  return { ...(await cell.ended), hangs, ms: scheduler.frame };
}

/** The result in the words of the catalogue. */
function summarize({ states, error, messages, hangs, ms }: Result, fault: Fault): Expected | string {
  const end = states.at(-1);
  if (hangs || end === undefined || end === 'running') return 'hangs';
  return {
    end,
    ...(error && { code: error.code, retryable: error.retryable }),
    kept: textOf(messages),
    ...(error?.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(fault.waits && { ms }),
  };
}

const rows: Row[] = [];

function noteOf(leaking: readonly FaultProvider[]): string {
  return leaking.length === 0 ? '' : `, which gets the key of ${leaking.map(({ name }) => `\`${name}\``).join(', ')}`;
}

describe.each(faultGroups)('$name', ({ name: group, faults: some }) => {
  describe.each(some)('$name', (fault) => {
    const results = new Map<string, Result>();
    beforeAll(async () => {
      await Promise.all(providers.map(async (one) => results.set(one.name, await play(fault, one))));
      const cells = providers.map(({ name }) => ({ provider: name, seen: summarize(results.get(name)!, fault) }));
      const leaking = providers.filter(({ name }) => fault.id === 'redirect-away' && leaksOf(name).length > 0);
      rows.push({ group, name: fault.name, note: noteOf(leaking), cells });
    }, 60_000);

    test.each(providers)('$name', async ({ name, wire }) => {
      const result = results.get(name)!;
      const { states, completions, errors, error, messages, events, usage } = result;
      const expected = expectedOf(fault, name);
      expect(summarize(result, fault)).toEqual(expected);

      // One end, told once.
      expect(states).toEqual(['running', expected.end]);
      expect([completions, errors]).toEqual(error ? [0, [error]] : [1, []]);
      expect(events.filter(({ type }) => type === 'finish')).toHaveLength(expected.end === 'done' ? 1 : 0);
      if (expected.end === 'done') expect(events.at(-1)?.type).toBe('finish');
      expect(error?.partial?.status).toBe(error && expected.end);

      // What is kept is what had come.
      expect(messages).toEqual(foldMessages(events));
      expect(usage).toEqual(events.findLast((event) => event.type === 'usage')?.usage);
      if (expected.kept !== '' && wire.usage && name !== 'fromAiSdk') expect(usage).toMatchObject(wire.usage);

      // A connection is of no use once its response breaks off, so it is closed; one that has its answer may be kept.
      for (const request of requestsOf(servers.main.requests, fault, name)) {
        if (!request.isAnswered) await expect(request.closed).resolves.toMatch(/fin|reset|server/);
      }
    });
  });
});

/** Headers that took the key to another server. */
function leaksOf(name: string): string[] {
  const requests = servers.other.requests.filter(({ path }) => isOf(path, `/redirect-away/${name}`));
  return requests.flatMap(({ headers }) =>
    Object.entries(headers).flatMap(([header, value]) => (value.includes(apiKey) ? [header] : [])),
  );
}

test.each(providers)('a redirect to another server does not take the key of $name there', ({ name }) => {
  expect(leaksOf(name)).toEqual([]);
});

test('the table of the faults is true', () => {
  checkTable(rows);
});
