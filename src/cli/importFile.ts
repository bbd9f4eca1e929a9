// Imports code of somebody else's, by its URL.

/** Given to the bundle by whoever runs it: compiled code has no way to import of its own. */
declare const hostImport: ((url: string) => Promise<unknown>) | undefined;

export function importFile(url: string): Promise<unknown> {
  return typeof hostImport === 'undefined' ? import(url) : hostImport(url);
}
