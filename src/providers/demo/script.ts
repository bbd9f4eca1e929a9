// What the demo says to a request: it picks a rule, thinks aloud about it, and follows it.
import type { ModelRequest } from '../../response/model.ts';
import type { Message } from '../../values/message.ts';
import type { Attachment, PartOf, Part } from '../../values/part.ts';
import type { DemoPart } from './events.ts';
import { fill } from './fill.ts';
import { isJsonObject } from '../shared/parts.ts';
import { askedTools } from './tools.ts';
import { topics } from './topics.ts';

const honesty = "I am rxllm's built-in demo: a script, not an AI.";

/** The parts of the answer, a pure function of the request. */
export function script(request: ModelRequest): readonly DemoPart[] {
  const said = rules.reduce<readonly DemoPart[] | undefined>((found, rule) => found ?? rule(request), undefined) ?? [];
  return request.hideReasoning ? said.filter(({ type }) => type !== 'reasoning') : said;
}

/** The first rule that has something to say is followed. */
const rules: readonly ((request: ModelRequest) => readonly DemoPart[] | undefined)[] = [
  callTools,
  fillSchema,
  tellResults,
  recallName,
  answerTopic,
  tellWhatArrived,
];

function callTools({ messages, tools }: ModelRequest): readonly DemoPart[] | undefined {
  const prompt = lastPrompt(messages);
  // Without a prompt after them, the results of tools are what is to be answered.
  if (prompt === undefined) return undefined;
  const asked = askedTools(prompt, tools);
  if (asked.length === 0) return undefined;
  const why = asked.map(({ tool, word }) => `“${word}” asks for the tool ${tool.name}`).join(', ');
  return [
    thought(`I am a script, so I look for words that my tools have too: ${why}.`),
    ...asked.map(({ tool, prompt: own }): DemoPart => {
      const filled = fill({ type: 'object', ...tool.input_schema }, own, 'when offered');
      return { type: 'tool_call', name: tool.name, arguments: isJsonObject(filled) ? filled : {} };
    }),
  ];
}

function fillSchema({ messages, schema }: ModelRequest): readonly DemoPart[] | undefined {
  if (schema === undefined) return undefined;
  // After tools have run the user said nothing more, and the question still stands.
  const prompt =
    messages
      .filter(({ role }) => role === 'user')
      .map(textOf)
      .findLast((text) => text !== '') ?? '';
  const value = fill(schema, prompt, 'always');
  return [
    thought('I am a script, so I fill the schema with what the prompt offers, and make up the rest.'),
    { type: 'text', text: JSON.stringify(value) },
  ];
}

function tellResults({ messages }: ModelRequest): readonly DemoPart[] | undefined {
  const results = lastPrompt(messages) === undefined ? partsOf(messages.slice(turnAt(messages)), 'tool_result') : [];
  if (results.length === 0) return undefined;
  return [
    thought('I am a script: I cannot judge what the tools gave back, but I can repeat it.'),
    { type: 'text', text: results.map(tellResult).join('\n') },
  ];
}

function tellResult({ name, output, exception }: PartOf<'tool_result'>): string {
  return exception === undefined ? `${name} says: ${output}` : `${name} failed: ${exception}`;
}

function recallName({ messages }: ModelRequest): readonly DemoPart[] | undefined {
  const texts = messages.filter(({ role }) => role === 'user').map(textOf);
  const known = texts
    .map((text) => /\bmy name is (\p{L}[\p{L}'-]*)/iu.exec(text)?.[1])
    .findLast((name) => name !== undefined);
  const prompt = lastPrompt(messages) ?? '';
  if (/\bmy name is\b/i.test(prompt) && known) {
    return [
      thought('I am a script, but a name I can spot.'),
      { type: 'text', text: `Hello ${known}! Now ask me what your name is.` },
    ];
  }
  if (!/\bmy name\b/i.test(prompt)) return undefined;
  const answer = known
    ? `Your name is ${known}: it is in the history that came with your message.`
    : 'You have not told me your name.';
  return [thought('I am a script, so I look through the history for “my name is”.'), { type: 'text', text: answer }];
}

function answerTopic(request: ModelRequest): readonly DemoPart[] | undefined {
  const prompt = lastPrompt(request.messages) ?? '';
  const topic = topics.find(({ asks }) => asks.test(prompt));
  const word = topic?.asks.exec(prompt)?.[0];
  if (!topic || word === undefined) return undefined;
  const more = whatElseArrived(request);
  return [
    thought(`I am a script, so I look for words that I know. Here is one: “${word}”. ${topic.thought}`),
    {
      type: 'text',
      text: `${topic.answer}\n\n${[...(more ? [`With your message came ${more}.`] : []), honesty].join('\n')}`,
    },
  ];
}

function tellWhatArrived(request: ModelRequest): readonly DemoPart[] {
  const prompt = lastPrompt(request.messages);
  const more = whatElseArrived(request);
  const what = prompt === undefined ? 'No message reached me' : `Your message reached me: “${shortened(prompt)}”`;
  return [
    thought('I am a script, so I look for words that I know. Here is none, so I tell what reached me.'),
    {
      type: 'text',
      text: `${what}${more ? `,\n${prompt === undefined ? 'but' : 'with'} ${more}` : ''}.\n\n${honesty}
Ask me what a cold Observable is, what rxllm is, or what I can do.`,
    },
  ];
}

/** What else was sent: instructions, attachments, history and tools. Empty when there is nothing. */
function whatElseArrived({ messages, system, tools }: ModelRequest): string {
  const instructions = [...messages.filter(({ role }) => role === 'system').map(textOf), ...(system ? [system] : [])];
  const attachments = partsOf(messages.slice(turnAt(messages)), 'attachment').map(({ attachment }) => attachment ?? {});
  const earlier = messages.slice(0, turnAt(messages)).filter(({ role }) => role !== 'system');
  return listed([
    ...instructions.map((text) => `the system message “${shortened(text)}”`),
    ...(attachments.length > 0
      ? [`${counted(attachments.length, 'attachment')} (${attachments.map(kindOf).join(', ')})`]
      : []),
    ...(earlier.length > 0 ? [counted(earlier.length, 'earlier message')] : []),
    ...(tools.length > 0 ? [`${counted(tools.length, 'tool')} (${tools.map(({ name }) => name).join(', ')})`] : []),
  ]);
}

/** Where this turn begins: after what the model said last. */
function turnAt(messages: readonly Message[]): number {
  return messages.findLastIndex(({ role }) => role === 'assistant') + 1;
}

/** What the user said in this turn, after any results of tools; undefined when that is nothing. */
function lastPrompt(messages: readonly Message[]): string | undefined {
  const turn = messages.slice(turnAt(messages));
  const said = turn.slice(turn.findLastIndex(({ role }) => role === 'tool') + 1).filter(({ role }) => role === 'user');
  return (
    said
      .map(textOf)
      .filter((text) => text !== '')
      .join('\n') || undefined
  );
}

function textOf({ parts }: Message): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function partsOf<K extends Part['type']>(messages: readonly Message[], type: K): PartOf<K>[] {
  return messages.flatMap(({ parts }) => parts.filter((part): part is PartOf<K> => part.type === type));
}

function thought(text: string): DemoPart {
  return { type: 'reasoning', text };
}

function kindOf({ type, url, path, content }: Attachment): string {
  return type ?? url ?? path ?? (content ? 'bytes' : 'empty');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

function shortened(text: string): string {
  const letters = Array.from(text);
  return letters.length > 200 ? `${letters.slice(0, 199).join('')}…` : text;
}
