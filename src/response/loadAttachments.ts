// Loads the files of a request before it is sent: an edge, where a Promise may stand.
import { Observable } from 'rxjs';
import type { Message } from '../values/message.ts';
import type { Attachment, Part } from '../values/part.ts';

/**
 * The messages with the attachments put in that `load` gives for those they have, also those of tool results; it gives
 * undefined for one that stays. Emits once, synchronously when nothing is to be loaded; the same attachment is loaded
 * once. Errors with the first error of a load.
 */
export function loadAttachments(
  messages: readonly Message[],
  load: (attachment: Attachment) => Observable<Attachment> | undefined,
): Observable<readonly Message[]> {
  return new Observable((subscriber) => {
    const loaded = new Map<Attachment, Attachment>();
    const loads = new Map<Attachment, Observable<Attachment>>();
    for (const attachment of messages.flatMap(({ parts }) => parts.flatMap(attachmentsOf))) {
      const file$ = loads.has(attachment) ? undefined : load(attachment);
      if (file$) loads.set(attachment, file$);
    }
    let missing = loads.size;
    const hand = (result: readonly Message[]) => {
      subscriber.next(result);
      subscriber.complete();
    };
    if (missing === 0) hand(messages);
    for (const [attachment, file$] of loads) {
      subscriber.add(
        file$.subscribe({
          next: (file) => loaded.set(attachment, file),
          error: (error: unknown) => subscriber.error(error),
          complete() {
            missing -= 1;
            if (missing === 0) hand(replaceIn(messages, loaded));
          },
        }),
      );
    }
  });
}

function attachmentsOf(part: Part): readonly Attachment[] {
  if (part.type === 'attachment') return part.attachment ? [part.attachment] : [];
  return part.type === 'tool_result' ? (part.attachments ?? []) : [];
}

function replaceIn(messages: readonly Message[], loaded: ReadonlyMap<Attachment, Attachment>): readonly Message[] {
  const replaced = (attachment: Attachment) => loaded.get(attachment) ?? attachment;
  return messages.map((message) => ({
    ...message,
    parts: message.parts.map((part): Part => {
      if (part.type === 'attachment' && part.attachment) return { ...part, attachment: replaced(part.attachment) };
      if (part.type === 'tool_result' && part.attachments) {
        return { ...part, attachments: part.attachments.map(replaced) };
      }
      return part;
    }),
  }));
}
