/**
 * What `ws2spi top` and the programs that it looks at have agreed on: where they meet, and what is told.
 *
 * @module
 */
export { lookFolder, lookPath, readLookName, whyNotOurs } from './place.js';
export { LOOK_VERSION, type ChainTotals, type ProgramLook, type SocketLook, type TrafficLook } from './look.js';
