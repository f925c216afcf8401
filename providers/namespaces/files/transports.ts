// Which addresses of a host a query wants, and with which transport protocol and port.
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IS_SVCID_TCP,
  IS_SVCID_UDP,
  PORT_FROM_SVCID_TCP,
  PORT_FROM_SVCID_UDP,
  RR_FROM_SVCID,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SVCID_DNS,
  SVCID_DNS_TYPE_A,
  SVCID_DNS_TYPE_AAAA,
  type AFPROTOCOLS,
  type CSADDR_INFO,
  type GUID,
  type SOCKET_ADDRESS,
} from '../../../spi/index.js';
import { sameName } from './database-file.js';
import type { HostAddress } from './hosts.js';
import type { ServiceEntry } from './services.js';

/** A socket type and the protocol that goes with it. */
export interface Transport {
  readonly iSocketType: number;
  readonly iProtocol: number;
}

/** An address of a host, with the transport protocol and the port to reach it by. */
export interface TransportAddress extends Transport {
  readonly address: HostAddress;
  /** 0 to 65535, in host order. */
  readonly port: number;
}

const TCP: Transport = { iSocketType: SOCK_STREAM, iProtocol: IPPROTO_TCP };
const UDP: Transport = { iSocketType: SOCK_DGRAM, iProtocol: IPPROTO_UDP };

/** The transport that a services file calls `tcp` or `udp`; `null` for other protocols. */
export function transportOf(protocol: string): Transport | null {
  if (sameName(protocol, 'tcp')) return TCP;
  return sameName(protocol, 'udp') ? UDP : null;
}

/**
 * Whether a query's list of protocols lets a protocol pass. AF_UNSPEC stands for every family, protocol 0 for every
 * protocol, and an empty list for everything.
 *
 * @param family AF_INET or AF_INET6; `null` for either
 * @param protocol IPPROTO_TCP or IPPROTO_UDP
 */
export function isPermitted(list: readonly AFPROTOCOLS[], family: number | null, protocol: number): boolean {
  if (list.length === 0) return true;
  const families = family === null ? [AF_INET, AF_INET6] : [family];
  return list.some(
    ({ iAddressFamily, iProtocol }) =>
      (iAddressFamily === AF_UNSPEC || families.includes(iAddressFamily)) &&
      (iProtocol === 0 || iProtocol === protocol),
  );
}

/**
 * The addresses that a query wants of a host's.
 *
 * @param serviceClass decides over the family (DNS record types), and over transport and port (TCP and UDP ports)
 * @param list the query's list of protocols
 * @param service the service that the query string names, which decides over transport and port otherwise
 * @returns one for each address and transport; of the transports TCP alone, unless the query lists its protocols
 */
export function addressesFor(
  addresses: readonly HostAddress[],
  serviceClass: GUID,
  list: readonly AFPROTOCOLS[],
  service?: ServiceEntry,
): TransportAddress[] {
  const { transport, port } = placeOf(serviceClass, service);
  const family = familyOf(serviceClass);
  if (family === null) return [];
  return addresses
    .filter((address) => family === AF_UNSPEC || address.family === family)
    .flatMap((address) => {
      const isOpen = ({ iProtocol }: Transport): boolean => isPermitted(list, address.family, iProtocol);
      const isListed = ({ iProtocol }: Transport): boolean => list.some((pair) => pair.iProtocol === iProtocol);
      const open = (transport === null ? [TCP, UDP] : [transport]).filter(isOpen);
      const listed = open.filter(isListed);
      const chosen = listed.length > 0 ? listed : open.slice(0, 1);
      return chosen.map((each) => ({ ...each, address, port }));
    });
}

function placeOf(serviceClass: GUID, service?: ServiceEntry): { transport: Transport | null; port: number } {
  // A DNS record type is a class of DNS' own port, which says nothing of the host's.
  const isRecord = serviceClass === SVCID_DNS(RR_FROM_SVCID(serviceClass)) && RR_FROM_SVCID(serviceClass) !== 0;
  if (!isRecord && IS_SVCID_TCP(serviceClass)) return { transport: TCP, port: PORT_FROM_SVCID_TCP(serviceClass) };
  if (IS_SVCID_UDP(serviceClass)) return { transport: UDP, port: PORT_FROM_SVCID_UDP(serviceClass) };
  return { transport: service === undefined ? null : transportOf(service.protocol), port: service?.port ?? 0 };
}

// AF_UNSPEC for both families, null for record types that are no addresses.
function familyOf(serviceClass: GUID): number | null {
  const type = RR_FROM_SVCID(serviceClass);
  if (type === 0) return AF_UNSPEC;
  if (type === RR_FROM_SVCID(SVCID_DNS_TYPE_A)) return AF_INET;
  return type === RR_FROM_SVCID(SVCID_DNS_TYPE_AAAA) ? AF_INET6 : null;
}

/**
 * Makes the C form of an address.
 *
 * @param forService whether the address is for bind, not for connect; the other part is the wildcard
 */
export function csaddrInfo(
  { address, port, iSocketType, iProtocol }: TransportAddress,
  forService: boolean,
): CSADDR_INFO {
  const four = address.family === AF_INET;
  const make = (text: string, at: number): SOCKET_ADDRESS => {
    const lpSockaddr = four ? sockaddr_in(text, at) : sockaddr_in6(text, at);
    return { lpSockaddr, iSockaddrLength: lpSockaddr.length };
  };
  const prime = make(address.text, port);
  const other = make(four ? '0.0.0.0' : '::', 0);
  return {
    LocalAddr: forService ? prime : other,
    RemoteAddr: forService ? other : prime,
    iSocketType,
    iProtocol,
  };
}
