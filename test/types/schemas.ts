// Compiled by `npm run types`: schemas and hand-written types are equal, but for `readonly`.
import type { z } from 'zod';
import type { Message, Part, PromptJSON, ResponseJSON, StreamEvent } from 'rxllm';
import type { MessageSchema, PartSchema, ResponseSchema, StreamEventSchema } from 'rxllm/serialization';

type Frozen<T> = T extends readonly (infer E)[] ? readonly E[] : T;
/** Readonly one level deep, which is where the fields of each value are. */
type Shallow<T> = T extends unknown ? { readonly [K in keyof T]: Frozen<T[K]> } : never;
type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** Equal, and with the same keys: an optional key missing on one side would otherwise pass. */
type Same<A, B> = [Equal<Shallow<A>, B>, Equal<keyof A, keyof B>];
type OfType<U, K> = Extract<U, { readonly type: K }>;
type With<A, K extends keyof A, V> = { [P in keyof A]: P extends K ? V : A[P] };

type True = readonly [true, true];
function holds<_T extends True>(): void {
  // Compiling is the test.
}

type PartOut = z.output<typeof PartSchema>;
holds<Same<OfType<PartOut, 'text'>, OfType<Part, 'text'>>>();
holds<Same<OfType<PartOut, 'reasoning'>, OfType<Part, 'reasoning'>>>();
holds<Same<OfType<PartOut, 'tool_call'>, OfType<Part, 'tool_call'>>>();
holds<Same<OfType<PartOut, 'tool_result'>, OfType<Part, 'tool_result'>>>();
holds<Same<OfType<PartOut, 'attachment'>, OfType<Part, 'attachment'>>>();
holds<[Equal<PartOut['type'], Part['type']>, true]>();

type MessageOut = z.output<typeof MessageSchema>;
holds<Same<With<MessageOut, 'parts', Part[]>, Message>>();
holds<[Equal<MessageOut['parts'][number], PartOut>, true]>();

type ResponseOut = z.output<typeof ResponseSchema>;
holds<Same<With<With<ResponseOut, 'messages', Message[]>, 'prompt', PromptJSON>, ResponseJSON>>();
holds<Same<With<ResponseOut['prompt'], 'messages', Message[]>, PromptJSON>>();
holds<[Equal<ResponseOut['messages'][number], MessageOut>, true]>();

type EventOut = z.output<typeof StreamEventSchema>;
holds<Same<OfType<EventOut, 'text'>, OfType<StreamEvent, 'text'>>>();
holds<Same<OfType<EventOut, 'reasoning'>, OfType<StreamEvent, 'reasoning'>>>();
holds<Same<OfType<EventOut, 'tool_call_name'>, OfType<StreamEvent, 'tool_call_name'>>>();
holds<Same<OfType<EventOut, 'tool_call_args'>, OfType<StreamEvent, 'tool_call_args'>>>();
holds<Same<OfType<EventOut, 'tool_result'>, OfType<StreamEvent, 'tool_result'>>>();
holds<Same<OfType<EventOut, 'attachment'>, OfType<StreamEvent, 'attachment'>>>();
holds<Same<OfType<EventOut, 'start'>, OfType<StreamEvent, 'start'>>>();
holds<Same<OfType<EventOut, 'part_end'>, OfType<StreamEvent, 'part_end'>>>();
holds<Same<OfType<EventOut, 'usage'>, OfType<StreamEvent, 'usage'>>>();
holds<Same<OfType<EventOut, 'finish'>, OfType<StreamEvent, 'finish'>>>();
holds<[Equal<EventOut['type'], StreamEvent['type']>, true]>();
