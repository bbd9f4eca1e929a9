// How an answer is shown: as it comes, rendered, or in one piece.
import { setPainter, stderr, stdout } from './output.ts';
import { showRaw, type Show } from './show.ts';

export interface ShowFlags {
  readonly markdown: boolean;
}

/** On a terminal Markdown is rendered, unless somebody wants the text as it is; a pipe always gets that. */
export async function chooseShow({ markdown }: ShowFlags): Promise<Show> {
  if (!markdown || !stdout.isTerminal || process.env.TERM === 'dumb') return showRaw();
  const { MarkdownWriter } = await import('./markdown/writer.ts');
  const color = process.stdout.hasColors();
  const writer = new MarkdownWriter(
    {
      columns: () => process.stdout.columns,
      rows: () => process.stdout.rows,
      write: (text) => process.stdout.write(text),
    },
    { color },
  );
  setPainter(writer);
  return {
    text: (chunk) => writer.write(chunk),
    reasoning(chunk) {
      if (stderr.isTerminal) writer.write(chunk, 'reasoning');
      else stderr.write(chunk, 'dim');
    },
    note(line, style) {
      writer.breakOff();
      stderr.line(line, style);
    },
    pause() {
      writer.breakOff();
      return true;
    },
    end() {
      writer.end();
      setPainter(undefined);
      stderr.endLine();
    },
  };
}
