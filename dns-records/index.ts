/**
 * What unicast and multicast DNS have in common: types of records, names of addresses, and the wire format.
 *
 * @module
 */
export { RecordType } from './record-type.js';
export { reverseName } from './reverse-name.js';
export { wireFormat, type EdnsRecord, type WireFormat, type WireMessage, type WireRecord } from './wire-format.js';
