// What a prompt offers to fill in: its numbers, quoted texts and names. Simple rules, no understanding.

/** What a text is, as far as its looks tell. */
export type Kind = (typeof kinds)[number] | 'plain';
export const kinds = ['uri', 'email', 'date'] as const;

const looks: Readonly<Record<Exclude<Kind, 'plain'>, string>> = {
  uri: String.raw`https?://[^\s,]*\w`,
  // Narrower than what a mail server takes: what looks odd is not taken for an address.
  email: String.raw`[a-zA-Z\d]+(?:[._+-][a-zA-Z\d]+)*@(?:[a-zA-Z\d]+(?:-[a-zA-Z\d]+)*\.)+[a-zA-Z]{2,}`,
  date: String.raw`\b\d{4}-\d\d-\d\d\b`,
};

/** The values found in a text. Each is given out once, to the first place that it fits. */
export class Hints {
  readonly text: string;
  readonly #numbers: number[];
  readonly #strings: string[];

  constructor(text: string) {
    this.text = text;
    const unquoted = text.replaceAll(quoted, ' ');
    // Neither the parts of a date nor the digits in a word.
    this.#numbers = (unquoted.match(/(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])/g) ?? []).map(Number);
    const quotes = [...text.matchAll(quoted)].map(
      (match) => match.slice(1).find((content) => content !== undefined) ?? '',
    );
    const marked = unquoted.match(new RegExp(Object.values(looks).join('|'), 'gu')) ?? [];
    this.#strings = [...quotes, ...marked, ...names(unquoted)];
  }

  /** Whether the text has this word or phrase, in whatever case. */
  mentions(phrase: string): boolean {
    const plain = (text: string) =>
      ` ${text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
        .trim()} `;
    return plain(phrase).trim() !== '' && plain(this.text).includes(plain(phrase));
  }

  hasNumber(fits: (value: number) => boolean): boolean {
    return this.#numbers.some(fits);
  }

  takeNumber(fits: (value: number) => boolean): number | undefined {
    return takeFirst(this.#numbers, fits);
  }

  hasString(kind: Kind | undefined, fits: (value: string) => boolean): boolean {
    return this.#strings.some((text) => kindOf(text) === kind && fits(text));
  }

  takeString(kind: Kind | undefined, fits: (value: string) => boolean): string | undefined {
    return takeFirst(this.#strings, (text) => kindOf(text) === kind && fits(text));
  }
}

function kindOf(text: string): Kind {
  return kinds.find((kind) => new RegExp(`^(?:${looks[kind]})$`, 'u').test(text)) ?? 'plain';
}

const quoted = /"([^"]+)"|“([^”]+)”|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)/gu;

/** Runs of capitalised words, but for the word that begins a sentence. */
function names(text: string): string[] {
  return text
    .split(/[.!?\n]+(?:\s|$)/)
    .map((sentence) => sentence.replace(/^\s*\S+/, ''))
    .flatMap((rest) => rest.match(/(?<!\S)\p{Lu}[\p{L}\p{N}'’-]+(?: \p{Lu}[\p{L}\p{N}'’-]+)*/gu) ?? []);
}

function takeFirst<T>(values: T[], fits: (value: T) => boolean): T | undefined {
  const at = values.findIndex(fits);
  return at < 0 ? undefined : values.splice(at, 1)[0];
}
