// Every scenario, group by group.
import type { Group } from '../scenario.js';
import { connections } from './connections.js';
import { names } from './names.js';
import { sockets } from './sockets.js';
import { startup } from './startup.js';

/** The groups, in the order of the specification. */
export const GROUPS: readonly Group[] = [startup, sockets, names, connections];
