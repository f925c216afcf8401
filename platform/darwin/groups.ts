// The multicast groups that sockets are in: macOS lets one socket join thousands, so nothing has to be kept of them.
import * as spi from '../../spi/index.js';
import { pinMemory } from '../native-memory.js';
import { interfaceIndexOf } from '../posix/interfaces.js';
import { GroupChange, type SocketGroups } from '../posix/options.js';
import { SOL_IP } from '../posix/system-numbers.js';
import { errors } from './errors.js';
import type { DarwinLibc } from './libc.js';
import { darwinNumbers } from './numbers.js';

/** `struct group_source_req`, whose beginning is a `struct group_req`, packed to 4: where the members begin. */
export const GROUP_REQUEST = { INTERFACE: 0, GROUP: 4, SOURCE: 132, SIZE: 260 } as const;
const ADDRESS_V4 = 4;
const ADDRESS_V6 = 8;
const [NAME_SIZE_V4, NAME_SIZE_V6] = [16, 28];
const AF_INET = 2;
const ETOOMANYREFS = 59;

/** MCAST_JOIN_GROUP and the others. */
const NAMES = new Map<number, number>([
  [GroupChange.JOIN, 80],
  [GroupChange.LEAVE, 81],
  [GroupChange.JOIN_SOURCE, 82],
  [GroupChange.LEAVE_SOURCE, 83],
  [GroupChange.BLOCK, 84],
  [GroupChange.UNBLOCK, 85],
]);

/** Joins and leaves groups by the requests that both families have. */
export class DarwinGroups implements SocketGroups {
  readonly #libc: DarwinLibc;
  readonly #request = pinMemory(GROUP_REQUEST.SIZE);

  constructor(libc: DarwinLibc) {
    this.#libc = libc;
  }

  change(
    descriptor: number,
    level: number,
    change: number,
    group: Uint8Array,
    source: Uint8Array,
    place: number | Uint8Array,
  ): spi.ErrorCode {
    const index = typeof place === 'number' ? place : interfaceIndexOf(this.#libc, place);
    if (index < 0) return spi.WSAEADDRNOTAVAIL;
    const { bytes, view, address } = this.#request;
    bytes.fill(0);
    view.setUint32(GROUP_REQUEST.INTERFACE, index, true);
    this.#writeName(GROUP_REQUEST.GROUP, level, group);
    const withSource = change !== GroupChange.JOIN && change !== GroupChange.LEAVE;
    if (withSource) this.#writeName(GROUP_REQUEST.SOURCE, level, source);
    const size = withSource ? GROUP_REQUEST.SIZE : GROUP_REQUEST.SOURCE;
    if (this.#libc.setsockopt(descriptor, level, NAMES.get(change)!, address, size) === 0) return 0;
    const errno = this.#libc.errno();
    const { EADDRINUSE, ENOBUFS, ENOMEM } = errors.numbers;
    // It is in the group already, or in as many as it may be.
    const refused = [EADDRINUSE, ENOBUFS, ENOMEM, ETOOMANYREFS].includes(errno);
    return refused ? spi.WSAEINVAL : errors.winsockError(errno);
  }

  #writeName(at: number, level: number, address: Uint8Array): void {
    const { bytes } = this.#request;
    const v4 = level === SOL_IP;
    bytes[at] = v4 ? NAME_SIZE_V4 : NAME_SIZE_V6;
    bytes[at + 1] = v4 ? AF_INET : darwinNumbers.AF_INET6;
    bytes.set(address, at + (v4 ? ADDRESS_V4 : ADDRESS_V6));
  }
}
