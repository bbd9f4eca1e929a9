// A chain that stops for approval, is stored, and goes on another day with what somebody decided.
import { of } from 'rxjs';
import { LlmError, pendingCalls, tool } from 'rxllm';
import { demo } from 'rxllm/demo';
import { fromJSON } from 'rxllm/serialization';

const refund = tool({
  name: 'refund_order',
  input: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
  needsApproval: ({ amount }) => Number(amount) > 100,
  run: ({ amount }) => `${Number(amount)} euros are on their way`,
});

const model = demo({ chunkMs: 0 });
let stored = '';

try {
  await model.chain('Refund the order, 250 euros.', { tools: [refund] }).text();
} catch (error) {
  if (!(error instanceof LlmError && error.code === 'paused')) throw error;
  console.log(error.message);
  stored = JSON.stringify(error.partial);
}

// Another day, another process.
const paused = fromJSON(stored, { model });
const [call] = pendingCalls(paused.toJSON().messages);
console.log(call?.name, call?.arguments);

const approvals$ = of({ tool_call_id: call?.tool_call_id ?? '', approved: true as const });
console.log(await paused.chain('', { tools: [refund], approvals$ }).text());

// a call of tool "refund_order" waits for approval
// refund_order { amount: 250 }
// refund_order says: 250 euros are on their way
