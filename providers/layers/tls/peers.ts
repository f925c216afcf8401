// Whom a client asks for: the name that it tells, and what the certificate has to have.
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { CodecConnection } from '../../../chain/index.js';

/** Whom a client asks for. */
export interface Asked {
  /** The name that the server is told; `null` for an address: that is never told. */
  readonly serverName: string | null;
  readonly certified: { readonly name: string } | { readonly address: string };
}

/**
 * Whom a connection asks for.
 *
 * @param servername the option; `undefined` for the host that the application named
 * @returns `null` when it leads to nobody with a name or an address
 */
export function askedFor(servername: string | undefined, { destination }: CodecConnection): Asked | null {
  const host = servername ?? destination?.name ?? destination?.address;
  return host === undefined ? null : asked(host);
}

/** Reads a host's name, or an address as people write it. */
export function asked(host: string): Asked | null {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
  if (isIP(bare) !== 0) return { serverName: null, certified: { address: bare } };
  // Names of other scripts are told, and certified, in ASCII. A dot at the end says that it is whole, and is no part of it.
  const name = domainToASCII(host.replace(/\.$/, ''));
  if (name === '' || name.length > 253 || isIP(name) !== 0) return null;
  return { serverName: name, certified: { name } };
}

/** Where a connection leads, for messages. */
export function peerOf(connection: CodecConnection): string {
  const { destination, role } = connection;
  if (role === 'client' && destination !== null)
    return `${destination.name ?? destination.address}:${destination.port}`;
  const peer = connection.peerName();
  return peer === null ? 'the peer' : `${peer.address}:${peer.port}`;
}
