// The texts of a turn as people read them, and what is done to long ones.
import { toLlmRow } from '../../store/llmRows.ts';
import type { JsonObject } from '../../values/json.ts';
import type { LoggedTurn } from '../../store/turnRecord.ts';

export interface TurnTexts {
  readonly prompt: string;
  readonly system: string;
  readonly reasoning: string;
  readonly response: string;
}

/** As `llm logs --json` has them. */
export function turnTexts(turn: LoggedTurn): TurnTexts {
  const { prompt, system, reasoning, response } = toLlmRow(turn);
  const [said, instructions, thought, answer] = [prompt, system, reasoning, response].map((text) =>
    typeof text === 'string' ? text : '',
  );
  return { prompt: said ?? '', system: instructions ?? '', reasoning: thought ?? '', response: answer ?? '' };
}

/** The row of a turn with its texts cut short. */
export function truncateRow(row: JsonObject): JsonObject {
  const keys = new Set(['prompt', 'system', 'reasoning', 'response']);
  const entries = Object.entries(row).map(([key, value]) => [
    key,
    keys.has(key) && typeof value === 'string' ? truncate(value) : value,
  ]);
  return Object.fromEntries(entries) as JsonObject;
}

/** At most 100 characters, the last three of them dots where there were more. */
export function truncate(text: string): string {
  // A character may be two units; twice as many units hold as many as are needed.
  const letters = Array.from(text.slice(0, 202));
  return letters.length > 100 ? `${letters.slice(0, 97).join('')}...` : text;
}

/** When a turn began, in UTC: `2026-11-23T08:15:42Z`. */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
