// llm's builders, and its reading of serialised messages.
import { assistant, attachment, system, toolMessage, user, type Message, type MessageContent, type Part } from 'rxllm';
import { MessageSchema } from 'rxllm/serialization';
import { goldenCases, type BuilderArgument, type BuilderCase } from '../support/golden.ts';
import { needs } from '../support/needs.ts';
import { applies } from './exceptions.ts';

const { describe } = needs('corpus');
const builders = { user, assistant, system, tool_message: toolMessage };

describe('builders', () => {
  const cases = goldenCases<BuilderCase>('builders').filter(applies);

  test.each(cases)('%s', (_name, golden) => {
    const make = (): Message => (golden.kind === 'from_dict' ? MessageSchema.parse(golden.input) : build(golden));
    if (golden.error) expect(make).toThrow();
    else expect(make()).toEqual(golden.message);
  });
});

function build({ builder = 'user', args = [], provider_metadata }: BuilderCase): Message {
  const message = builders[builder](...args.map(toContent));
  const hasMetadata = provider_metadata && Object.keys(provider_metadata).length > 0;
  return hasMetadata ? { ...message, provider_metadata } : message;
}

// What is no content passes as it is, to be refused.
function toContent(argument: BuilderArgument): MessageContent {
  if (isList(argument)) return argument.map(toContent);
  if (argument === null || typeof argument === 'string') return argument as string;
  if ('attachment' in argument) return attachment(argument.attachment);
  return 'part' in argument ? argument.part : (argument.message as Part | Message as Part);
}

function isList(argument: BuilderArgument): argument is readonly BuilderArgument[] {
  return Array.isArray(argument);
}
