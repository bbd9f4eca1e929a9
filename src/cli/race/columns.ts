// Texts in columns, one beside the other.
import stringWidth from 'string-width';

/** The text in lines of at most so many columns, broken at spaces where there are any. */
export function wrap(text: string, width: number): readonly string[] {
  return text.split('\n').flatMap((line) => wrapLine(line.replaceAll('\t', '  '), Math.max(1, width)));
}

function wrapLine(line: string, width: number): readonly string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<= )/)) {
    if (stringWidth(current) + stringWidth(word.trimEnd()) > width && current !== '') {
      lines.push(current.trimEnd());
      current = '';
    }
    current += word;
    // A word that is longer than the line.
    while (stringWidth(current.trimEnd()) > width) {
      const head = headOf(current, width);
      lines.push(head);
      current = current.slice(head.length);
    }
  }
  return [...lines, current.trimEnd()];
}

/** As many characters as fit, one at least. */
function headOf(text: string, width: number): string {
  let head = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (head !== '' && stringWidth(head + segment) > width) break;
    head += segment;
  }
  return head;
}

/** Rows of all columns, each as wide as given; columns that end early are filled up. */
export function sideBySide(columns: readonly (readonly string[])[], width: number): readonly string[] {
  const height = Math.max(0, ...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) =>
    columns
      .map((lines) => {
        const line = lines[row] ?? '';
        return line + ' '.repeat(Math.max(0, width - stringWidth(line)));
      })
      .join(' │ ')
      .trimEnd(),
  );
}
