// `--td`: what the model calls, and what comes of it, while it happens.
import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { StreamEvent } from '../../values/event.ts';
import type { Part } from '../../values/part.ts';
import { stderr, stdout, type Style } from '../output.ts';
import { showJson, showText } from './showJson.ts';

/** Writes one line, and ends the line that is open before it. */
export type WriteLine = (text: string, style?: Style) => void;

/**
 * Prints the tool calls of each turn with their arguments, and the results as they come, also those of chains inside of
 * tools; nothing else of a request is printed, so no key is. All is indented below its title, so that no result looks
 * like another call, and what cannot be seen is written as `\u202e`.
 */
export function debugTools(write: WriteLine = toStderr): MonoTypeOperatorFunction<StreamEvent> {
  return (source) => {
    const names = new Map<string, string>();
    const print = (title: string, body: string, style: Style) => {
      write(title, style);
      write(indented(body));
    };
    const printPart = (part: Part, within: string) => {
      if (part.type === 'tool_call') {
        names.set(part.tool_call_id ?? part.name, nameOf(part));
        const where = part.server_executed ? ' (run by the provider)' : '';
        print(`Tool call: ${within}${nameOf(part)}${where}`, showJson(part.arguments), 'yellow');
      } else if (part.type === 'tool_result') {
        const style = part.exception === undefined ? 'yellow' : 'red';
        print(`Tool result: ${within}${nameOf(part)}`, showText(part.output), style);
        for (const { type = 'file', url, path } of part.attachments ?? []) {
          write(indented(showText(`[${[type, url ?? path ?? ''].join(' ').trim()}]`)), 'dim');
        }
      }
    };
    const look = (event: StreamEvent, within: string): void => {
      switch (event.type) {
        case 'turn_end':
          // Calls are whole now, and none has run but those that are eager; of the provider's the results are here too.
          for (const part of event.response.messages.flatMap(({ parts }) => parts)) printPart(part, within);
          break;
        case 'tool_output':
          printPart(event.result, within);
          break;
        case 'nested':
          look(event.event, `${within}${event.path.map((id) => `${names.get(id) ?? '?'} > `).join('')}`);
          break;
        default:
          break;
      }
    };
    return source.pipe(tap((event) => look(event, '')));
  };
}

/** A model may ask for a tool of any name. */
function nameOf({ name }: { readonly name: string }): string {
  return /^[\w-]+$/.test(name) ? name : showJson(name);
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

function toStderr(text: string, style?: Style): void {
  stderr.endLine();
  if (stdout.isTerminal) stdout.endLine();
  stderr.line(text, style);
}
