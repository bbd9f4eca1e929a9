// Asks a model and writes a tape of what its provider sends.
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { defer, forkJoin, switchMap, type Observable } from 'rxjs';
import { userRegistry } from '../../models/getModel.ts';
import { codeOf } from '../../store/lowdb/folders.ts';
import { record } from '../../testing/record.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonObject } from '../../values/json.ts';
import { display } from '../display.ts';
import { pipedPrompt } from '../input.ts';
import { stderr } from '../output.ts';
import { showRaw } from '../show.ts';

export interface RecordSetting {
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  readonly key?: string | undefined;
  readonly stream: boolean;
  readonly options: JsonObject;
}

/** Errors with `invalid_input` when the file is there or cannot be written; nothing is sent then. */
export function recordTo(
  file: string,
  prompt: string | undefined,
  { model: name, key, system, stream, options }: RecordSetting,
): Observable<unknown> {
  let tapes = 0;
  const write = (tape: string) => {
    appendFileSync(file, tape);
    tapes += 1;
    stderr.line(`${file} has ${tapes === 1 ? 'one answer' : `${tapes} answers`}`, 'dim');
  };
  const model$ = defer(async () => {
    const registry = await userRegistry();
    const model = await registry.getModel(name, { key, fetch: record(write) });
    create(file);
    return model;
  });
  return forkJoin([model$, pipedPrompt(prompt)]).pipe(
    switchMap(([model, text]) => {
      return model.prompt(text, { ...(system !== undefined && { system }), options, stream });
    }),
    display(showRaw(), { reasoning: true, usage: false }),
  );
}

function create(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (cause) {
    const why = codeOf(cause) === 'EEXIST' ? 'it is there already' : messageOf(cause);
    throw new LlmError('invalid_input', `the tape ${describe(file)} cannot be written: ${why}`, { cause });
  }
}
