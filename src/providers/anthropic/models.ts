// What is known of Anthropic's models by their names, as far as a request depends on it
// (https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting, the model pages beside it).

export interface ModelFacts {
  /** Whether it is one of Anthropic's; of others all is assumed. */
  readonly isKnown: boolean;
  /** The most tokens that an answer may have. */
  readonly maxTokens: number;
  /** How it is told to think: with a budget of tokens (until 4.5), by itself (from 4.7), or in both ways (4.6). */
  readonly thinking: 'budget' | 'both' | 'adaptive';
  /** Whether it thinks when the request says nothing of it, and says nothing of what it thinks unless asked. */
  readonly thinksByDefault: boolean;
  /** Whether thinking can be turned off. */
  readonly mayNotThink: boolean;
  /** Whether it knows `thinking.display`. */
  readonly canHide: boolean;
  /** Whether it takes a schema for its answer. */
  readonly takesSchema: boolean;
  /** Whether it takes system messages among the others, as Anthropic serves it. */
  readonly takesSystemMessages: boolean;
}

/** Servers of others that speak the protocol: what most of them take. */
const unknownModel: ModelFacts = {
  isKnown: false,
  maxTokens: 8192,
  thinking: 'budget',
  thinksByDefault: false,
  mayNotThink: true,
  canHide: false,
  takesSchema: false,
  takesSystemMessages: false,
};

export function factsOf(model: string): ModelFacts {
  const name = model.toLowerCase();
  if (!name.includes('claude')) return unknownModel;
  const { family, version } = parse(name);
  return {
    isKnown: true,
    maxTokens: maxTokens(family, version),
    thinking: version >= 4.07 ? 'adaptive' : version >= 4.06 ? 'both' : 'budget',
    thinksByDefault: version >= 5,
    mayNotThink: !/fable|mythos/.test(family) && !(version >= 5.05 && /opus|sonnet/.test(family)),
    canHide: version >= 4,
    takesSchema: version >= 4.05 || (version >= 4.01 && family === 'opus'),
    takesSystemMessages:
      version >= 5.05 || (version >= 4.08 && family === 'opus') || (version >= 5 && /fable|mythos/.test(family)),
  };
}

/** `claude-3-5-sonnet-…`, `claude-opus-4-1`, `claude-opus-4@20250514`; 4.5 is 4.05. No version is taken for a new one. */
function parse(name: string): { readonly family: string; readonly version: number } {
  const [, before, major, minor = '0', after] =
    /claude-(?:([a-z]+)-)?(\d)(?:[-.](\d{1,2})(?!\d))?(?!\d)(?:-([a-z]+))?/.exec(name) ?? [];
  const family = before ?? after ?? '';
  return { family, version: major === undefined ? 5 : Number(major) + Number(minor) / 100 };
}

function maxTokens(family: string, version: number): number {
  if (version >= 4.06) return 128_000;
  if (version < 3.05) return 4096;
  if (version < 3.07) return 8192;
  return family === 'opus' && version < 4.05 ? 32_000 : 64_000;
}
