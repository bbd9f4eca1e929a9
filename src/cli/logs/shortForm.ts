// A turn as a few lines of YAML, to find it again.
import { stringify } from 'yaml';
import type { LoggedTurn } from '../../store/turnRecord.ts';
import { schemaId } from '../content/loadSchema.ts';
import { timeText, truncate, turnTexts } from './texts.ts';

/** An entry of a YAML list, with its line break. Prompts are one line, cut short. */
export function toShortForm(turn: LoggedTurn, { usage = false } = {}): string {
  const { id, thread, time, response, details = {}, calls } = turn;
  const { prompt, system } = turnTexts(turn);
  const { input, output, details: counted } = response.usage ?? {};
  const entry = {
    model: response.model,
    datetime: timeText(time),
    conversation: thread,
    id,
    ...(response.status && { ended: response.status }),
    ...(system && { system: oneLine(system) }),
    prompt: oneLine(prompt),
    ...(details.schema && { schema: schemaId(details.schema) }),
    ...(calls && { tool_calls: calls }),
    ...(usage && details.duration_ms !== undefined && { duration_ms: details.duration_ms }),
    ...(usage && response.usage && { usage: { input, output, ...(counted && { details: counted }) } }),
  };
  return stringify([entry], { lineWidth: 0 });
}

function oneLine(text: string): string {
  return truncate(text.replaceAll(/\s+/g, ' ').trim());
}
