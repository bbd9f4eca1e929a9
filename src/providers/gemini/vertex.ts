// Where Vertex AI is.
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';

export interface VertexPlace {
  /** The id of the Google Cloud project; without one it is express mode, which takes an API key. */
  readonly project?: string | undefined;
  /** Such as `us-central1`. Default `global`. */
  readonly location?: string | undefined;
}

/**
 * What stands before `/models/…`, in the version that Google's own SDK uses.
 *
 * @throws LlmError `invalid_input` for names that could lead to another server.
 */
export function vertexUrl({ project, location = 'global' }: VertexPlace): string {
  // Old projects have a domain in their id: `example.com:name`.
  check('project', project, /^[\w.:-]+$/);
  check('location', location, /^[\w-]+$/);
  const place = project === undefined ? '' : `projects/${project}/locations/${location}/`;
  return `https://${hostOf(project, location)}/v1beta1/${place}publishers/google`;
}

function hostOf(project: string | undefined, location: string): string {
  if (project === undefined || location === 'global') return 'aiplatform.googleapis.com';
  // Locations of several regions have names of another form.
  if (location === 'us' || location === 'eu') return `aiplatform.${location}.rep.googleapis.com`;
  return `${location}-aiplatform.googleapis.com`;
}

function check(name: string, value: unknown, form: RegExp): void {
  if (value === undefined || (typeof value === 'string' && form.test(value))) return;
  throw new LlmError('invalid_input', `vertex.${name} is ${describe(value)}, which no ${name} is called`);
}
