// A tool that asks a model itself: an agent in an agent.
import { NEVER, takeWhile } from 'rxjs';
import type { StreamEvent, Tool } from 'rxllm';
import { text } from 'rxllm/operators';
import { calls, outline, playTurns, resultsOf, wordOf } from '../support/chains.ts';
import { record } from '../support/operatorLaws.ts';

const nested = (events: readonly unknown[]) =>
  (events as StreamEvent[]).flatMap((event) => (event.type === 'nested' ? [event] : []));

/** Three agents, each a tool of the one before. */
function agents() {
  const inner = playTurns(calls('look', 'i1'), ['deep']);
  const middle = playTurns(['Let me ask.', ...calls('inner', 'm1')], ['It is deep.']);
  const outer = playTurns(calls('middle', 'o1'), ['They say: deep.']);
  const look: Tool = { name: 'look', run: () => 'seen' };
  const askInner: Tool = {
    name: 'inner',
    run: (_, { scheduler }) => inner.chain('Look', { tools: [look], scheduler }),
  };
  const askMiddle: Tool = { name: 'middle', run: () => middle.chain('Ask', { tools: [askInner] }) };
  return { inner, middle, outer, tools: [askMiddle] };
}

describe('a tool that gives back a chain', () => {
  test('has the text of its last turn as its result', () => {
    const { outer, tools } = agents();
    const response = outer.chain('Hi', { tools });
    record(response);
    expect(outline(response.toJSON().messages)).toEqual([
      'assistant: middle(o1)',
      'tool: It is deep.',
      'assistant: They say: deep.',
    ]);
  });

  test('shows its events, with the calls that led there', () => {
    const { outer, tools } = agents();
    const { values } = record(outer.chain('Hi', { tools }));
    const said = nested(values).flatMap(({ path, event }) => {
      const word = wordOf(event);
      return word ? [`${path.join('/')} ${word}`] : [];
    });
    expect(said).toEqual([
      'o1 turn 1',
      'o1 Let me ask.',
      'o1 end 1',
      'o1/m1 turn 1',
      'o1/m1 end 1',
      'o1/m1 i1: seen',
      'o1/m1 turn 2',
      'o1/m1 deep',
      'o1/m1 end 2',
      'o1/m1 finish unknown',
      'o1 m1: deep',
      'o1 turn 2',
      'o1 It is deep.',
      'o1 end 2',
      'o1 finish unknown',
    ]);
  });

  test('says nothing in the text and the messages of the chain around it', async () => {
    const { outer, tools } = agents();
    const response = outer.chain('Hi', { tools });
    const { values } = record(response.pipe(text()));
    expect(values).toEqual(['They say: deep.']);
    expect(await response.text()).toBe('They say: deep.');
  });

  test('is stopped with the chain around it', () => {
    const inner = playTurns(NEVER);
    const outer = playTurns(calls('ask', 'o1'));
    const ask: Tool = { name: 'ask', run: () => inner.chain('Hi') };
    const left = record(outer.chain('Hi', { tools: [ask] }).pipe(takeWhile(({ type }) => type !== 'nested')));
    expect(left.end).toBe('complete');
    const subscription = playTurns(calls('ask', 'o1'))
      .chain('Hi', { tools: [ask] })
      .subscribe();
    expect(inner.running()).toBe(1);
    subscription.unsubscribe();
    expect(inner.running()).toBe(0);
  });

  test('that fails is a result that the model can read', () => {
    const inner = playTurns(calls('look', 'i1'));
    const outer = playTurns(calls('ask', 'o1'));
    const look: Tool = { name: 'look', run: () => 'seen' };
    const ask: Tool = { name: 'ask', run: () => inner.chain('Hi', { tools: [look], limit: 1 }) };
    record(outer.chain('Hi', { tools: [ask] }));
    expect(resultsOf(outer.requests[1]!.messages)).toMatchObject([
      { output: 'Error: the chain has made 1 turn, which is its limit; give it a higher `limit`' },
    ]);
  });

  test('that begins a turn anew has the text of the one that counts', () => {
    const inner = playTurns(['Look: ', ...calls('look', 'i1')], ['Half', { type: 'reset' }, 'Whole']);
    const outer = playTurns(calls('ask', 'o1'));
    const look: Tool = { name: 'look', run: () => 'seen' };
    record(outer.chain('Hi', { tools: [{ name: 'ask', run: () => inner.chain('Hi', { tools: [look] }) }] }));
    expect(resultsOf(outer.requests[1]!.messages)).toMatchObject([{ output: 'Whole' }]);
  });

  test('may be a prompt as well', () => {
    const outer = playTurns(calls('ask', 'o1'));
    const response = outer.chain('Hi', { tools: [{ name: 'ask', run: () => playTurns(['one']).prompt('Hi') }] });
    const { values } = record(response);
    expect(nested(values).map(({ path, event }) => [path, event.type])).toEqual([
      [['o1'], 'start'],
      [['o1'], 'text'],
      [['o1'], 'finish'],
    ]);
    expect(resultsOf(response.toJSON().messages)).toMatchObject([{ output: 'one' }]);
  });
});
