/**
 * Files that processes share: changed as a whole or not at all, one process at a time, with the generations before
 * kept beside them.
 *
 * @module
 */
export {
  followLinks,
  openOrdinaryFile,
  whileInUse,
  readOrdinaryFile,
  removeQuietly,
  type FileOwnership,
} from './files.js';
export { cureOf, isSystemError, UnfitFileError } from './errors.js';
export { CurrentText } from './current-text.js';
export { bootId, describeHolder, isDead, isThisProcess, newHolder, parseHolder, type Holder } from './holder.js';
export { FileLock } from './lock.js';
export { LockLostError, SharedFile, type FileStamp, type LockRefusal } from './shared-file.js';
