// What applications register, from WinSock's form to what is published.
import type { NameSpaceRegistration } from '../../../name-space/index.js';
import {
  AF_INET,
  AF_INET6,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYNAME,
  IS_SVCID_TCP,
  IS_SVCID_UDP,
  WSAEADDRNOTAVAIL,
  WSAEINVAL,
  WSAENAMETOOLONG,
  WSATYPE_NOT_FOUND,
} from '../../../spi/index.js';
import { serviceOf } from './goals.js';
import type { Link } from './links.js';
import { keyOf, readHostName } from './names.js';
import type { Offer } from './published.js';
import type { ServiceTypes } from './service-types.js';
import { isTextData, textData } from './text-data.js';

/** What is to be published. */
export type Wish =
  | {
      readonly kind: 'service';
      readonly key: string;
      readonly instance: string;
      readonly type: string;
      readonly offer: Offer;
    }
  | { readonly kind: 'host'; readonly key: string; readonly label: string; readonly addresses: readonly Uint8Array[] };

/** An address of a registration: 4 or 16 bytes, and a port. */
interface Endpoint {
  readonly bytes: Uint8Array;
  readonly port: number;
}

/**
 * Reads a registration.
 *
 * @param needsEndpoint whether it must say where the service is: not when it is taken back
 * @returns what is to be published, or a WSA error: WSATYPE_NOT_FOUND (nothing says which type the service is of), WSAEINVAL
 *   (no name, no address or port, data that is no TXT record), WSAENAMETOOLONG, WSAEADDRNOTAVAIL (no address of this host)
 */
export function readWish(
  registration: NameSpaceRegistration,
  serviceTypes: ServiceTypes,
  links: readonly Link[],
  needsEndpoint: boolean,
): Wish | number {
  const { name, serviceClass } = registration;
  const endpoints = endpointsOf(registration);
  const service = serviceOf(registration, serviceTypes);
  if (service === null) {
    const isHost = serviceClass === SVCID_INET_HOSTADDRBYNAME || serviceClass === SVCID_HOSTNAME;
    const isPort = serviceClass !== null && (IS_SVCID_TCP(serviceClass) || IS_SVCID_UDP(serviceClass));
    const host = isHost || isPort || serviceClass === null ? readHostName(name) : null;
    if (host !== null) return hostWish(host, endpoints, needsEndpoint);
    return name === '' ? WSAEINVAL : Buffer.byteLength(name) > 63 ? WSAENAMETOOLONG : WSATYPE_NOT_FOUND;
  }
  const { instance, type } = service;
  if (instance === '') return WSAEINVAL;
  const key = keyOf(`${instance}\0${type}`);
  if (!needsEndpoint) return { kind: 'service', key, instance, type, offer: { port: 0, text: NO_TEXT } };
  const reachable = endpoints.filter(({ port }) => port !== 0);
  if (reachable.length === 0) return WSAEINVAL;
  const endpoint = reachable.find(({ bytes }) => isHere(bytes, links));
  if (endpoint === undefined) return WSAEADDRNOTAVAIL;
  const text = textOf(registration);
  return text === null ? WSAEINVAL : { kind: 'service', key, instance, type, offer: { port: endpoint.port, text } };
}

const NO_TEXT = Uint8Array.of(0);

function hostWish(name: string, endpoints: readonly Endpoint[], needsEndpoint: boolean): Wish | number {
  const label = name.slice(0, name.lastIndexOf('.'));
  if (needsEndpoint && endpoints.length === 0) return WSAEINVAL;
  if (endpoints.some(({ bytes }) => bytes.every((byte) => byte === 0))) return WSAEADDRNOTAVAIL;
  return { kind: 'host', key: keyOf(name), label, addresses: endpoints.map(({ bytes }) => bytes) };
}

// What the blob says goes as it is; else the comment's lines are the strings.
function textOf({ blob, comment }: NameSpaceRegistration): Uint8Array | null {
  if (blob !== null && blob.length > 0) return isTextData(blob) ? blob.slice() : null;
  return textData(comment ?? '');
}

function endpointsOf({ addresses }: NameSpaceRegistration): Endpoint[] {
  const endpoints: Endpoint[] = [];
  for (const { LocalAddr, RemoteAddr } of addresses) {
    for (const { lpSockaddr } of [LocalAddr, RemoteAddr]) {
      const family = lpSockaddr === null || lpSockaddr === undefined ? 0 : lpSockaddr[0]! | (lpSockaddr[1]! << 8);
      if (family !== AF_INET && family !== AF_INET6) continue;
      const [from, to] = family === AF_INET ? [4, 8] : [8, 24];
      if (lpSockaddr!.length < to!) continue;
      endpoints.push({ bytes: lpSockaddr!.slice(from, to), port: (lpSockaddr![2]! << 8) | lpSockaddr![3]! });
      break;
    }
  }
  return endpoints;
}

// Whether whoever is led to this host finds the service: at the wildcard, or at an address that is told of.
function isHere(bytes: Uint8Array, links: readonly Link[]): boolean {
  if (bytes.every((byte) => byte === 0)) return true;
  return links.some(({ addresses }) => addresses.some((each) => Buffer.compare(each, bytes) === 0));
}
