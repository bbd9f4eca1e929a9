// Which turns a search finds, and in which order.
import { assistant, system, toolMessage, user, type ResponseJSON } from 'rxllm';
import { createLog, memoryAdapter, type SearchOptions } from 'rxllm/store';
import { idsOf, timeOf, turnOf } from './turns.ts';

const log = createLog(memoryAdapter());

/** The names of what is found. */
async function found(words: string, options?: SearchOptions): Promise<readonly string[]> {
  return idsOf(log.search(words, options));
}

async function keep(number: number, id: string, asked: string, said: string, changes: Partial<ResponseJSON> = {}) {
  const prompt = { messages: [user(asked)] };
  await log.append(turnOf(number, { id, prompt, messages: [assistant(said)], ...changes }), { thread: `of-${id}` });
}

beforeAll(async () => {
  await keep(1, 'lyon', 'The Weather in Lyon?', 'It rains, and rains, and rains.');
  await keep(2, 'oslo', 'And in Oslo', 'The weather is fine: no rain.', { model: 'model-b' });
  await keep(3, 'umlauts', 'Grüße aus ZÜRICH', 'Schöne Grüße zurück! 🦀🦀 \\o/ 100% [a.b]*');
  await keep(4, 'rain', 'rain rain rain', 'Whatever you like.');
  await keep(5, 'hidden', 'Ask', 'Done', {
    prompt: { messages: [system('pineapple'), user('Ask')], system: 'pineapple' },
    messages: [
      assistant(
        { type: 'reasoning', text: 'pineapple' },
        { type: 'tool_call', name: 'pineapple', arguments: { a: 'pineapple' }, tool_call_id: 'c1' },
      ),
      toolMessage({ type: 'tool_result', name: 'pineapple', output: 'pineapple', tool_call_id: 'c1' }),
      assistant('Done'),
    ],
  });
});

describe('search', () => {
  test.each([
    ['weather', ['oslo', 'lyon'], 'a word of the prompt or of the answer, the newest first'],
    ['WEATHER', ['oslo', 'lyon'], 'in whatever case'],
    ['  the\nweather\t', ['oslo', 'lyon'], 'words in any order'],
    ['weather in', ['oslo', 'lyon'], 'words of which one is asked and one is answered'],
    ['weather rains', ['lyon'], 'only what has all the words'],
    ['"weather in"', ['lyon'], 'words in quotes as they stand'],
    ['"weather in', ['lyon'], 'words after a quote that is not closed'],
    ['is"fine: no"', ['oslo'], 'words beside a quote'],
    ['zürich', ['umlauts'], 'umlauts in whatever case'],
    ['GRÜSSE', [], 'no other spelling of a word'],
    ['🦀', ['umlauts'], 'an emoji'],
    ['[a.b]* 100% \\o/', ['umlauts'], 'signs as they are'],
    ['ain', ['rain', 'oslo', 'lyon'], 'a part of a word'],
    ['pineapple', [], 'nothing that was thought, instructed, called or given back by a tool'],
    ['done', ['hidden'], 'the last message of an answer of several'],
    ['nobody said this', [], 'nothing'],
  ])('for %j gives %j: %s', async (words, expected, _why) => {
    expect(await found(words)).toEqual(expected);
  });

  test('gives first what says the words most where that is wanted, the prompt before the answer', async () => {
    expect(await found('rain')).toEqual(['rain', 'oslo', 'lyon']);
    // Three times asked, three times answered, once answered.
    expect(await found('rain', { order: 'best' })).toEqual(['rain', 'lyon', 'oslo']);
    expect(await found('weather', { order: 'best' })).toEqual(['lyon', 'oslo']);
  });

  test('gives of equals the newest first', async () => {
    const same = createLog(memoryAdapter());
    const prompt = { messages: [user('the same')] };
    for (const at of [1, 3, 2]) await same.append(turnOf(at, { prompt }));
    expect(await idsOf(same.search('same', { order: 'best' }))).toEqual(['turn-3', 'turn-2', 'turn-1']);
  });

  test('looks only at what the filter lets through', async () => {
    expect(await found('weather', { model: 'model-b' })).toEqual(['oslo']);
    expect(await found('weather', { before: timeOf(2) })).toEqual(['lyon']);
    expect(await found('weather', { thread: 'of-lyon', order: 'best' })).toEqual(['lyon']);
  });

  test('finds a word of a history in the turn that said it alone', async () => {
    const thread = createLog(memoryAdapter());
    const first = turnOf(1);
    await thread.append(first, { thread: 't' });
    await thread.append(turnOf(2, {}, first), { thread: 't' });
    expect(await idsOf(thread.search('"question 1"'))).toEqual(['turn-1']);
  });

  test.each(['', '  \n', '""', '" "', '"'])('refuses %j, which has no word', (words) => {
    const message = 'there is no word to search for; give one or more, such as "hello world"';
    expect(() => log.search(words)).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
  });
});
