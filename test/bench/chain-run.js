// One measurement of chain.js: the CPU of each turn, the least of several chains, so that only what a turn must cost counts.
import { from } from 'rxjs';
import { assistant, defineModel, user } from 'rxllm';

const turns = Number(process.argv[2]);
const chunks = 5000;
const text = Array.from({ length: chunks }, (_, index) => ({
  type: 'text',
  chunk: `word${index % 10} `,
  part_index: 0,
}));
const call = (turn) => [
  { type: 'tool_call_name', chunk: 'next', part_index: 1, tool_call_id: `call_${turn}` },
  { type: 'tool_call_args', chunk: '{}', part_index: 1, tool_call_id: `call_${turn}` },
  { type: 'part_end', part_index: 1 },
];
const history = Array.from({ length: 200 }, (_, index) => (index % 2 ? assistant : user)(`message ${index}`));

function runOnce() {
  let turn = 0;
  const ms = [];
  let begun = 0;
  const model = defineModel({
    id: 'bench',
    stream() {
      turn += 1;
      return from(turn < turns ? [...text, ...call(turn)] : text);
    },
  });
  const tools = [{ name: 'next', run: () => 'go on' }];
  const response = model.chain(undefined, { messages: history, tools });
  response.subscribe((event) => {
    if (event.type === 'turn_start') begun = process.cpuUsage();
    else if (event.type === 'turn_end') {
      const { user: used, system } = process.cpuUsage(begun);
      ms.push((used + system) / 1000);
    }
  });
  if (turn !== turns || ms.length !== turns) throw new Error(`${turn} turns, ${ms.length} measured`);
  return ms;
}

for (let warm = 0; warm < 5; warm += 1) runOnce();
const runs = Array.from({ length: 15 }, runOnce);
const least = Array.from({ length: turns }, (_, turn) => Math.min(...runs.map((ms) => ms[turn])));
console.log(JSON.stringify({ ms: least, events: chunks }));
