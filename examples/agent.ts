// An agent with two tools, one of which is an agent itself; what each says is shown as it comes.
import { defer, map, of, timer } from 'rxjs';
import { defineModel, tool, type ModelRequest, type StreamEvent } from 'rxllm';

/** Models that say what they have been told to, turn by turn; real ones decide for themselves. */
function scripted(...turns: StreamEvent[][]) {
  const turn = ({ messages }: ModelRequest) => messages.filter(({ role }) => role === 'assistant').length;
  return defineModel({ id: 'scripted', stream: (request) => defer(() => turns[turn(request)] ?? []) });
}

const text = (chunk: string): StreamEvent => ({ type: 'text', chunk });
const call = (id: string, name: string, args: object): StreamEvent[] => [
  { type: 'tool_call_name', chunk: name, tool_call_id: id },
  { type: 'tool_call_args', chunk: JSON.stringify(args), tool_call_id: id },
];

const forecast = tool({ name: 'forecast', run: () => timer(20).pipe(map(() => 'sunny, 21 degrees')) });
const trains = tool({ name: 'trains', run: () => of('leaving', 'at 9:40') });

const researcher = scripted(call('r1', 'trains', {}), [text('The train leaves at 9:40.')]);
const research = tool({
  name: 'research',
  run: (_, { scheduler }) => researcher.chain('Find a train', { tools: [trains], scheduler }),
});

const planner = scripted(
  [text('Let me look.'), ...call('p1', 'forecast', { city: 'Lyon' }), ...call('p2', 'research', { to: 'Lyon' })],
  [text('Take the 9:40 to Lyon, it will be sunny.')],
);

planner.chain('Plan a day in Lyon', { tools: [forecast, research], limit: 5 }).subscribe((event) => {
  if (event.type === 'nested') show(event.event, `  ${event.path.join('/')} `);
  else show(event, '');
});

function show(event: StreamEvent, indent: string): void {
  if (event.type === 'turn_start') console.log(`${indent}turn ${event.turn}`);
  else if (event.type === 'text' && !event.separator) console.log(`${indent}says: ${event.chunk}`);
  else if (event.type === 'tool_progress') console.log(`${indent}${event.tool_name}: ${JSON.stringify(event.value)} …`);
  else if (event.type === 'tool_output') console.log(`${indent}${event.result.name} gives: ${event.result.output}`);
}

// turn 1
// says: Let me look.
//   p2 turn 1
//   p2 trains: "leaving" …
//   p2 trains gives: at 9:40
//   p2 turn 2
//   p2 says: The train leaves at 9:40.
// research gives: The train leaves at 9:40.
// forecast gives: sunny, 21 degrees
// turn 2
// says: Take the 9:40 to Lyon, it will be sunny.
