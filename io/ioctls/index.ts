/**
 * The table of ioctls, and what each of them does.
 *
 * @module
 */
export * from './changes.js';
export { FLOWS_RESERVED, SIO_BEGIN_FLOWS } from './quality.js';
export * from './request.js';
export * from './table.js';
