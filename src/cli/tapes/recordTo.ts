// Asks a model and writes a tape of what its provider sends.
import { appendFileSync, closeSync, openSync, rmSync } from 'node:fs';
import { concat, defer, EMPTY, forkJoin, switchMap, throwError, type Observable } from 'rxjs';
import type { Fetch } from '../../http/request.ts';
import { userRegistry } from '../../models/getModel.ts';
import { codeOf } from '../../store/lowdb/folders.ts';
import { record } from '../../testing/record.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonObject } from '../../values/json.ts';
import { display } from '../display.ts';
import { pipedPrompt } from '../input.ts';
import { stderr } from '../output.ts';
import { loadPlugins } from '../plugins/loadPlugins.ts';
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
  const keys = new Set<string>();
  const write = (tape: string) => {
    appendFileSync(file, withoutKeys(tape, keys));
    tapes += 1;
    stderr.line(`${file} has ${tapes === 1 ? 'one answer' : `${tapes} answers`}`, 'dim');
  };
  let isAsked = false;
  const recording = noting(keys, record(write));
  const fetch: Fetch = (url, init) => {
    isAsked = true;
    return recording(url, init);
  };
  const model$ = defer(async () => {
    const registry = await userRegistry({ providers: (await loadPlugins()).providers });
    const model = await registry.getModel(name, { key, fetch });
    create(file);
    return { model, all: { ...registry.defaultOptions(name), ...options } };
  });
  const nothingSent$ = defer(() => {
    // Not by the tapes: the last one may be written a moment after the answer.
    if (isAsked) return EMPTY;
    rmSync(file, { force: true });
    const why = 'the model has asked no server, so there is nothing to record';
    return throwError(() => new LlmError('invalid_input', `${why}; give -m PROVIDER/NAME`));
  });
  const answer$ = forkJoin([model$, pipedPrompt(prompt)]).pipe(
    switchMap(([{ model, all }, text]) =>
      model.prompt(text, { ...(system !== undefined && { system }), options: all, stream }),
    ),
    display(showRaw(), { reasoning: true, usage: false }),
  );
  return concat(answer$, nothingSent$);
}

/** Keeps the keys that are sent: a server may repeat the one that it refuses. */
function noting(keys: Set<string>, fetch: Fetch): Fetch {
  return (url, init) => {
    for (const [name, value] of new Headers(init.headers)) {
      if (/^authorization$|key$/.test(name)) keys.add(value.replace(/^Bearer /i, ''));
    }
    return fetch(url, init);
  };
}

/** Shorter ones say nothing, and stand everywhere. */
const minLength = 8;

function withoutKeys(tape: string, keys: ReadonlySet<string>): string {
  return [...keys].filter(({ length }) => length >= minLength).reduce((text, key) => text.replaceAll(key, '***'), tape);
}

function create(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (cause) {
    const why = codeOf(cause) === 'EEXIST' ? 'it is there already' : messageOf(cause);
    throw new LlmError('invalid_input', `the tape ${describe(file)} cannot be written: ${why}`, { cause });
  }
}
