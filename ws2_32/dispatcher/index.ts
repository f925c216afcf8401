/**
 * What all functions of the API share: the state of an instance, its sockets, call frames, the checks of what providers
 * answer, and the borders where hooks are put in.
 *
 * @module
 */
export type { ApiFunctions } from './api-functions.js';
export type { Border, BorderHook, Borders, HookedFunction, Layer } from './borders.js';
export type { TransferFrame } from './call-frame.js';
export type { HandedOperation } from './completions.js';
export { ConfigurationChanges } from './configuration-changes.js';
export { Dispatcher } from './dispatcher.js';
export type { HostLookup, KeptForm, NameResolution, RecordLookup } from './name-resolution.js';
export { describeSocket, findEntry, isFamilyKnown, matchEntry, openedEntry } from './socket-selection.js';
export type { SocketRecord } from './socket-records.js';
export { signatureTables } from './signature-tables.js';
export type { LowerProvider, StartedProviders, TransportProvider } from './transport-provider.js';
