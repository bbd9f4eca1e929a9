// Which models of OpenAI reason, told by their names.

/**
 * Whether a model of this name reasons: `o1` and later, `gpt-5` and later, wherever they are served and whatever stands
 * before the name (`openai/gpt-5-mini`). Others refuse a request for what they thought ("Encrypted content is not
 * supported with this model"), `gpt-5-chat` too.
 */
export function reasons(model: string): boolean {
  return /(^|[/.:])(o[1-9]\d*(?!\w)|gpt-([5-9]|1\d)(?!\d|-chat)|codex-mini)/.test(model);
}
