/**
 * What is written beside the traffic, such as traces and captures: to files for their owner's eyes alone, and to pipes
 * whose readers come and go; in blocks, and without losing anything when the process ends.
 *
 * @module
 */
export { DescriptorWriter } from './descriptor-writer.js';
export { beforeExit, isExiting } from './before-exit.js';
export { createOwnFile } from './own-file.js';
