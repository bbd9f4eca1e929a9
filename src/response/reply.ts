// What a reply is sent: the history of the response replied to, with the results of the tools that it asked for.
import { Observable, type SchedulerLike } from 'rxjs';
import { cancelled, overtaken } from '../tools/callResult.ts';
import { executeCalls } from '../tools/execute.ts';
import { PauseChain, type Tool } from '../tools/tool.ts';
import { LlmError } from '../values/error.ts';
import type { Message } from '../values/message.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { pendingCalls } from '../values/pendingCalls.ts';
import type { PromptJSON } from '../values/responseJson.ts';
import { Once } from './once.ts';
import { isSingle, type Outcome, type ResponseSource } from './outcome.ts';
import type { Prompt, PromptOptions, Turn } from './prompt.ts';
import { resultMessages } from './resultMessages.ts';

/** What a reply adds to the history. */
export interface Reply {
  /** The checked arguments, but for the two below. */
  readonly turn: Turn;
  /** Messages to put after the results of tools. */
  readonly added: readonly Message[];
  /** Results to use instead of running the tools. */
  readonly toolResults: PromptOptions['toolResults'];
  /** A chain runs by itself what its history waits for. */
  readonly isChain: boolean;
}

/**
 * Emits the prompt of a reply, once. Runs the response replied to if nobody has, and the tools it waits for if nobody
 * has with the same tools; errors as it does, except that a response with one run only is taken as far as it came.
 */
export function replyPrompt(source: ResponseSource, { turn, added, toolResults, isChain }: Reply): Observable<Prompt> {
  const saysNothing = added.length + turn.messages.length === 0;
  return new Observable((subscriber) => {
    // Listeners are called by the run that they wait for, so what goes wrong here must not reach it.
    const guarded = (step: () => void) => {
      try {
        step();
      } catch (error) {
        subscriber.error(error);
      }
    };
    const proceed = (outcome: Outcome, results: readonly ToolResultPart[]) =>
      guarded(() => {
        const goesOn = isChain && saysNothing ? instructions(outcome.toJSON().prompt) : undefined;
        subscriber.next(turn.toPrompt([...history(outcome, results), ...added], goesOn));
        subscriber.complete();
      });
    const execute = (outcome: Outcome) => {
      const executed = resultsOf(outcome, turn);
      subscriber.add(
        executed.whenSet(({ results, error }) => {
          if (error === undefined) proceed(outcome, results);
          else guarded(() => subscriber.error(pausedWith(outcome, results, error)));
        }),
      );
    };
    const giveUp = source.whenEnded((outcome) =>
      guarded(() => {
        if (outcome.error && !(isSingle(source) && outcome.hasPrompt)) throw outcome.error;
        if (toolResults)
          proceed(
            outcome,
            toolResults.map((result) => ({ ...result, type: 'tool_result' })),
          );
        else if (!isChain) execute(outcome);
        else proceed(outcome, saysNothing ? [] : cancelledCalls(outcome));
      }),
    );
    subscriber.add(giveUp);
  });
}

function history(outcome: Outcome, results: readonly ToolResultPart[]): readonly Message[] {
  const { prompt, messages } = outcome.toJSON();
  return [...prompt.messages, ...messages, ...resultMessages(results)];
}

/** What is said now ends the matter. */
function cancelledCalls(outcome: Outcome): readonly ToolResultPart[] {
  return pendingCalls(outcome.toJSON().messages).map((call) => cancelled(call, 'Cancelled', overtaken));
}

/** Those that stand in no message, because the history of that turn was given. */
function instructions({ system, messages }: PromptJSON): string | undefined {
  const isSaid = messages.some(
    ({ role, parts }) =>
      role === 'system' && parts.some((part) => part.type === 'text' && part.text.includes(system?.trim() ?? '')),
  );
  return isSaid ? undefined : system;
}

/** What there is, so that it can be gone on from: the response replied to, and the results of its tools. */
function pausedWith(outcome: Outcome, results: readonly ToolResultPart[], error: unknown): unknown {
  if (!(error instanceof PauseChain)) return error;
  const json = outcome.toJSON();
  const partial = { ...json, messages: [...json.messages, ...resultMessages(results)], status: 'failed' as const };
  return new LlmError('paused', error.message, { cause: error, partial });
}

/** What came of the calls of a response, in their order. */
interface Executed {
  readonly results: readonly ToolResultPart[];
  readonly error?: unknown;
}

interface Execution {
  readonly tools: readonly Tool[];
  /** By the calls. */
  readonly results: Map<ToolCallPart, ToolResultPart>;
  /** Undefined once it has failed: what is missing is run by the next reply. */
  executed: Once<Executed> | undefined;
}

// Kept with the outcome: a retry or a second branch gets the results that the first one got.
const executions = new WeakMap<Outcome, Execution[]>();

function resultsOf(outcome: Outcome, { tools, scheduler }: Turn): Once<Executed> {
  const known = executions.get(outcome) ?? [];
  let execution = known.find((other) => isSameSet(other.tools, tools));
  if (execution?.executed) return execution.executed;
  if (!execution) {
    execution = { tools, results: new Map(), executed: undefined };
    executions.set(outcome, [...known, execution]);
  }
  return run(execution, outcome, scheduler);
}

function run(execution: Execution, outcome: Outcome, scheduler: SchedulerLike): Once<Executed> {
  const { tools, results } = execution;
  const executed = new Once<Executed>();
  execution.executed = executed;
  const { prompt, messages } = outcome.toJSON();
  const calls = pendingCalls(messages);
  const missing = calls.filter((call) => !results.has(call));
  // Not tied to the subscriber: a tool that has begun cannot be taken back, so its result is kept for the next reply.
  executeCalls(missing, { tools, messages: [...prompt.messages, ...messages], scheduler }, (done) => {
    for (const [call, result] of done.results) results.set(call, result);
    if (done.error !== undefined) execution.executed = undefined;
    executed.set({ ...done, results: calls.flatMap((call) => results.get(call) ?? []) });
  });
  return executed;
}

function isSameSet(a: readonly Tool[], b: readonly Tool[]): boolean {
  return a.length === b.length && a.every((tool) => b.includes(tool));
}
