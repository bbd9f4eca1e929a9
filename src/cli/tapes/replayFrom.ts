// Shows the answers of a tape again, by the protocol that they are in.
import { readFile } from 'node:fs/promises';
import { concat, defer, switchMap, type Observable } from 'rxjs';
import type { Model } from '../../response/defineModel.ts';
import { replay } from '../../testing/replay.ts';
import { parseTapes, type Tape } from '../../testing/tape.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { display } from '../display.ts';
import { showRaw } from '../show.ts';

export interface ReplaySetting {
  /** How many times as fast as it was recorded. */
  readonly speed: number;
  readonly reasoning: boolean;
  readonly usage: boolean;
}

/** Errors as the answer did, and with `invalid_input` for a file that is no tape. */
export function replayFrom(file: string, { speed, ...options }: ReplaySetting): Observable<unknown> {
  return defer(() => read(file)).pipe(
    switchMap((tapes) =>
      concat(
        ...tapes.map((tape) =>
          defer(() => modelOf(tape, speed)).pipe(
            switchMap((model) => model.prompt('')),
            display(showRaw(), options),
          ),
        ),
      ),
    ),
  );
}

async function read(file: string): Promise<readonly Tape[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new LlmError('invalid_input', `the tape ${describe(file)} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return parseTapes(text);
}

/** The protocol, by the path that was asked. */
async function modelOf(tape: Tape, speed: number): Promise<Model> {
  const { pathname } = new URL(tape.url);
  const settings = {
    model: 'tape',
    apiKey: 'none',
    baseUrl: 'http://127.0.0.1',
    maxRetries: 0,
    fetch: replay(tape, { speed }),
  };
  if (pathname.endsWith('/chat/completions')) return (await import('../../providers/openai.ts')).openaiChat(settings);
  if (pathname.endsWith('/responses')) return (await import('../../providers/openai.ts')).openaiResponses(settings);
  if (pathname.endsWith('/messages')) return (await import('../../providers/anthropic.ts')).anthropic(settings);
  if (/:(?:streamG|g)enerateContent$/.test(pathname))
    return (await import('../../providers/gemini.ts')).gemini(settings);
  if (pathname.endsWith('/api/chat')) return (await import('../../providers/ollama.ts')).ollama(settings);
  throw new LlmError('invalid_input', `the tape is of ${tape.url}, which no provider of rxllm asks`);
}
