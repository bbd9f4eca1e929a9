// What tests of chains have in common: models that play turns, and events as words.
import { filter, from, map, type Observable, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { LlmError, Message, StreamEvent, ToolCallPart, ToolResultPart } from 'rxllm';
import { callEvents, countingModel, type CountingModel } from './models.ts';

/** What a model says in one turn. */
export type Turn = Observable<StreamEvent | string> | readonly (StreamEvent | string)[];

/** A model that plays one turn a request, and says `done` after them. */
export function playTurns(...turns: readonly Turn[]): CountingModel {
  return countingModel((_, index) => from(turns[index] ?? ['done']));
}

/** The events of calls of `name`, one for each id. */
export function calls(name: string, ...ids: readonly string[]): StreamEvent[] {
  return ids.flatMap((id) => callEvents(name, { id }, id));
}

/** An event in a word or two; undefined for those that go without saying. */
export function wordOf(event: StreamEvent): string | undefined {
  switch (event.type) {
    case 'turn_start':
      return `turn ${event.turn}`;
    case 'turn_end':
      return `end ${event.turn}`;
    case 'text':
      return event.separator ? undefined : event.chunk;
    case 'tool_output':
      return `${event.result.tool_call_id ?? event.result.name}: ${event.result.output}`;
    case 'tool_progress':
      return `progress ${JSON.stringify(event.value)}`;
    case 'tool_approval':
      return `approve ${event.call.tool_call_id ?? event.call.name}?`;
    case 'reset':
      return 'reset';
    case 'finish':
      return `finish ${event.reason}`;
    default:
      return undefined;
  }
}

/** The events as words. */
export function words(): OperatorFunction<StreamEvent, string> {
  return (source) =>
    source.pipe(
      map(wordOf),
      filter((word) => word !== undefined),
    );
}

export function callsOf(messages: readonly Message[]): readonly ToolCallPart[] {
  return messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call'));
}

export function resultsOf(messages: readonly Message[]): readonly ToolResultPart[] {
  return messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_result'));
}

/** Who said what, in short. */
export function outline(messages: readonly Message[]): readonly string[] {
  return messages.map(({ role, parts }) => {
    const said = parts.map((part) => {
      if (part.type === 'text') return part.text;
      if (part.type === 'tool_call') return `${part.name}(${part.tool_call_id ?? ''})`;
      if (part.type === 'tool_result') return part.output;
      return part.type;
    });
    return `${role}: ${said.join(', ')}`;
  });
}

/** Writes down what comes of a chain and when, in milliseconds: `5 end 1`, then `9 |` or `9 # paused`. */
export function timeline(source: Observable<StreamEvent>, scheduler: SchedulerLike): string[] {
  const lines: string[] = [];
  const write = (word: string) => lines.push(`${scheduler.now()} ${word}`);
  source.pipe(words()).subscribe({
    next: write,
    error: (error: LlmError) => write(`# ${error.code}`),
    complete: () => write('|'),
  });
  return lines;
}
