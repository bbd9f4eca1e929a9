// The built-in demo: a model that needs no key and no network. It is a script and says so. What it says is in
// demo/script.ts; here it is paced.
import { concatMap, defer, from, interval, map, zip } from 'rxjs';
import { defineModel, type Model } from '../response/defineModel.ts';
import { LlmError } from '../values/error.ts';
import type { DescribedSchema, SchemaIssue, StandardSchema } from '../values/standardSchema.ts';
import { toSteps } from './demo/events.ts';
import { script } from './demo/script.ts';

export interface DemoOptions {
  /** Milliseconds from one chunk to the next, on the scheduler of the prompt; 0 says everything synchronously. Default 25. */
  readonly chunkMs?: number;
}

/** The options that a prompt to the demo may have. */
export interface DemoModelOptions {
  /** Stop after so many chunks, reasoning included. */
  readonly max_tokens?: number;
}

/**
 * A model for trying things out and for tests: offline, and the same prompt always gets the same answer. It reasons,
 * answers questions about RxJS and rxllm, calls the tools that the words of the prompt ask for, fills a schema with
 * plausible values, and otherwise tells what reached it.
 *
 * @throws LlmError `invalid_input` when `chunkMs` is no time.
 *
 * @example
 * demo().prompt('What is a cold Observable?').pipe(text()).subscribe((chunk) => process.stdout.write(chunk));
 */
export function demo({ chunkMs = 25 }: DemoOptions = {}): Model<DemoModelOptions> {
  if (!Number.isFinite(chunkMs) || chunkMs < 0) {
    throw new LlmError('invalid_input', `chunkMs is a number of milliseconds from 0 up, not ${chunkMs}`);
  }
  return defineModel({
    id: 'demo',
    provider: 'demo',
    capabilities: { tools: true, schema: true, attachments: ['*/*'] },
    options: modelOptions,
    stream: (request, { scheduler }) =>
      defer(() => {
        const steps$ = from(toSteps(script(request), request));
        const paced$ = chunkMs === 0 ? steps$ : zip(steps$, interval(chunkMs, scheduler)).pipe(map(([step]) => step));
        return paced$.pipe(concatMap((events) => events));
      }),
  });
}

const modelOptions: StandardSchema<DemoModelOptions> & DescribedSchema = {
  '~standard': {
    version: 1,
    vendor: 'rxllm',
    jsonSchema: {
      input: () => ({ type: 'object', properties: { max_tokens: { description: 'a whole number from 1' } } }),
    },
    validate(value) {
      const issues = Object.entries(value as object).flatMap(([name, given]) => issue(name, given));
      return issues.length > 0 ? { issues } : { value: value as DemoModelOptions };
    },
  },
};

function issue(name: string, given: unknown): SchemaIssue[] {
  if (name !== 'max_tokens') return [{ path: [name], message: 'unknown; the only option is max_tokens' }];
  if (Number.isInteger(given) && Number(given) > 0) return [];
  return [{ path: [name], message: `must be a whole number from 1 up, not ${JSON.stringify(given)}` }];
}
