// A part of a document that a bench writes: what stands between two of its markers.
import fs from 'node:fs';

/** Writes it into the file; markers that are missing are put at its end. */
export function writeSection(file, name, markdown) {
  const document = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '# Reliability\n';
  fs.writeFileSync(file, withSection(document, name, markdown));
}

function withSection(document, name, markdown) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const section = `${begin}\n\n${markdown}\n\n${end}`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) return `${document.trimEnd()}\n\n## Next to other libraries\n\n${section}\n`;
  return document.slice(0, from) + section + document.slice(to + end.length);
}
