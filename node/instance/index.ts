/**
 * Which instance and which chain sockets of Node.js are on, the names that they look up, and the errors that they get.
 *
 * @module
 */
export * from './chain-option.js';
export * from './default-instance.js';
export * from './errors.js';
export * from './lookup.js';
export * from './address-for-name.js';
