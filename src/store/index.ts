// What needs a file system.
export { withLocalFiles, type LocalFilesOptions } from './withLocalFiles.ts';
