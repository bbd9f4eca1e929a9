// Prompts of clients: a model of the server's, asked once for each request id.
import { createHash, randomBytes } from 'node:crypto';
import type { ClientPrompt } from '../../protocol/messages.ts';
import type { Model } from '../../response/defineModel.ts';
import { type LlmResponse, restoreResponse } from '../../response/response.ts';
import { attachment } from '../../values/attachment.ts';
import { user } from '../../values/builders.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { Message } from '../../values/message.ts';
import type { ResponseJSON } from '../../values/responseJson.ts';
import type { HubStream } from '../hubStream.ts';

/** What a prompt of a client is made into a response from. */
export interface PromptRequest {
  /** What the client says: text, and files. */
  readonly message: Message;
  readonly model: Model;
  /** The turn that this follows on. */
  readonly parent?: LlmResponse;
  /** Who asks. */
  readonly principal: string;
}

export interface PromptModels {
  /** The models that clients may ask, by the names that they use; the first is asked where none is named. Default: none. */
  readonly models?: Readonly<Record<string, Model>> | undefined;
  /**
   * Makes the response: for system prompts, tools, options. Default: `parent.reply(message)` or `model.prompt(message)`.
   *
   * @example
   * respond: ({ message, model, parent }) => (parent ?? model).chain(message, { tools })
   */
  readonly respond?: ((request: PromptRequest) => LlmResponse) | undefined;
}

/** What prompts need of the hub. */
export interface PromptHost {
  /** The turn of a stream that the principal may attach to and that has ended. Rejects otherwise. */
  parentOf(principal: string, stream: string): Promise<ResponseJSON>;
  allows(principal: string, prompt: ClientPrompt): Promise<boolean>;
  publish(id: string, response: LlmResponse, owner: string): HubStream;
  refused(principal: string, reason: string): void;
}

export interface PromptLimits {
  readonly prompts: number;
  readonly attachmentBytes: number;
}

/** A request that was taken. */
interface Taken {
  readonly stream: HubStream;
  /** Of the prompt, which may be large. */
  readonly digest: string;
}

export class Prompts {
  readonly #host: PromptHost;
  readonly #models: ReadonlyMap<string, Model>;
  readonly #respond: (request: PromptRequest) => LlmResponse;
  readonly #limits: PromptLimits;
  readonly #taken = new Map<string, Taken>();
  /** Where in `#taken` a stream is. */
  readonly #keys = new WeakMap<HubStream, string>();

  constructor(host: PromptHost, { models = {}, respond = answer }: PromptModels, limits: PromptLimits) {
    this.#host = host;
    this.#models = new Map(Object.entries(models));
    this.#respond = respond;
    this.#limits = limits;
  }

  /** The stream of a prompt: a new one, or that of the same request before. Rejects with LlmError. */
  async ask(principal: string, prompt: ClientPrompt): Promise<HubStream> {
    const message = this.#messageOf(prompt);
    const { reply_to } = prompt;
    if (!(await this.#host.allows(principal, prompt))) {
      throw new LlmError('permission', 'prompts are not taken from you');
    }
    const digest = digestOf(prompt);
    const before = this.#before(principal, prompt, digest);
    if (before) return before;
    const model = this.#modelOf(prompt);
    const parent = reply_to === undefined ? undefined : await this.#host.parentOf(principal, reply_to);
    // From here on nothing waits, so of two that are the same only one comes this far.
    const meanwhile = this.#before(principal, prompt, digest);
    if (meanwhile) return meanwhile;
    this.#count(principal);
    const request = { message, model, principal, ...(parent && { parent: restoreResponse(model, parent) }) };
    const stream = this.#host.publish(randomBytes(16).toString('base64url'), this.#respond(request), principal);
    const key = keyOf(principal, prompt);
    this.#taken.set(key, { stream, digest });
    this.#keys.set(stream, key);
    return stream;
  }

  /** A stream was forgotten, and so is its request. */
  forget(stream: HubStream): void {
    const key = this.#keys.get(stream);
    if (key !== undefined) this.#taken.delete(key);
  }

  #before(principal: string, prompt: ClientPrompt, digest: string): HubStream | undefined {
    const before = this.#taken.get(keyOf(principal, prompt));
    if (!before || before.digest === digest) return before?.stream;
    throw new LlmError('invalid_input', `request_id ${describe(prompt.request_id)} was used for another prompt`);
  }

  #modelOf({ model }: ClientPrompt): Model {
    const found = model === undefined ? this.#models.values().next().value : this.#models.get(model);
    if (found) return found;
    const names = [...this.#models.keys()].join(', ');
    if (names === '') throw new LlmError('unsupported', 'this server takes no prompts');
    throw new LlmError('unknown_model', `no model ${describe(model)}; there are ${names}`);
  }

  #messageOf({ text, attachments = [] }: ClientPrompt): Message {
    const bytes = attachments.reduce((sum, { content }) => sum + Buffer.byteLength(content, 'base64'), 0);
    if (bytes > this.#limits.attachmentBytes) {
      const most = this.#limits.attachmentBytes;
      throw new LlmError('invalid_input', `the attachments have ${bytes} bytes; at most ${most} are taken`);
    }
    return user(text, attachments.map(attachment));
  }

  #count(principal: string): void {
    const running = [...this.#taken.values()].filter(
      ({ stream }) => stream.owner === principal && stream.isLive,
    ).length;
    if (running < this.#limits.prompts) return;
    const reason = `${running} prompts are running; at most ${this.#limits.prompts} may`;
    this.#host.refused(principal, reason);
    throw new LlmError('rate_limited', `${reason} at a time: wait for one to end, or stop it`);
  }
}

function answer({ message, model, parent }: PromptRequest): LlmResponse {
  return parent ? parent.reply(message) : model.prompt(message);
}

function keyOf(principal: string, { request_id }: ClientPrompt): string {
  return JSON.stringify([principal, request_id]);
}

/** The same for the same prompt, in whatever order its keys came. */
function digestOf({ text, model, reply_to, attachments = [] }: ClientPrompt): string {
  const files = attachments.map(({ type, content }) => [type, content]);
  const plain = JSON.stringify([text, model ?? null, reply_to ?? null, files]);
  return createHash('sha256').update(plain).digest('base64url');
}
