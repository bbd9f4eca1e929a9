// `-T NAME`: tools, by their names or by that of their toolbox.
import type { Tool } from '../../tools/tool.ts';
import { describe } from '../../values/describe.ts';
import { distance } from '../../values/distance.ts';
import { LlmError } from '../../values/error.ts';

/**
 * The tools that the names mean, each once: `calculator`, `Notes_add` of the toolbox `Notes`, or `Notes` for all of it.
 *
 * @throws LlmError `invalid_input` for a name that is none, with those that there are.
 */
export function chooseTools(names: readonly string[], available: readonly Tool[]): readonly Tool[] {
  return [...new Set(names.flatMap((name) => toolsOf(name, available)))];
}

function toolsOf(name: string, available: readonly Tool[]): readonly Tool[] {
  const found = available.filter((tool) => tool.name === name);
  if (found.length > 0) return found;
  const ofBox = available.filter(({ toolbox }) => toolbox?.name === name);
  if (ofBox.length > 0) return ofBox;
  throw unknown(name, available);
}

function unknown(name: string, available: readonly Tool[]): LlmError {
  const known = [...new Set(available.flatMap(({ name: own, toolbox }) => [...(toolbox ? [toolbox.name] : []), own]))];
  const near = known.filter((other) => isNear(name.toLowerCase(), other.toLowerCase()));
  const what = `there is no tool ${describe(name)}`;
  const hint = name.includes('(') ? '; a toolbox is named without arguments' : '';
  const meant = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '';
  const list = known.length > 0 ? `There are: ${known.join(', ')}` : 'There are none';
  return new LlmError('invalid_input', `${what}${hint}${meant || '.'} ${list} (rxllm tools says more)`);
}

function isNear(name: string, other: string): boolean {
  const isPart = Math.min(name.length, other.length) > 2 && (name.includes(other) || other.includes(name));
  return isPart || distance(name, other) <= 2;
}
