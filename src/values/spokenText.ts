// The text of a history as it is shown.
import type { Message } from './message.ts';

/** What llm shows between the texts of two turns: a space, where neither has one. */
export function separator(before: string, after: string): '' | ' ' {
  return before === '' || after === '' || /\s/.test(before.at(-1)!) || /\s/.test(after[0]!) ? '' : ' ';
}

/** All text of the answers, with what is shown between turns. */
export function spokenText(messages: readonly Message[]): string {
  let text = '';
  let isNewTurn = false;
  for (const message of messages) {
    const said = isGiven(message) ? '' : textOf(message, 'text');
    if (said !== '') text += (isNewTurn ? separator(text, said) : '') + said;
    isNewTurn = isGiven(message) || (isNewTurn && said === '');
  }
  return text;
}

/** All reasoning of the answers. */
export function spokenReasoning(messages: readonly Message[]): string {
  return messages.map((message) => (isGiven(message) ? '' : textOf(message, 'reasoning'))).join('');
}

/** Whether it is no answer: a chain has such messages, because it goes on from them. */
export function isGiven({ role }: Message): boolean {
  return role === 'user' || role === 'tool' || role === 'system';
}

function textOf({ parts }: Message, type: 'text' | 'reasoning'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}
