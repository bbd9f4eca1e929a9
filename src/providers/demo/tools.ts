// Which tools a prompt asks for, by the words that it shares with them.
import type { ToolDefinition } from '../../tools/tool.ts';

/** A tool, the word of the prompt that asks for it, and the prompt with the sentence of that word first. */
export interface AskedTool {
  readonly tool: ToolDefinition;
  readonly word: string;
  readonly prompt: string;
}

/**
 * The tools whose names share a word with the prompt, all of them; if there are none, the one that shares most words by
 * its description and its properties.
 */
export function askedTools(prompt: string, tools: readonly ToolDefinition[]): readonly AskedTool[] {
  const asked = words(prompt);
  const byName = tools.flatMap((tool) => {
    const word = shared(asked, words(tool.name))[0];
    return word === undefined ? [] : [{ tool, word }];
  });
  if (byName.length === 1) return byName.map((each) => ({ ...each, prompt }));
  if (byName.length > 1) return byName.map((each) => ({ ...each, prompt: sentenceFirst(prompt, each.word) }));
  const byRest = tools.map((tool) => ({ tool, found: shared(asked, words(described(tool))) }));
  const best = byRest.toSorted((a, b) => b.found.length - a.found.length)[0];
  const word = best?.found[0];
  return best && word !== undefined ? [{ tool: best.tool, word, prompt }] : [];
}

// So that of several tools each finds its own values before those of the others.
function sentenceFirst(prompt: string, word: string): string {
  const sentences = prompt.match(/\S.*?(?:[.!?]+(?=\s|$)|$)/gmu) ?? [];
  const own = sentences.findIndex((sentence) => sentence.toLowerCase().includes(word));
  return [...sentences.splice(own, 1), ...sentences].join(' ');
}

function described({ description = '', input_schema }: ToolDefinition): string {
  return [description, ...Object.keys(input_schema?.properties ?? {})].join(' ');
}

function shared(asked: ReadonlyMap<string, string>, offered: ReadonlyMap<string, string>): string[] {
  return [...asked].filter(([root]) => offered.has(root)).map(([, word]) => word);
}

// Too common to say anything about a tool.
const stopWords = new Set(
  'get the and for from with that this what which who how are was can does did you your its not has have all any some use used name'.split(
    ' ',
  ),
);

/** The words of a text by their stems: `getUserNames` has user and name, `adding` is add. */
function words(text: string): Map<string, string> {
  const found =
    text
      .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .match(/\p{L}{3,}/gu) ?? [];
  return new Map(found.filter((word) => !stopWords.has(word)).map((word) => [stem(word), word]));
}

function stem(word: string): string {
  return word.replace(/(?<=\p{L}{3})(?:ing|ies|ed|es|s|y|e)$/u, '');
}
