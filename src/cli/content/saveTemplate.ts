// Keeps what a command line says as a template: `--save NAME`.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { fragmentFiles, namesOf, templateFiles, writeNamed } from './namedFiles.ts';
import { isUrl } from './remote.ts';
import { checkContent, type TemplateContent } from './template.ts';

/**
 * Writes a template to the user's folder, in the place of one with that name. Local files are kept by their whole path,
 * because it will be used in other folders. Rejects with LlmError `invalid_input` for what cannot be kept: standard
 * input, functions, or nothing at all.
 */
export async function saveTemplate(name: string, given: TemplateContent): Promise<void> {
  const where = `template ${describe(name)}`;
  const content = await withWholePaths(checkContent({ ...given }, where));
  const refuse = (why: string) => new LlmError('invalid_input', `${where} cannot be saved: ${why}`);
  const { attachments = [], attachment_types = [], fragments = [], system_fragments = [], functions } = content;
  const named = [...attachments, ...attachment_types.map(({ value }) => value), ...fragments, ...system_fragments];
  if (named.includes('-')) throw refuse('standard input is not there the next time; name a file');
  if (functions !== undefined) throw refuse('functions are not kept; name their file again with --functions');
  const kept = Object.entries(content).filter(([, value]) => !isEmpty(value));
  if (kept.length === 0) throw refuse('there is nothing to keep; give a prompt, -s, -m or an option');
  await writeNamed(templateFiles, name, await toYaml(Object.fromEntries(kept)));
}

/** As it is written to files. */
export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0 });
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === '';
}

async function withWholePaths(content: TemplateContent): Promise<TemplateContent> {
  const { attachments, attachment_types, fragments, system_fragments } = content;
  const whole = (file: string) => (isUrl(file) || file === '-' ? file : path.resolve(file));
  const aliases = fragments || system_fragments ? await namesOf(fragmentFiles) : [];
  // An alias comes before a path, and what is no file is for a loader.
  const wholeFragment = async (spec: string) =>
    aliases.includes(spec) || !(await isFile(spec)) ? spec : path.resolve(spec);
  const all = (specs: readonly string[]) => Promise.all(specs.map(wholeFragment));
  return {
    ...content,
    ...(attachments && { attachments: attachments.map(whole) }),
    ...(attachment_types && {
      attachment_types: attachment_types.map(({ type, value }) => ({ type, value: whole(value) })),
    }),
    ...(fragments && { fragments: await all(fragments) }),
    ...(system_fragments && { system_fragments: await all(system_fragments) }),
  };
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
