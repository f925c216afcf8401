// All constants of WinSock 2's headers, under their own names and with Windows' values.
export * from './addresses.js';
export * from './atm.js';
export * from './catalog.js';
export * from './events.js';
export * from './extension-functions.js';
export * from './ioctls.js';
export * from './name-spaces.js';
export * from './options.js';
export * from './protocols.js';
export * from './qos.js';
export * from './service-classes.js';
export * from './sockets.js';
export * from './transfer.js';
