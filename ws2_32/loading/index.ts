/**
 * How providers are found, started, contained and called back.
 *
 * @module
 */
export { createInstanceContainer } from './container.js';
export { createHostFactory } from './provider-host.js';
export { ProviderLoader } from './provider-loader.js';
export { TransportProviders } from './providers.js';
export { createUpcalls } from './upcalls.js';
