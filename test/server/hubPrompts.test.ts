// What a model was sent stays in the hub: neither the events nor the snapshots have it.
import { concat, NEVER } from 'rxjs';
import { type LlmResponse, type StreamEvent, type Tool } from 'rxllm';
import { demo } from 'rxllm/demo';
import { createHub, GoneError, type HubEntry, type HubLog, memoryHubLog } from 'rxllm/server';
import { calls, playTurns } from '../support/chains.ts';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

const secrets = /SECRET/;

const look: Tool = { name: 'look', run: () => 'seen' };

/** A chain whose tool is a chain, whose tool is a chain: each with a system prompt and a history. */
function agents(): LlmResponse {
  const inner = playTurns(calls('look', 'i1'), ['deep']);
  const middle = playTurns(calls('inner', 'm1'), ['It is deep.']);
  const outer = playTurns(calls('middle', 'o1'), ['They say: deep.']);
  const prompt = { system: 'SECRET system', systemFragments: ['SECRET fragment'], options: {} };
  const askInner: Tool = { name: 'inner', run: () => inner.chain('SECRET task', { ...prompt, tools: [look] }) };
  const askMiddle: Tool = { name: 'middle', run: () => middle.chain('SECRET task', { ...prompt, tools: [askInner] }) };
  return outer.chain('SECRET question', { ...prompt, tools: [askMiddle] });
}

/** A log that shows what is in it. */
function open(): { readonly log: HubLog; readonly texts: string[] } {
  const log = memoryHubLog();
  const texts: string[] = [];
  return { texts, log: { ...log, append: (key, entry) => (texts.push(entry.json), log.append(key, entry)) } };
}

function innermost(event: StreamEvent): StreamEvent {
  return event.type === 'nested' ? innermost(event.event) : event;
}

describe('the prompt of a chain', () => {
  test('is in no event, also not in those of chains within it', () => {
    const { log, texts } = open();
    const hub = createHub({ log });
    const response = agents();
    hub.publish('s', response);
    const entries = record(hub.attach('s')).values as HubEntry[];
    const turns = entries.flatMap(({ event }) => {
      const told = event.type === 'end' ? undefined : innermost(event);
      return told?.type === 'turn_end' ? [told] : [];
    });
    expect(turns).toHaveLength(6);
    for (const { response: turn } of turns) {
      expect(turn.prompt).toStrictEqual({ messages: [] });
      // The answer is there.
      expect(turn.messages[0]?.role).toBe('assistant');
    }
    expect(JSON.stringify(entries)).not.toMatch(secrets);
    expect(texts.join('\n')).not.toMatch(secrets);
    // Whoever has the response still has it.
    expect(JSON.stringify(response.toJSON())).toMatch(secrets);
    expect(JSON.stringify(record(agents()).values)).toMatch(secrets);
  });

  test('is in no snapshot', () => {
    const hub = createHub({ retention: { maxStreamBytes: 0 } });
    hub.publish('s', agents());
    const { end } = record(hub.attach('s'));
    expect(end).toBeInstanceOf(GoneError);
    const { snapshot } = (end as GoneError).gone;
    expect(snapshot?.response).toMatchObject({ model: 'counting', prompt: { messages: [] } });
    expect(JSON.stringify(end)).not.toMatch(secrets);
    expect(JSON.stringify(snapshot)).toContain('They say: deep.');
  });

  test('is in no error', () => {
    const model = countingModel(() => concat(['half'], NEVER));
    const hub = createHub();
    const live = model.chain('SECRET question', { system: 'SECRET system' }).share();
    hub.publish('s', live);
    live.abort();
    const { values } = record(hub.attach('s'));
    expect(values.at(-1)).toMatchObject({ event: { type: 'end', state: 'aborted' } });
    expect(JSON.stringify(values)).not.toMatch(secrets);
  });
});

test('the prompt of a response is in no event', () => {
  const hub = createHub();
  // It tells what it was asked, so the question is none of the secrets.
  hub.publish('s', demo({ chunkMs: 0 }).prompt('What is a cold Observable?', { system: 'SECRET system' }));
  const { values } = record(hub.attach('s'));
  expect(values.length).toBeGreaterThan(10);
  expect(JSON.stringify(values)).not.toMatch(/SECRET system/);
});
