// What may be asked of a hub, checked at the call: a server that gets anything else ends the connection, and with it all
// that others do there.
import { textOf } from '../protocol/closedShape.ts';
import type { ClientPrompt } from '../protocol/messages.ts';
import { parsePrompt, parseStop } from '../protocol/parseClientMessage.ts';
import { LlmError } from '../values/error.ts';

const idProblem = textOf({ least: 1, most: 256 });

/** @throws LlmError `invalid_input` for what is no id of a stream. */
export function checkStream(stream: string): void {
  refuse(idProblem(stream, 'the id of a stream'));
}

/** @throws LlmError `invalid_input` for what no server takes as a prompt. */
export function checkPrompt(prompt: ClientPrompt): void {
  const parsed = parsePrompt(JSON.stringify(prompt));
  if ('problem' in parsed) refuse(parsed.problem);
}

/** @throws LlmError `invalid_input` for a reason that is none, or too long. */
export function checkStop(stop: { readonly reason?: string }): void {
  const parsed = parseStop(JSON.stringify(stop));
  if ('problem' in parsed) refuse(parsed.problem);
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new LlmError('invalid_input', problem);
}
