// `--ta`: somebody at the terminal decides about each call before it runs.
import { catchError, concatMap, map, of, Subject, tap, type MonoTypeOperatorFunction, type Observable } from 'rxjs';
import type { ToolApproval } from '../../response/chainOptions.ts';
import type { Tool } from '../../tools/tool.ts';
import type { StreamEvent } from '../../values/event.ts';
import type { ToolCallPart } from '../../values/part.ts';
import { stderr, stdout } from '../output.ts';
import { askOnTerminal, type TerminalQuestion } from './controllingTerminal.ts';
import { showJson } from './showJson.ts';

export interface TerminalApprovals {
  /** For the chain. */
  readonly approvals$: Observable<ToolApproval>;
  /** Behind the chain: sees which calls wait. */
  readonly watch: MonoTypeOperatorFunction<StreamEvent>;
}

/** The same tools, of which each call waits until somebody has approved it. */
export function withApproval(tools: readonly Tool[]): readonly Tool[] {
  return tools.map((tool) => ({ ...tool, needsApproval: true, eager: false }));
}

/**
 * Asks about the calls that need approval, one after the other, with all of their arguments. Only `y` approves. Where there is
 * no terminal every call is denied.
 *
 * @param ask How the line is got that answers; errors where nobody can be asked.
 *
 * @example
 * const { approvals$, watch } = terminalApprovals();
 * model.chain('Hi', { tools: withApproval(tools), approvals$ }).pipe(watch);
 */
export function terminalApprovals(
  ask: (question: TerminalQuestion) => Observable<string> = askBelow,
): TerminalApprovals {
  const calls$ = new Subject<ToolCallPart>();
  return {
    approvals$: calls$.pipe(
      concatMap((call) =>
        ask(questionOf(call)).pipe(
          map((line) => decision(call, isYes(line) ? undefined : 'the user has said no')),
          catchError(() => {
            const reason = 'nobody can be asked, because there is no terminal';
            stderr.line(`${call.name} is denied: ${reason}. Run it in a terminal, or without --ta.`, 'red');
            return of(decision(call, reason));
          }),
        ),
      ),
    ),
    watch: tap((event) => {
      if (event.type === 'tool_approval') calls$.next(event.call);
    }),
  };
}

function questionOf(call: ToolCallPart): TerminalQuestion {
  return {
    title: `Tool call: ${call.name}`,
    text: showJson(call.arguments),
    question: 'Approve tool call? [y/N]',
  };
}

function isYes(line: string): boolean {
  return /^\s*y(?:es)?\s*$/i.test(line);
}

function decision({ tool_call_id, name }: ToolCallPart, reason: string | undefined): ToolApproval {
  const id = tool_call_id ?? name;
  return reason === undefined ? { tool_call_id: id, approved: true } : { tool_call_id: id, approved: false, reason };
}

/** The question begins on a line of its own. */
function askBelow(question: TerminalQuestion): Observable<string> {
  stderr.endLine();
  if (stdout.isTerminal) stdout.endLine();
  return askOnTerminal(question);
}
