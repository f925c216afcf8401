import {
  FD_ACCEPT,
  FD_ADDRESS_LIST_CHANGE,
  FD_ALL_EVENTS,
  FD_CLOSE,
  FD_CONNECT,
  FD_GROUP_QOS,
  FD_OOB,
  FD_QOS,
  FD_READ,
  FD_ROUTING_INTERFACE_CHANGE,
  FD_WRITE,
} from '../spi/index.js';

const EVENT_NAMES: readonly (readonly [number, string])[] = [
  [FD_READ, 'FD_READ'],
  [FD_WRITE, 'FD_WRITE'],
  [FD_OOB, 'FD_OOB'],
  [FD_ACCEPT, 'FD_ACCEPT'],
  [FD_CONNECT, 'FD_CONNECT'],
  [FD_CLOSE, 'FD_CLOSE'],
  [FD_QOS, 'FD_QOS'],
  [FD_GROUP_QOS, 'FD_GROUP_QOS'],
  [FD_ROUTING_INTERFACE_CHANGE, 'FD_ROUTING_INTERFACE_CHANGE'],
  [FD_ADDRESS_LIST_CHANGE, 'FD_ADDRESS_LIST_CHANGE'],
];

const MOST = 1024;
/** The texts of events that there were before: they are asked for with each event of a socket. */
const known = new Map<number, string>();

/** Network events by name, joined as C writes them. */
export function networkEventNames(events: number): string {
  let text = known.get(events);
  if (text !== undefined) return text;
  text = written(events);
  // There are as many as sets of known events, and whatever a program makes up.
  if (known.size < MOST) known.set(events, text);
  return text;
}

function written(events: number): string {
  if (events === FD_ALL_EVENTS) return 'FD_ALL_EVENTS';
  const names = EVENT_NAMES.filter(([bit]) => (events & bit) !== 0).map(([, name]) => name);
  return names.length > 0 ? names.join('|') : '0';
}
