// What a query asks of the files, and the items that answer it.
import type { NameSpaceItem, NameSpaceQuestion } from '../../../name-space/index.js';
import {
  AF_UNSPEC,
  IPPROTO_TCP,
  IPPROTO_UDP,
  protoent,
  servent,
  SVCID_INET_SERVICEBYNAME,
  SVCID_TCP,
  SVCID_UDP,
  WSA_E_NO_MORE,
  WSANO_DATA,
  WSASERVICE_NOT_FOUND,
  type GUID,
} from '../../../spi/index.js';
import { sockaddrOf } from '../../../spi/socket-names.js';
import type { Slices } from '../../../name-space/slices.js';
import type { Database } from './database.js';
import {
  findHostByAddress,
  findHostByName,
  fileAddress,
  type FileAddress,
  type HostEntry,
  type HostLine,
} from './hosts.js';
import { sameName } from './names.js';
import { findProtocol } from './protocols.js';
import { findServices, type ServiceEntry } from './services.js';

/**
 * A service class of this provider alone: protocols by name or number, with a `protoent` as blob. `getprotobyname` and
 * `getprotobynumber` do not ask it, because the specification has them consult a database of WS2_32's own.
 */
export const SVCID_WS2SPI_PROTOCOLBYNAME: GUID = '6B7F3C52-8D0E-4A91-9C36-1E54A0D872FB';

/** What the files are called here. */
export type FileName = 'hosts' | 'services' | 'protocols';

/** What the files say; of those that were not asked for, nothing. */
export interface Databases {
  readonly hosts: Database<HostLine>;
  readonly services: Database<ServiceEntry>;
  readonly protocols: Database<protoent>;
  /** The machine's name. */
  readonly hostName: string;
}

/** The files that a question is about: the others need not be read for it. */
export function filesFor({ kind, serviceClass, queryString }: NameSpaceQuestion): readonly FileName[] {
  switch (kind) {
    case 'service':
      return ['services'];
    case 'host':
    case 'own host':
    case 'address':
    case 'record':
      return hasPlace(queryString, serviceClass) ? ['hosts', 'services'] : ['hosts'];
    case 'class':
      return serviceClass === SVCID_WS2SPI_PROTOCOLBYNAME ? ['protocols'] : [];
    case 'name':
    case 'containers':
      return [];
  }
}

// Whether a question about a host names the service that it is asked for.
function hasPlace(queryString: string, serviceClass: GUID | null): boolean {
  return queryString !== '' && serviceClass !== null;
}

/**
 * Answers a question.
 *
 * @param databases what the files say that the question is about
 * @returns in the end, the item that it is about; or WSASERVICE_NOT_FOUND (not in the files, or a class that they know nothing of),
 *   WSANO_DATA (in the files, but not with these protocols or of this record type), WSA_E_NO_MORE (neither class nor
 *   service are named)
 */
export function* answer(databases: Databases, question: NameSpaceQuestion): Slices<NameSpaceItem | number> {
  const { kind, name } = question;
  switch (kind) {
    case 'name':
      return name === '' ? WSA_E_NO_MORE : WSASERVICE_NOT_FOUND;
    case 'service':
      return yield* service(databases, question);
    case 'address': {
      const address = fileAddress(name);
      const host = address === null ? null : yield* findHostByAddress(databases.hosts, address);
      return yield* hostItem(databases, question, host);
    }
    case 'own host': {
      const { hosts, hostName } = databases;
      const host = yield* findHostByName(hosts, hostName, hostName);
      // What the machine is called is its own name, whatever the file puts first.
      return yield* hostItem(databases, question, host === null ? null : { ...host, name: hostName });
    }
    case 'host':
    case 'record':
      return yield* hostItem(databases, question, yield* findHostByName(databases.hosts, name, databases.hostName));
    case 'class':
      if (question.serviceClass !== SVCID_WS2SPI_PROTOCOLBYNAME) return WSASERVICE_NOT_FOUND;
      return yield* protocol(databases, name);
    case 'containers':
      return WSANO_DATA;
  }
}

function* hostItem(
  databases: Databases,
  { kind, serviceClass, queryString, recordType }: NameSpaceQuestion,
  host: HostEntry | null,
): Slices<NameSpaceItem | number> {
  if (host === null) return WSASERVICE_NOT_FOUND;
  const { name, aliases } = host;
  if (kind === 'record' && recordType !== A && recordType !== AAAA) return WSANO_DATA;
  const isPlaced = hasPlace(queryString, serviceClass);
  const place = isPlaced ? (yield* findServices(databases.services, queryString))[0] : undefined;
  const protocolOfPlace = place === undefined ? null : protocolNumber(place.protocol);
  return {
    name,
    aliases,
    addresses: yield* sockaddrsOf(host.addresses),
    ...(protocolOfPlace === null ? {} : { protocol: protocolOfPlace }),
    ...(place === undefined ? {} : { port: place.port }),
  };
}

function* sockaddrsOf(addresses: readonly FileAddress[]): Slices<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const { bytes } of addresses) {
    if (found.length % SOCKADDRS_IN_A_TURN === SOCKADDRS_IN_A_TURN - 1) yield;
    found.push(sockaddrOf(bytes));
  }
  return found;
}

/** Addresses that are made in one turn. */
const SOCKADDRS_IN_A_TURN = 2000;

const A = 1;
const AAAA = 28;

function protocolNumber(name: string): number | null {
  if (sameName(name, 'tcp')) return IPPROTO_TCP;
  return sameName(name, 'udp') ? IPPROTO_UDP : null;
}

function* service(databases: Databases, question: NameSpaceQuestion): Slices<NameSpaceItem | number> {
  const found = question.name === '' ? [] : yield* findServices(databases.services, question.name);
  if (found.length === 0) return WSASERVICE_NOT_FOUND;
  const entry = found.find((each) => {
    const number = protocolNumber(each.protocol);
    return number === null || question.wants(AF_UNSPEC, number);
  });
  if (entry === undefined) return WSANO_DATA;
  return serviceItem(entry);
}

const serviceItems = new WeakMap<ServiceEntry, NameSpaceItem>();

function serviceItem(entry: ServiceEntry): NameSpaceItem {
  const known = serviceItems.get(entry);
  if (known !== undefined) return known;
  const { name, aliases } = entry;
  const blob = servent.encode({
    s_name: name,
    s_aliases: [...aliases],
    s_port: ((entry.port & 0xff) << 8) | (entry.port >> 8),
    s_proto: entry.protocol,
  });
  const item = { name, serviceClass: canonicalClass(entry), aliases, blob };
  serviceItems.set(entry, item);
  return item;
}

// The predefined class of the port where the service is.
function canonicalClass({ port, protocol: name }: ServiceEntry): GUID {
  const number = protocolNumber(name);
  if (number === IPPROTO_TCP) return SVCID_TCP(port);
  return number === IPPROTO_UDP ? SVCID_UDP(port) : SVCID_INET_SERVICEBYNAME;
}

function* protocol(databases: Databases, query: string): Slices<NameSpaceItem | number> {
  const entry = yield* findProtocol(databases.protocols, query);
  if (entry === undefined) return WSASERVICE_NOT_FOUND;
  return { name: entry.p_name, aliases: entry.p_aliases, blob: protoent.encode(entry) };
}
