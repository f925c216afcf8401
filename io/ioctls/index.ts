/**
 * The table of ioctls, and what each of them does.
 *
 * @module
 */
export * from './changes.js';
export * from './request.js';
export * from './table.js';
