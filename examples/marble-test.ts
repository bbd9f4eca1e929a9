// Tests an agent in virtual time: a model that follows marble diagrams calls a tool and answers.
import type { Tool } from 'rxllm';
import { text } from 'rxllm/operators';
import { call, fakeModel, marbles, turn } from 'rxllm/testing';

const weather: Tool = { name: 'get_weather', run: () => 'Rain.' };

/** In a project this would be `test('answers …', marbles(…))`. */
const test = (expected: string) =>
  marbles(({ scheduler, expectObservable, expectRequests, expectClosed }) => {
    const model = fakeModel([
      turn('--c-|', { c: call('get_weather', { city: 'Paris' }, 'call_1') }),
      turn('-a- 2s b|', { a: 'Take ', b: 'an umbrella.' }),
    ]);
    const response = model.prompt('What shall I take?', { scheduler, tools: [weather] });
    expectObservable(response.reply().pipe(text())).toBe(expected, { a: 'Take ', b: 'an umbrella.' });
    expectRequests(model).toHaveCount(2);
    expectClosed(model).toBe(['^---!', '----^--- 2s !']);
  });

test('-----a- 2s b|')();
console.log('The first test passes.');

try {
  test('-----a- 2s a|')();
} catch (error) {
  console.log((error as Error).message);
}

// The first test passes.
// the marble test failed
//
// expectObservable(), expectation 1
//   expected  -----a 2001ms a|
//   actual    -----a 2001ms b|
//
//   at frame 2007: value 2: expected "Take ", got "an umbrella."
//
