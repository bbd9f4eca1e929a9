// Random events for property tests.
import * as fc from 'fast-check';
import type { StreamEvent } from 'rxllm';

const id = fc.constantFrom(undefined, 'c1', 'c2');
const metadata = fc.constantFrom(undefined, { a: 1 }, { a: 2, b: null });
const message = fc.constantFrom(undefined, 0, 1);

/** An event of a part without a `part_index`, so that allocation alone decides where it goes. */
export const partEvent: fc.Arbitrary<StreamEvent> = fc
  .record({
    type: fc.constantFrom('text', 'reasoning', 'tool_call_name', 'tool_call_args', 'tool_result'),
    chunk: fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('{', '}', '"', '{"a":1}')),
    message_index: message,
    tool_call_id: id,
    redacted: fc.constantFrom(undefined, true),
    server_executed: fc.constantFrom(undefined, true),
    provider_metadata: metadata,
  })
  // Through JSON, which leaves out what is undefined.
  .map((event) => JSON.parse(JSON.stringify(event)) as StreamEvent);

export const partEvents = fc.array(partEvent, { maxLength: 30 });

/** How often a property is tried: more in the full run. */
export const numRuns = process.env.RXLLM_FULL ? 10_000 : 300;
