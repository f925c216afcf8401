// The options of a datagram socket, as `dgram` asks for them.
import {
  AF_INET,
  AF_INET6,
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_DROP_MEMBERSHIP,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_UNICAST_HOPS,
  SO_BROADCAST,
  SO_RCVBUF,
  SO_SNDBUF,
  SOL_SOCKET,
} from '../../index.js';
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { sockaddr, type ChainHandle } from '../transfers/index.js';
import { UV_EBADF, UV_EINVAL, uvErrorOf } from './uv-errors.js';

const MOST_BUFFER = 0x7fff_ffff;

/** Options that the two families have by different names. */
const BY_FAMILY = {
  ttl: { 4: IP_TTL, 6: IPV6_UNICAST_HOPS },
  multicastTtl: { 4: IP_MULTICAST_TTL, 6: IPV6_MULTICAST_HOPS },
  multicastLoopback: { 4: IP_MULTICAST_LOOP, 6: IPV6_MULTICAST_LOOP },
} as const;

/** The handle whose socket has the options. */
export interface OptionsOwner {
  /** The socket; `null` when there is none. */
  readonly socket: ChainHandle | null;
}

/** Options of the socket of a handle. All methods return a libuv error, 0 for none. */
export class DatagramOptions {
  constructor(private readonly owner: OptionsOwner) {}

  setBroadcast(enable: number): number {
    return this.#set(SOL_SOCKET, SO_BROADCAST, enable ? 1 : 0);
  }

  setByFamily(which: keyof typeof BY_FAMILY, value: number): number {
    if (this.owner.socket === null) return UV_EBADF;
    if (which === 'ttl' && !(value >= 1 && value <= 255)) return UV_EINVAL;
    if (which === 'multicastTtl' && !(value >= 0 && value <= 255)) return UV_EINVAL;
    const six = this.owner.socket.family === AF_INET6;
    return this.#set(six ? IPPROTO_IPV6 : IPPROTO_IP, BY_FAMILY[which][six ? 6 : 4], value);
  }

  setMulticastInterface(address: string): number {
    if (this.owner.socket === null) return UV_EBADF;
    if (this.owner.socket.family === AF_INET6) {
      return isIPv6(address) ? this.#set(IPPROTO_IPV6, IPV6_MULTICAST_IF, scopeOf(address)) : UV_EINVAL;
    }
    return isIPv4(address) ? this.#setBytes(IPPROTO_IP, IP_MULTICAST_IF, ipv4(address)) : UV_EINVAL;
  }

  /** Joins or leaves a multicast group. */
  membership(join: boolean, group: string, at: string | undefined): number {
    if (isIPv4(group)) {
      if (at !== undefined && !isIPv4(at)) return UV_EINVAL;
      const value = Buffer.concat([ipv4(group), ipv4(at ?? '0.0.0.0')]);
      return this.#setBytes(IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, value);
    }
    if (!isIPv6(group)) return UV_EINVAL;
    const index = Buffer.alloc(4);
    index.writeUInt32LE(scopeOf(at ?? group));
    const value = Buffer.concat([sockaddr(group.split('%')[0]!, 0, AF_INET6).subarray(8, 24), index]);
    return this.#setBytes(IPPROTO_IPV6, join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, value);
  }

  /** Joins or leaves a multicast group of one source. */
  sourceMembership(join: boolean, source: string, group: string, at: string | undefined): number {
    if (!isIPv4(group) || !isIPv4(source) || (at !== undefined && !isIPv4(at))) return UV_EINVAL;
    const value = Buffer.concat([ipv4(group), ipv4(source), ipv4(at ?? '0.0.0.0')]);
    return this.#setBytes(IPPROTO_IP, join ? IP_ADD_SOURCE_MEMBERSHIP : IP_DROP_SOURCE_MEMBERSHIP, value);
  }

  /** Reads or sets the size of a buffer of the system's; a negative libuv error if that cannot be. */
  bufferSize(size: number, receiving: boolean): number {
    if (this.owner.socket === null) return UV_EBADF;
    if (size > MOST_BUFFER) return UV_EINVAL;
    const option = receiving ? SO_RCVBUF : SO_SNDBUF;
    if (size !== 0) return this.#set(SOL_SOCKET, option, size) || size;
    const { ws2, s } = this.owner.socket;
    const value = new Uint8Array(4);
    if (ws2.getsockopt(s, SOL_SOCKET, option, value, { value: 4 }) !== 0) return uvErrorOf(ws2.WSAGetLastError());
    return new DataView(value.buffer).getInt32(0, true);
  }

  #set(level: number, name: number, value: number): number {
    return this.owner.socket === null ? UV_EBADF : uvErrorOf(this.owner.socket.setOption(level, name, value));
  }

  #setBytes(level: number, name: number, value: Uint8Array): number {
    if (this.owner.socket === null) return UV_EBADF;
    const { ws2, s } = this.owner.socket;
    return ws2.setsockopt(s, level, name, value, value.length) === 0 ? 0 : uvErrorOf(ws2.WSAGetLastError());
  }
}

function ipv4(address: string): Uint8Array {
  return sockaddr(address, 0, AF_INET).slice(4, 8);
}

/** The scope of an address, by number or by the name of an interface; 0 for none. */
function scopeOf(address: string): number {
  const [, scope] = address.split('%');
  if (scope === undefined) return 0;
  const number = Number(scope);
  if (Number.isInteger(number)) return number;
  return networkInterfaces()[scope]?.find(({ family }) => family === 'IPv6')?.scopeid ?? 0;
}

/** What the interface of a scope is called; its number if nobody knows. */
export function interfaceName(scope: number): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((each) => each.family === 'IPv6' && each.scopeid === scope)) return name;
  }
  return String(scope);
}
