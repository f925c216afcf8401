// What a query asks of the files, and the items that answer it.
import {
  GUID,
  hostent,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IS_SVCID_TCP,
  IS_SVCID_UDP,
  NS_ALL,
  protoent,
  servent,
  SVCID_HOSTNAME,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  SVCID_TCP,
  SVCID_UDP,
  WSANO_DATA,
  WSASERVICE_NOT_FOUND,
  AF_INET,
  type WSAQUERYSETW,
} from '../../../spi/index.js';
import { distinctNames } from './database-file.js';
import { hostByAddress, hostByName, parseAddress, type HostAddress, type HostEntry, type HostLine } from './hosts.js';
import { findProtocol } from './protocols.js';
import { findServices, type ServiceEntry } from './services.js';
import { addressesFor, isPermitted, transportOf, type TransportAddress } from './transports.js';

/**
 * A service class of this provider alone: protocols by name or number, with a `protoent` as blob. `getprotobyname` and
 * `getprotobynumber` do not ask it, because the specification has them consult a database of WS2_32's own.
 */
export const SVCID_WS2SPI_PROTOCOLBYNAME: GUID = '6B7F3C52-8D0E-4A91-9C36-1E54A0D872FB';

/** What the files say just now. */
export interface Databases {
  readonly hosts: readonly HostLine[];
  readonly services: readonly ServiceEntry[];
  readonly protocols: readonly protoent[];
  /** The machine's name. */
  readonly hostName: string;
}

/** One result of a query, with everything that may be asked of it. */
export interface Item {
  readonly isAlias: boolean;
  readonly name: string;
  readonly serviceClass: GUID | null;
  readonly addresses: readonly TransportAddress[];
  readonly blob: Uint8Array | null;
}

/**
 * Answers a query.
 *
 * @param databases what the files say
 * @param restrictions the query; context, comment and addresses do not matter
 * @param nameSpace the name space that the provider serves
 * @returns the items, main result first and its aliases after it; none for a query that names neither class nor
 *   service; or WSASERVICE_NOT_FOUND (not in the files, or a class that they know nothing of), WSANO_DATA (in the
 *   files, but not with these protocols or of this record type)
 */
export function answer(databases: Databases, restrictions: WSAQUERYSETW, nameSpace: number): readonly Item[] | number {
  const asked = restrictions.dwNameSpace ?? NS_ALL;
  if (asked !== NS_ALL && asked !== nameSpace) return WSASERVICE_NOT_FOUND;
  const name = restrictions.lpszServiceInstanceName ?? '';
  const serviceClass = GUID.parse(restrictions.lpServiceClassId ?? '');
  if (serviceClass === null) return name === '' ? [] : WSASERVICE_NOT_FOUND;

  switch (serviceClass) {
    case SVCID_INET_SERVICEBYNAME:
      return service(databases, restrictions, name);
    case SVCID_WS2SPI_PROTOCOLBYNAME:
      return protocol(databases, name);
    case SVCID_INET_HOSTADDRBYINETSTRING: {
      const address = parseAddress(name);
      const host = address === null ? null : hostByAddress(databases.hosts, address);
      return hostItems(databases, restrictions, serviceClass, host);
    }
    case SVCID_HOSTNAME: {
      const { hostName } = databases;
      const host = hostByName(databases.hosts, name === '' ? hostName : name, hostName);
      // What the machine is called is its own name, whatever the file puts first.
      const named = name === '' && host !== null ? { ...host, name: hostName } : host;
      return hostItems(databases, restrictions, serviceClass, named);
    }
    default: {
      const isHost =
        serviceClass === SVCID_INET_HOSTADDRBYNAME || IS_SVCID_TCP(serviceClass) || IS_SVCID_UDP(serviceClass);
      const host = isHost ? hostByName(databases.hosts, name, databases.hostName) : null;
      return hostItems(databases, restrictions, serviceClass, host);
    }
  }
}

function hostItems(
  databases: Databases,
  restrictions: WSAQUERYSETW,
  serviceClass: GUID,
  host: HostEntry | null,
): readonly Item[] | number {
  if (host === null) return WSASERVICE_NOT_FOUND;
  const query = restrictions.lpszQueryString ?? '';
  const asked = query === '' ? undefined : findServices(databases.services, query)[0];
  const addresses = addressesFor(host.addresses, serviceClass, restrictions.lpafpProtocols ?? [], asked);
  const isOwnName = serviceClass === SVCID_HOSTNAME && (restrictions.lpszServiceInstanceName ?? '') === '';
  if (addresses.length === 0 && !isOwnName) return WSANO_DATA;
  const hasBlob = serviceClass !== SVCID_HOSTNAME;
  const blob = hasBlob
    ? hostBlob(
        host,
        addresses.map((each) => each.address),
      )
    : null;
  return [
    { isAlias: false, name: host.name, serviceClass, addresses, blob },
    ...aliasItems(host.name, host.aliases, serviceClass),
  ];
}

// A hostent has addresses of one family: IPv4 if there are any.
function hostBlob(host: HostEntry, addresses: readonly HostAddress[]): Uint8Array {
  const family = addresses.find((each) => each.family === AF_INET)?.family ?? addresses[0]?.family ?? AF_INET;
  const distinct = [...new Set(addresses)].filter((each) => each.family === family);
  return hostent.encode({
    h_name: host.name,
    h_aliases: [...host.aliases],
    h_addrtype: family,
    h_length: family === AF_INET ? 4 : 16,
    h_addr_list: distinct.map((each) => each.bytes),
  });
}

function service(databases: Databases, restrictions: WSAQUERYSETW, query: string): readonly Item[] | number {
  const found = query === '' ? [] : findServices(databases.services, query);
  if (found.length === 0) return WSASERVICE_NOT_FOUND;
  const permitted = restrictions.lpafpProtocols ?? [];
  const entry = found.find((each) => {
    const transport = transportOf(each.protocol);
    return transport === null || isPermitted(permitted, null, transport.iProtocol);
  });
  if (entry === undefined) return WSANO_DATA;
  const blob = servent.encode({
    s_name: entry.name,
    s_aliases: [...entry.aliases],
    s_port: ((entry.port & 0xff) << 8) | (entry.port >> 8),
    s_proto: entry.protocol,
  });
  const serviceClass = canonicalClass(entry);
  return [
    { isAlias: false, name: entry.name, serviceClass, addresses: [], blob },
    ...aliasItems(entry.name, entry.aliases, serviceClass),
  ];
}

// The predefined class of the port where the service is.
function canonicalClass({ port, protocol: name }: ServiceEntry): GUID {
  const number = transportOf(name)?.iProtocol;
  if (number === IPPROTO_TCP) return SVCID_TCP(port);
  return number === IPPROTO_UDP ? SVCID_UDP(port) : SVCID_INET_SERVICEBYNAME;
}

function protocol(databases: Databases, query: string): readonly Item[] | number {
  const entry = findProtocol(databases.protocols, query);
  if (entry === undefined) return WSASERVICE_NOT_FOUND;
  const { p_name: name, p_aliases: aliases } = entry;
  const serviceClass = SVCID_WS2SPI_PROTOCOLBYNAME;
  return [
    { isAlias: false, name, serviceClass, addresses: [], blob: protoent.encode(entry) },
    ...aliasItems(name, aliases, serviceClass),
  ];
}

function aliasItems(name: string, aliases: readonly string[], serviceClass: GUID): Item[] {
  return distinctNames([name, ...aliases])
    .slice(1)
    .map((alias) => ({ isAlias: true, name: alias, serviceClass, addresses: [], blob: null }));
}
