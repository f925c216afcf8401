import { parseSockaddr, type KeyLog, type SOCKET, type WSAPROTOCOL_INFOW } from '../../spi/index.js';
import { addressSlot, type AddressSlot } from '../../io/index.js';

/** Which side of a connection a codec serves: `client` connected, `server` accepted. */
export type CodecRole = 'client' | 'server';

/** Where a connection leads, as the application asked for it, or as the layers above lead it. */
export interface Destination {
  /**
   * The host's name, when the application gave one (WSAConnectByName, `host` of a `ChainSocket`), and no filter of a layer
   * above led to another host; else `null`.
   */
  readonly name: string | null;
  /** The address in text form. */
  readonly address: string;
  /** The port, 0 to 65535. */
  readonly port: number;
  /** AF_INET or AF_INET6. */
  readonly family: number;
}

/** One end of a connection. */
export interface ConnectionName {
  /** The address in text form. */
  readonly address: string;
  /** The port, 0 to 65535. */
  readonly port: number;
  /** AF_INET or AF_INET6. */
  readonly family: number;
}

/** What a codec, and the filters of its layer, are told of their connection: one object for all of them. */
export interface CodecConnection {
  /** `client` when the application connected, `server` when it accepted. */
  readonly role: CodecRole;
  /**
   * Where the layer was asked to go, whatever its own filter made of it; `null` for an accepted connection. `getpeername`
   * tells the application where it asked to go, so that a layer that goes by way of a proxy does not show.
   */
  readonly destination: Destination | null;
  /** The catalog entry that sockets of the chain are opened by: the same for every layer of it, wherever it lies. */
  readonly entry: WSAPROTOCOL_INFOW;
  /** The socket's handle; 0 while an accepted connection has none. */
  readonly socket: SOCKET;
  /** What the codec and the filters of the layer keep for each other. */
  readonly state: Record<string, unknown>;
  /** The local name of the connection below; `null` when there is none. */
  localName(): ConnectionName | null;
  /** The name of the peer of the connection below; `null` when there is none. */
  peerName(): ConnectionName | null;
  /** Where a codec that secures connections writes their secrets, if somebody listens. */
  readonly keyLog: KeyLog;
  /**
   * Names the ends of an accepted connection anew: `accept`, AcceptEx, `getpeername` and `getsockname` tell these, and so do the layers
   * above. For who reads at a connection's beginning whom it is from, before it is ready. On sockets of IPv6 addresses of
   * IPv4 are mapped; an address of IPv6 has no place on sockets of IPv4, and both names stay as they are.
   *
   * @returns whether these are the names from now on
   */
  rename(peer: Pick<ConnectionName, 'address' | 'port'>, local: Pick<ConnectionName, 'address' | 'port'>): boolean;
  /** Milliseconds of the instance's clock. */
  now(): number;
  /** A number from 0 up to 1 of the instance's generator. */
  random(): number;
}

/**
 * Reads a name as a core fills it in.
 *
 * @returns `null` for none, and for one of a family that has no addresses and ports
 */
export function nameIn(slot: AddressSlot): ConnectionName | null {
  if (slot.length === 0) return null;
  try {
    const { family, address, port } = parseSockaddr(slot.bytes, slot.length);
    return { family, address, port };
  } catch {
    return null;
  }
}

/** Asks for a name by one of a core's functions. */
export function askName(ask: (slot: AddressSlot) => number): ConnectionName | null {
  const slot = addressSlot();
  return ask(slot) === 0 ? nameIn(slot) : null;
}
