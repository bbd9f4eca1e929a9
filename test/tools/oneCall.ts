// A chain in which one tool is called once.
import { from, lastValueFrom, map, of, toArray, type Observable, type OperatorFunction } from 'rxjs';
import { tool, type ChainOptions, type Message, type StreamEvent, type Tool, type ToolResultPart } from 'rxllm';
import { ofType } from 'rxllm/operators';
import { callEvents, countingModel, type CountingModel } from '../support/models.ts';

/** Calls the tool `t` with these arguments, then answers `ok`. */
export function caller(args: object = {}): CountingModel {
  return countingModel((_, index) => (index === 0 ? from(callEvents('t', args, 'c1')) : of('ok')));
}

/** The tool `t`, if only what it does matters. */
export function doing(run: Tool['run'] & {}): Tool {
  return tool({ name: 't', run });
}

/** What a chain that calls the tool tells of the call. */
export function told(
  given: Tool,
  args: object = {},
  options: ChainOptions & { readonly model?: CountingModel } = {},
): Observable<StreamEvent> {
  const { model = caller(args), ...others } = options;
  return model.chain('Hi', { tools: [given], ...others });
}

/** The events of the call, without those of the two turns around it. */
export async function eventsOfCall(given: Tool, args: object = {}, options: ChainOptions = {}): Promise<StreamEvent[]> {
  const events = await lastValueFrom(told(given, args, options).pipe(toArray()));
  return events.filter(({ type }) =>
    ['tool_progress', 'tool_approval', 'tool_output', 'nested'].some((own) => own === type),
  );
}

/** The values that it told on its way. */
export async function progressOf(given: Tool): Promise<unknown[]> {
  return (await eventsOfCall(given)).flatMap((event) => (event.type === 'tool_progress' ? [event.value] : []));
}

/** What the model reads after the call. */
export async function resultOf(given: Tool, args: object = {}, options: ChainOptions = {}): Promise<ToolResultPart> {
  return resultIn(await messagesAfter(given, args, options));
}

/** What the model is sent after the call. */
export async function messagesAfter(
  given: Tool,
  args: object = {},
  options: ChainOptions = {},
): Promise<readonly Message[]> {
  const model = caller(args);
  await lastValueFrom(told(given, args, { ...options, model }));
  return model.requests[1]?.messages ?? [];
}

function resultIn(messages: readonly Message[]): ToolResultPart {
  const results = messages.flatMap(({ parts }) => parts).filter((part) => part.type === 'tool_result');
  expect(results).toHaveLength(1);
  return results[0]!;
}

/** The outputs of tools, as they come. */
export function outputs(): OperatorFunction<StreamEvent, string> {
  return (source) =>
    source.pipe(
      ofType('tool_output'),
      map(({ result }) => result.output),
    );
}

/** Like a Promise of another library or another realm. */
export function foreignPromise<T>(value: T): PromiseLike<T> {
  const made = {};
  Reflect.set(made, 'then', (resolve: (value: T) => void) => resolve(value));
  return made as PromiseLike<T>;
}
