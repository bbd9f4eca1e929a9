// A race of models: the answers side by side on a terminal, one after the other through a pipe.
import {
  catchError,
  defer,
  EMPTY,
  finalize,
  forkJoin,
  ignoreElements,
  merge,
  switchMap,
  tap,
  type Observable,
} from 'rxjs';
import { userRegistry } from '../../models/getModel.ts';
import type { Model } from '../../response/defineModel.ts';
import { messageOf } from '../../values/describe.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Usage } from '../../values/usage.ts';
import { usageText } from '../display.ts';
import { pipedPrompt } from '../input.ts';
import { stdout } from '../output.ts';
import { loadPlugins } from '../plugins/loadPlugins.ts';
import { Lanes, type Lane } from './lanes.ts';

export interface RaceSetting {
  readonly names: readonly string[];
  readonly prompt: string | undefined;
  readonly system: string | undefined;
  readonly options: JsonObject;
  readonly usage: boolean;
}

/** Completes when all have answered or failed; errors when all have failed. */
export function race({ names, prompt, system, options, usage }: RaceSetting): Observable<unknown> {
  const models$ = defer(async () => {
    const registry = await userRegistry({ providers: (await loadPlugins()).providers });
    // All are there before any is asked.
    return Promise.all(
      names.map(async (name) => ({
        model: await registry.getModel(name),
        all: { ...registry.defaultOptions(name), ...options },
      })),
    );
  });
  return forkJoin([models$, pipedPrompt(prompt)]).pipe(
    switchMap(([models, text]) => {
      const lanes = new Lanes(names, stdout.isTerminal ? process.stdout : undefined);
      const asked = models.map(({ model, all }, at) => ask(model, text, all, lanes.lane(at)));
      return merge(...asked).pipe(finalize(() => lanes.end()));
    }),
  );

  function ask(model: Model, text: string, all: JsonObject, lane: Lane): Observable<never> {
    const begun = Date.now();
    let counted: Usage | undefined;
    const seconds = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`;
    return model.prompt(text, { ...(system !== undefined && { system }), options: all, hideReasoning: true }).pipe(
      tap({
        next(event) {
          if (event.type === 'text') lane.write(event.chunk);
          else if (event.type === 'reset') lane.clear();
          else if (event.type === 'usage') counted = event.usage;
        },
        complete: () => lane.end(usage ? `${seconds()}, ${usageText(counted)}` : seconds()),
      }),
      ignoreElements(),
      catchError((error: unknown) => {
        lane.fail(messageOf(error));
        return EMPTY;
      }),
    );
  }
}
