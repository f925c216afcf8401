/**
 * Name resolution, and connecting by name.
 *
 * @module
 */
export { createNameResolutionFunctions, type NameResolutionFunctions } from './name-resolution.js';
export { NameSpaceProviders } from './name-space-providers.js';
