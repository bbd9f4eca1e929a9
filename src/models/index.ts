// Models by name.
export { getModel, userRegistry, type UserRegistryOptions } from './getModel.ts';
export type { Environment, LoadSettings, Provider } from './provider.ts';
export {
  createRegistry,
  type GetModelOptions,
  type KeySource,
  type Registry,
  type RegistrySettings,
} from './registry.ts';
export { readUserFolder, userFolder, type UserSettings } from './userFolder.ts';
