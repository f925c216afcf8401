/**
 * What name-space providers are made of: `defineNameSpace`, and what the author of one is handed.
 *
 * @module
 */
export { addNameSpace, removeNameSpace, type AddNameSpaceOptions, type NameSpaceInstance } from './add-name-space.js';
export { parseAddress, type HostAddress, type NameSpaceAddress } from './addresses.js';
export { defineNameSpace } from './define-name-space.js';
export type { NameSpace, NameSpaceDefinition, NameSpaceHooks } from './definition.js';
export type { NameSpaceItem } from './item.js';
export type { NameSpaceAnswer } from './look-up.js';
export { openSession, type OpenSession, type SessionInstance } from './open-session.js';
export type { NameSpaceQuestion, QuestionKind } from './question.js';
export type { NameSpaceRegistration, RegistrationAnswer } from './registration.js';
export type { ClassAnswer } from './service-classes.js';
export type { NameSpaceSession } from './session.js';
export type { RequestAnswer } from './settlement.js';
export type { DatagramOptions, DatagramSocket } from './sockets/datagram-socket.js';
export type { StreamOptions, StreamSocket } from './sockets/stream-socket.js';
export type { ChangeNotice } from './watch.js';
