// Tools by name, as `-T` names them.
import { tool, toolbox } from 'rxllm';
import { chooseTools } from '../../../src/cli/tools/chooseTools.ts';

const named = (name: string) => tool({ name, run: () => name });
const notes = toolbox({
  name: 'Notes',
  tools: (make) => [make({ name: 'add', run: () => 1 }), make({ name: 'list', run: () => 1 })],
});
const available = [named('time'), named('calculator'), ...notes.tools];
const chosen = (...names: readonly string[]) => chooseTools(names, available).map(({ name }) => name);

test('a tool is chosen by its name', () => {
  expect(chosen('calculator', 'time')).toEqual(['calculator', 'time']);
});

test('a toolbox is all of its tools, one of them has the name of both', () => {
  expect(chosen('Notes')).toEqual(['Notes_add', 'Notes_list']);
  expect(chosen('Notes_list')).toEqual(['Notes_list']);
});

test('what is named twice is there once', () => {
  expect(chosen('Notes_list', 'Notes', 'time', 'time')).toEqual(['Notes_list', 'Notes_add', 'time']);
});

const list = 'There are: time, calculator, Notes, Notes_add, Notes_list (rxllm tools says more)';

test.each([
  ['tiem', `there is no tool "tiem"; did you mean time? ${list}`],
  ['llm_time', `there is no tool "llm_time"; did you mean time? ${list}`],
  ['notes', `there is no tool "notes"; did you mean Notes or Notes_add or Notes_list? ${list}`],
  ['search', `there is no tool "search". ${list}`],
  ['', `there is no tool "". ${list}`],
  [
    'Notes({"path": "x"})',
    `there is no tool "Notes({\\"path\\": \\"x\\"})"; a toolbox is named without arguments; did you mean Notes? ${list}`,
  ],
])('%j is none: the error says what there is', (name, message) => {
  expect(() => chosen(name)).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
});

test('where there is none at all, the error says so', () => {
  expect(() => chooseTools(['x'], [])).toThrow('there is no tool "x". There are none (rxllm tools says more)');
});
