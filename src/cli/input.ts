// Standard input.
import { Observable } from 'rxjs';

/** Standard input, read at most once, and only when somebody asks for it. */
export class Stdin {
  #bytes: Promise<Uint8Array> | undefined;

  /** Whether a person would have to type it. */
  get isTerminal(): boolean {
    return process.stdin.isTTY;
  }

  /** Whether it has been read, and so belongs to whoever did. */
  get isTaken(): boolean {
    return this.#bytes !== undefined;
  }

  bytes(): Promise<Uint8Array> {
    return (this.#bytes ??= readAll());
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** Nobody waits for it any more. */
  close(): void {
    if (this.#bytes) process.stdin.destroy();
  }
}

async function readAll(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Emits what was piped in, a space, and what was given, as llm joins them. Unsubscribing closes standard input. */
export function pipedPrompt(given = ''): Observable<string> {
  return new Observable((subscriber) => {
    const stdin = new Stdin();
    subscriber.add(() => stdin.close());
    const read = async () => {
      subscriber.next(joined(stdin.isTerminal ? '' : await stdin.text(), given));
      subscriber.complete();
    };
    read().catch((error: unknown) => subscriber.error(error));
  });
}

export function joined(...pieces: readonly string[]): string {
  return pieces.filter((piece) => piece !== '').join(' ');
}
