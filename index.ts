/**
 * WinSock 2 for Node.js: a WS2_32 with pluggable, stackable providers.
 *
 * ```ts
 * import { AF_INET, createWs2_32, IPPROTO_TCP, sockaddr_in, SOCK_STREAM } from 'ws2spi';
 * const ws2 = createWs2_32();
 * ws2.WSAStartup(0x0202, {});
 * const s = ws2.socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
 * ws2.connect(s, sockaddr_in('127.0.0.1', 80), 16);
 * ```
 *
 * Errors never throw: the return value says that a call failed, `ws2.WSAGetLastError()` says why. Constants and
 * structures have their header names, and Windows' values on every platform.
 *
 * @module
 */
export * from './spi/index.js';
export * from './ws2_32/index.js';
// Both have them. Loaders that take modules apart, as agents of monitoring do, would find neither.
export { CLOCK, INSTANCE, NETWORK, PLATFORM, providerIdentifier, RANDOM } from './spi/index.js';
// Single files, and not their rooms' index: what a program may never use is loaded by its first use.
export { CatalogError, type CatalogProblem } from './catalog/problem.js';
export { systemClock, VirtualClock } from './host/clock.js';
export { seededRandom, type SeededRandom } from './host/random.js';
export { createMemoryNetwork } from './providers/memory/create-memory-network.js';
export type { MemoryNetwork, MemoryNetworkOptions } from './providers/memory/index.js';
