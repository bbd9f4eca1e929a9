// An item that holds nothing but what a tool of the provider gave back: `shell_call_output`, `mcp_list_tools`, …
import { ownMetadata, type ItemSink, type OpenItem } from './item.ts';
import { callId, resultText, toolName } from './toolItems.ts';
import type { OutputItem } from './wire.ts';

export class ResultItem implements OpenItem {
  readonly #sink: ItemSink;
  readonly #messageIndex: number;
  #done = false;

  constructor(sink: ItemSink, messageIndex: number) {
    this.#sink = sink;
    this.#messageIndex = messageIndex;
  }

  complete(item: OutputItem): void {
    if (this.#done) return;
    this.#done = true;
    const id = callId(item);
    const { part_index } = this.#sink.begin(this.#messageIndex);
    this.#sink.emit({
      type: 'tool_result',
      chunk: resultText(item),
      part_index,
      message_index: this.#messageIndex,
      ...(id && { tool_call_id: id }),
      tool_name: toolName(item),
      server_executed: true,
      provider_metadata: ownMetadata(this.#sink, { item }),
    });
    this.#sink.emit({ type: 'part_end', part_index });
  }

  end(): void {
    // Whole or not at all: what has not come makes no part.
  }
}
