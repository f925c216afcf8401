/**
 * Groups of sockets: which there are, who is in them, and what that asks of their members (specification: Socket
 * Groups).
 *
 * @module
 */
export { defaultGroupsPath } from './groups-file.js';
export { socketGroupsOf } from './socket-groups.js';
