// The data of the contract: error codes, constants, structures, and the small things around them.
export * from './address-text.js';
export * from './constants/index.js';
export * from './errors.js';
export * from './extension-functions.js';
export * from './fd-set.js';
export * from './macros.js';
export * from './ntstatus.js';
export * from './ref.js';
export * from './structures/index.js';
