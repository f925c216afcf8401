/**
 * The functions of the service provider interface over a table of sockets, by area.
 *
 * @module
 */
export * from './accepting.js';
export * from './address-strings.js';
export * from './connections.js';
export * from './ioctl.js';
export * from './names.js';
export * from './options.js';
export * from './overlapped-result.js';
export * from './receiving.js';
export * from './selection.js';
export * from './sending.js';
