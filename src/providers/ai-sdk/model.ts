// A model of the AI SDK as a model of rxllm (https://github.com/vercel/ai, packages/provider).
import { toHeaders } from '../../http/headers.ts';
import type { Fetch } from '../../http/request.ts';
import { toLimits, type Timeouts } from '../../http/timeouts.ts';
import { withRetry } from '../../middleware/withRetry.ts';
import { defineModel, type Model } from '../../response/defineModel.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { isRecord, isText } from '../shared/options.ts';
import { toCallOptions, type CallSettings } from './call.ts';
import { PartDecoder } from './decode.ts';
import { withFiles } from './downloads.ts';
import { toRunError } from './errors.ts';
import { vendorOf } from './notes.ts';
import { aiSdkOptions, type AiSdkModelOptions } from './options.ts';
import { readStream, readWhole, type Call, type Started } from './read.ts';
import type { AiSdkModel, AiSdkProviderTool, AiSdkWarning, CallOptions, GenerateResult } from './types.ts';
import { toV3 } from './v3.ts';

export interface FromAiSdkOptions extends CallSettings {
  /** Tools that the provider brings along, by the names they are to have: `{ search: openai.tools.webSearch() }`. */
  readonly providerTools?: Readonly<Record<string, AiSdkProviderTool>> | undefined;
  /** Sent with every request, over those that the provider sends anyway. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Called with what the model says of settings that it does not use, as a part of the stream. */
  readonly onWarning?: ((warning: AiSdkWarning) => void) | undefined;
  /** Used instead of `globalThis.fetch` for files that the provider does not fetch itself. */
  readonly fetch?: Fetch | undefined;
  /** How long the model may be silent, in milliseconds. Default: four minutes for each wait. */
  readonly timeouts?: Timeouts | undefined;
  /** How often a request is made again that failed before its answer began; 0 for never. Default 2. */
  readonly maxRetries?: number | undefined;
}

/**
 * Any language model of the AI SDK, with everything that rxllm has. Keys and addresses are the matter of the AI SDK's
 * provider.
 *
 * Its responses error with LlmError by the status that the server answered (`auth`, `rate_limited`, …), and with
 * `connection`, `truncated`, `provider_error`, `bad_response`, `missing_key`, `unsupported`.
 *
 * @throws LlmError `invalid_input` for what is no language model of version 3 or 4, or headers that cannot be sent.
 *
 * @example
 * import { createOpenAI } from '@ai-sdk/openai';
 * const model = fromAiSdk(createOpenAI({ apiKey })('gpt-5'));
 * model.prompt('Why is the sky blue?').pipe(text()).subscribe((chunk) => process.stdout.write(chunk));
 */
export function fromAiSdk(model: AiSdkModel, settings: FromAiSdkOptions = {}): Model<AiSdkModelOptions> {
  checkModel(model);
  const { onWarning, fetch, timeouts, maxRetries } = settings;
  toLimits(timeouts);
  const headers = toHeaders(settings.headers);
  const vendor = vendorOf(model.provider);

  return withRetry(
    defineModel<AiSdkModelOptions>({
      id: model.modelId,
      provider: vendor,
      options: aiSdkOptions,
      stream(request, { key, scheduler }) {
        if (key !== undefined) {
          throw new LlmError('unsupported', 'a model of the AI SDK has its key already: give it to the provider there');
        }
        const toError: Call['toError'] = (thrown, hasBegun) => toRunError(thrown, { headers, scheduler, hasBegun });
        const decoding = { by: vendor, onWarning, toError: (thrown: unknown) => toError(thrown, true) };
        const transport = { fetch, timeouts, scheduler };
        const call: Call = {
          createDecoder: (out) => new PartDecoder(out, decoding),
          toError,
          silence: { timeouts, scheduler, isWhole: !request.stream, who: `${model.provider} ${model.modelId}` },
        };
        return withFiles(request, model, transport, (ready) => {
          const options = toCallOptions(ready, vendor, settings);
          return request.stream
            ? readStream((abortSignal) => doStream(model, { ...options, abortSignal }), call)
            : readWhole((abortSignal) => doGenerate(model, { ...options, abortSignal }), request.raw, call);
        });
      },
    }),
    { maxRetries },
  );
}

function checkModel(model: unknown): asserts model is AiSdkModel {
  const { specificationVersion: version, provider, modelId } = isRecord(model) ? model : {};
  if ((version === 'v3' || version === 'v4') && isText(provider) && isText(modelId)) return;
  const what = version === undefined ? describe(model) : `one of version ${describe(version)}`;
  throw new LlmError(
    'invalid_input',
    `fromAiSdk needs a language model of version 3 or 4 of the AI SDK, such as openai('gpt-5'), not ${what}`,
  );
}

function doStream(model: AiSdkModel, options: CallOptions): PromiseLike<Started> {
  return model.specificationVersion === 'v4' ? model.doStream(options) : model.doStream(toV3(options));
}

function doGenerate(model: AiSdkModel, options: CallOptions): PromiseLike<GenerateResult> {
  return model.specificationVersion === 'v4' ? model.doGenerate(options) : model.doGenerate(toV3(options));
}
