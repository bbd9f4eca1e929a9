/** The error for text that is not JSON: what was seen, what could have stood there, and where. */
export class JsonSyntaxError extends SyntaxError {
  override readonly name = 'JsonSyntaxError';
  /** Where the first character stands that cannot continue a JSON text, in UTF-16 units from 0. */
  readonly offset: number;
  /** Line of that character, from 1. A line ends at `\n`. */
  readonly line: number;
  /** Place of that character in its line, in UTF-16 units from 1. */
  readonly column: number;

  constructor(text: string, offset: number, expected: string) {
    const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
    const line = text.slice(0, lineStart).split('\n').length;
    const column = offset - lineStart + 1;
    const seen = offset < text.length ? JSON.stringify(text[offset]) : 'end of text';
    super(`unexpected ${seen} at line ${line}, column ${column}: expected ${expected}`);
    this.offset = offset;
    this.line = line;
    this.column = column;
  }
}
