/**
 * The table of ioctls, and what each of them does.
 *
 * @module
 */
export { IOCTLS_ELSEWHERE, type IoctlElsewhere } from './answered-elsewhere.js';
export * from './changes.js';
export { FLOWS_RESERVED, SIO_BEGIN_FLOWS } from './quality.js';
export * from './request.js';
export * from './table.js';
