/**
 * Reservations of ports: persistent ones and those of sockets, in a file that processes share or in memory.
 *
 * @module
 */
export { FileKeeping, MemoryKeeping, SharedReservations, type ReservationKeeping } from './keeping.js';
export { reservationsPath } from './path.js';
export { ReservationProblem } from './problem.js';
export { PortReservationStore } from './store.js';
export type { ReservedBlock } from './table.js';
