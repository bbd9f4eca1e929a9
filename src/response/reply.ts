// What a reply is sent: the history of the response replied to, with the results of the tools that it asked for.
import { Observable } from 'rxjs';
import { cancelled, overtaken } from '../tools/callResult.ts';
import { executeCalls } from '../tools/execute.ts';
import type { Tool } from '../tools/tool.ts';
import type { Message } from '../values/message.ts';
import type { ToolResultPart } from '../values/part.ts';
import { pendingCalls } from '../values/pendingCalls.ts';
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
        subscriber.next(turn.toPrompt([...history(outcome, results), ...added]));
        subscriber.complete();
      });
    const giveUp = source.whenEnded((outcome) =>
      guarded(() => {
        if (outcome.error && !(isSingle(source) && outcome.hasPrompt)) throw outcome.error;
        if (toolResults)
          proceed(
            outcome,
            toolResults.map((result) => ({ ...result, type: 'tool_result' })),
          );
        else if (isChain) proceed(outcome, added.length + turn.messages.length > 0 ? cancelledCalls(outcome) : []);
        else {
          const executed = resultsOf(outcome, turn);
          subscriber.add(
            executed.whenSet(({ results, error }) => {
              if (error !== undefined) subscriber.error(error);
              else proceed(outcome, results);
            }),
          );
        }
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

/** What came of the calls of a response. */
interface Executed {
  readonly results: readonly ToolResultPart[];
  readonly error?: unknown;
}

interface Execution {
  readonly tools: readonly Tool[];
  readonly executed: Once<Executed>;
}

// Kept with the outcome: a retry or a second branch gets the results that the first one got.
const executions = new WeakMap<Outcome, Execution[]>();

function resultsOf(outcome: Outcome, { tools, scheduler }: Turn): Once<Executed> {
  const known = executions.get(outcome) ?? [];
  const before = known.find((execution) => isSameSet(execution.tools, tools));
  if (before) return before.executed;
  const executed = new Once<Executed>();
  executions.set(outcome, [...known, { tools, executed }]);
  const { prompt, messages } = outcome.toJSON();
  const said = [...prompt.messages, ...messages];
  // Not tied to the subscriber: a tool that has begun cannot be taken back, so its result is kept for the next reply.
  executeCalls(pendingCalls(messages), { tools, messages: said, scheduler }, (done) => executed.set(done));
  return executed;
}

function isSameSet(a: readonly Tool[], b: readonly Tool[]): boolean {
  return a.length === b.length && a.every((tool) => b.includes(tool));
}
