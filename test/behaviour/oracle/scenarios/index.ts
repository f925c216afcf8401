// Every scenario, group by group.
import type { Group } from '../scenario.js';
import { addresses } from './addresses.js';
import { closing } from './closing.js';
import { completionPorts } from './completion-ports.js';
import { connections } from './connections.js';
import { databases } from './databases.js';
import { datagrams } from './datagrams.js';
import { events } from './events.js';
import { extensions } from './extensions.js';
import { ioctls } from './ioctls.js';
import { messages } from './messages.js';
import { names } from './names.js';
import { networkEvents } from './network-events.js';
import { options } from './options.js';
import { overlapped } from './overlapped.js';
import { resolution } from './resolution.js';
import { select } from './select.js';
import { sockets } from './sockets.js';
import { startup } from './startup.js';
import { transfers } from './transfers.js';

/** The groups, roughly in the order of the specification. */
export const GROUPS: readonly Group[] = [
  startup,
  sockets,
  names,
  connections,
  transfers,
  datagrams,
  closing,
  select,
  networkEvents,
  messages,
  events,
  overlapped,
  completionPorts,
  options,
  ioctls,
  addresses,
  databases,
  resolution,
  extensions,
];
