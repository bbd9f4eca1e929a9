// An item that is a call: for the client, or of a tool that the provider runs, with what came of it.
import { toAttachment } from '../../values/attachment.ts';
import type { StreamEvent } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import { GrowingText, ownMetadata, type ItemSink, type OpenItem } from './item.ts';
import { argumentsOf, callId, outputOf, textOf, toolName } from './toolItems.ts';
import type { OutputItem, ResponsesEvent } from './wire.ts';

/** The calls whose text is no JSON: it becomes the one argument of this name. */
const bareArguments: Readonly<Record<string, string>> = { custom_tool_call: 'input', code_interpreter_call: 'code' };

export class CallItem implements OpenItem {
  readonly #sink: ItemSink;
  readonly #messageIndex: number;
  readonly #isForClient: boolean;
  readonly #part_index: number;
  readonly #bare: string | undefined;
  readonly #text = new GrowingText();
  readonly #output = new GrowingText();
  #id: string;
  #name: string;
  #isQuoteOpen = false;
  #resultIndex: number | undefined;
  #hasImage = false;
  #ended = false;
  /** What was handed out of the server's own, as JSON. */
  #known = '{}';

  constructor(sink: ItemSink, messageIndex: number, item: OutputItem, isForClient: boolean) {
    this.#sink = sink;
    this.#messageIndex = messageIndex;
    this.#isForClient = isForClient;
    this.#bare = bareArguments[item.type];
    this.#part_index = sink.begin(messageIndex).part_index;
    this.#id = callId(item);
    this.#name = toolName(item);
    this.#emit('tool_call_name', this.#name);
  }

  take(event: ResponsesEvent): void {
    if (this.#ended) return;
    const [, field, step] = /[._](arguments|input|code)\.(delta|done)$/.exec(event.type ?? '') ?? [];
    if (step === 'delta') {
      const piece = textOf(event.delta);
      this.#text.add(piece);
      this.#say(piece);
    } else if (step === 'done') this.#say(this.#text.rest(event[field as 'arguments' | 'input' | 'code']));
  }

  complete(item: OutputItem): void {
    if (!this.#ended) {
      this.#id ||= callId(item);
      if (this.#name === '' && toolName(item) !== '') this.#emit('tool_call_name', (this.#name = toolName(item)));
      this.#say(this.#text.rest(this.#bare ? item[this.#bare] : argumentsOf(item)));
    }
    this.#describe(item);
    this.end();
    this.#showImage(item);
    this.#showOutput(item);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#bare) this.#emit('tool_call_args', `${this.#openQuote()}"}`);
    if (this.#id === '') {
      this.#id = `tc_${this.#sink.responseId}_${this.#part_index}`;
      this.#emit('tool_call_args', '', { rxllm: { synthetic_id: true } });
    }
    this.#sink.emit({ type: 'part_end', part_index: this.#part_index });
  }

  #say(piece: string): void {
    if (piece === '') return;
    const json = this.#bare ? this.#openQuote() + JSON.stringify(piece).slice(1, -1) : piece;
    this.#emit('tool_call_args', json);
  }

  #openQuote(): string {
    if (this.#isQuoteOpen) return '';
    this.#isQuoteOpen = true;
    return `{"${this.#bare}":"`;
  }

  /**
   * What the request after this one needs of the item. The attachment has it where the item is an image; and a call in
   * the form of the client's that the provider ran itself does not go back, for it would want a result.
   */
  #describe(item: OutputItem): void {
    const { type, namespace, caller, result } = item;
    if (type === 'image_generation_call' && textOf(result) !== '') return;
    if (type === 'custom_tool_call' && !this.#isForClient) return;
    const own: JsonObject =
      type === 'function_call' ? { ...(namespace && { namespace }), ...(caller && { caller }) } : { item };
    const json = JSON.stringify(own);
    if (json === this.#known) return;
    this.#known = json;
    this.#emit('tool_call_args', '', ownMetadata(this.#sink, own));
  }

  #showImage(item: OutputItem): void {
    const { result, ...others } = item;
    if (item.type !== 'image_generation_call' || textOf(result) === '' || this.#hasImage) return;
    this.#hasImage = true;
    const { part_index } = this.#sink.begin(this.#messageIndex);
    this.#sink.emit({
      type: 'attachment',
      attachment: toAttachment({ type: `image/${textOf(item.output_format) || 'png'}`, content: textOf(result) }),
      part_index,
      message_index: this.#messageIndex,
      provider_metadata: ownMetadata(this.#sink, { item: others }),
    });
    this.#sink.emit({ type: 'part_end', part_index });
  }

  #showOutput(item: OutputItem): void {
    const output = outputOf(item);
    if (output === undefined) return;
    const isFirst = this.#resultIndex === undefined;
    const part_index = (this.#resultIndex ??= this.#sink.begin(this.#messageIndex).part_index);
    const chunk = this.#output.rest(output);
    if (chunk !== '' || isFirst)
      this.#sink.emit({ ...this.#event('tool_result', chunk), tool_name: this.#name, part_index });
    if (isFirst) this.#sink.emit({ type: 'part_end', part_index });
  }

  #emit(type: 'tool_call_name' | 'tool_call_args', chunk: string, metadata?: JsonObject): void {
    this.#sink.emit({ ...this.#event(type, chunk), ...(metadata && { provider_metadata: metadata }) });
  }

  #event<K extends 'tool_call_name' | 'tool_call_args' | 'tool_result'>(type: K, chunk: string) {
    return {
      type,
      chunk,
      part_index: this.#part_index,
      message_index: this.#messageIndex,
      ...(this.#id && { tool_call_id: this.#id }),
      ...(!this.#isForClient && { server_executed: true }),
    } satisfies StreamEvent;
  }
}
