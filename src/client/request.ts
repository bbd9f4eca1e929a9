// A question to the hub with one answer: asked again when the connection breaks before that.
import { Observable } from 'rxjs';
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts';
import { LlmError } from '../values/error.ts';
import type { Link } from './link.ts';

type Answer = Extract<ServerMessage, { readonly request_id: string }>;
type Question = Extract<ClientMessage, { readonly request_id: string }>;

/** Asks at subscription, and emits what `select` makes of the answer. The same question twice has the same effect as once. */
export function request<T>(link: Link, makeQuestion: () => Question, select: (answer: Answer) => T): Observable<T> {
  return new Observable((subscriber) => {
    const question = makeQuestion();
    const { request_id } = question;
    const ask = () => link.send(question);
    const hear = (message: ServerMessage) => {
      if (!('request_id' in message) || message.request_id !== request_id) return;
      if (message.type === 'refused') {
        const { code, message: why, retryable } = message.error;
        subscriber.error(new LlmError(code, why, { retryable }));
      } else {
        subscriber.next(select(message));
        subscriber.complete();
      }
    };
    subscriber.add(link.messages$.subscribe(hear));
    subscriber.add(link.refused$.subscribe((error) => subscriber.error(error)));
    subscriber.add(link.opened$.subscribe(ask));
    subscriber.add(link.use());
    if (link.isOpen) ask();
  });
}

/** 128 random bits; `crypto.randomUUID()` is for pages of `https:` only. */
export function newRequestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
