/**
 * Groups of sockets: which there are, who is in them, and what that asks of their members (specification: Socket
 * Groups).
 *
 * @module
 */
export { socketGroupsOf } from './on-demand.js';
