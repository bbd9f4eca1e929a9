// Models by name.
export { getModel } from './getModel.ts';
export type { ModelSettings } from './providers.ts';
