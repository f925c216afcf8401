/**
 * Name resolution, and connecting by name.
 *
 * A part that is loaded when the first of its functions is called (`name-functions.ts`).
 *
 * @module
 */
export { createNameFunctions, type NameFunctions, type NameResolutionFunctions } from './name-resolution.js';
