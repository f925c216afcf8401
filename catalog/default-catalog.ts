// What every catalog begins with, before anything was installed.
import {
  AF_ATM,
  AF_INET,
  AF_INET6,
  AF_IPX,
  ATMPROTO_AAL5,
  IPPROTO_TCP,
  IPPROTO_UDP,
  NS_DNS,
  NSPROTO_SPX,
  PFL_HIDDEN,
  PFL_MATCHES_PROTOCOL_ZERO,
  PFL_MULTIPLE_PROTO_ENTRIES,
  PFL_RECOMMENDED_PROTO_ENTRY,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  XP1_GRACEFUL_CLOSE,
  XP1_MULTIPOINT_CONTROL_PLANE,
  XP1_MULTIPOINT_DATA_PLANE,
  XP1_PSEUDO_STREAM,
  XP1_QOS_SUPPORTED,
  XP1_SUPPORT_MULTIPOINT,
  type GUID,
  type WSAPROTOCOL_INFOW,
} from '../spi/index.js';
import { CATALOG_FORMAT, CATALOG_VERSION, FIRST_CATALOG_ENTRY_ID } from './rules.js';
import type { CatalogData, CatalogNameSpace } from './schema.js';

/** The base provider that a default catalog names: the system's own sockets, or a network in memory. */
export type CatalogBase = 'tcpip' | 'memory';

interface BaseProvider {
  readonly path: string;
  readonly name: string;
  readonly guid4: string;
  readonly guid6: string;
}

const BASES: Readonly<Record<CatalogBase, BaseProvider>> = {
  tcpip: {
    path: 'di:tcpip',
    name: 'MSAFD Tcpip',
    guid4: 'E70F1AA0-AB8B-11CF-8CA3-00805F48A192',
    guid6: 'F9EAB0C0-26D4-11D0-BBBF-00AA006C34E4',
  },
  memory: {
    path: 'di:memory',
    name: 'ws2spi Memory',
    guid4: '5B0C2A64-9E1D-4F37-8A52-D3E6710FB948',
    guid6: 'C1F4873E-2D6A-4B90-B5E8-07A94D62F31C',
  },
};

// XP1_IFS_HANDLES | EXPEDITED_DATA | GRACEFUL_CLOSE | GUARANTEED_ORDER | GUARANTEED_DELIVERY
const STREAM_SERVICE = 0x20066;
// XP1_IFS_HANDLES | SUPPORT_MULTIPOINT | SUPPORT_BROADCAST | MESSAGE_ORIENTED | CONNECTIONLESS
const DATAGRAM_SERVICE = 0x20609;
// What Windows gives for every datagram entry: safe for IPv4 and IPv6, with room for the headers.
const DATAGRAM_SIZE = 65467;

const FAMILIES = [
  { suffix: 'IP', iAddressFamily: AF_INET, sockaddr: 16 },
  { suffix: 'IPv6', iAddressFamily: AF_INET6, sockaddr: 28 },
] as const;

const PROTOCOLS = [
  { prefix: 'TCP', iSocketType: SOCK_STREAM, iProtocol: IPPROTO_TCP, service: STREAM_SERVICE, hidden: 0 },
  { prefix: 'UDP', iSocketType: SOCK_DGRAM, iProtocol: IPPROTO_UDP, service: DATAGRAM_SERVICE, hidden: 0 },
  { prefix: 'RAW', iSocketType: SOCK_RAW, iProtocol: 0, service: DATAGRAM_SERVICE, hidden: PFL_HIDDEN },
] as const;

// XP1_IFS_HANDLES | DISCONNECT_DATA | CONNECT_DATA | EXPEDITED_DATA | MESSAGE_ORIENTED | GUARANTEED_ORDER |
// GUARANTEED_DELIVERY | PARTIAL_MESSAGE
const MESSAGE_SERVICE = 0x601ce;

/** What the network in memory has beside TCP/IP: all that the specification knows of connections. */
const MESSAGE_PROTOCOLS = [
  {
    name: 'SPX',
    guid: '8E2B7D14-63A9-4C05-9F71-B0D4C6A85E23',
    service: MESSAGE_SERVICE | XP1_GRACEFUL_CLOSE,
    flags: PFL_MULTIPLE_PROTO_ENTRIES | PFL_RECOMMENDED_PROTO_ENTRY,
    iAddressFamily: AF_IPX,
    sockaddr: 14,
    iSocketType: SOCK_SEQPACKET,
    iProtocol: NSPROTO_SPX,
    // There is no longest message.
    dwMessageSize: 0xffffffff,
  },
  {
    name: 'SPX/Pseudo Stream',
    guid: '8E2B7D14-63A9-4C05-9F71-B0D4C6A85E23',
    service: MESSAGE_SERVICE | XP1_GRACEFUL_CLOSE | XP1_PSEUDO_STREAM,
    flags: PFL_MULTIPLE_PROTO_ENTRIES,
    iAddressFamily: AF_IPX,
    sockaddr: 14,
    iSocketType: SOCK_STREAM,
    iProtocol: NSPROTO_SPX,
    dwMessageSize: 0xffffffff,
  },
  {
    name: 'ATM AAL5',
    guid: '2F60C9B8-17D5-4E3A-A84C-9D0B53E7F146',
    service:
      MESSAGE_SERVICE |
      XP1_SUPPORT_MULTIPOINT |
      XP1_MULTIPOINT_CONTROL_PLANE |
      XP1_MULTIPOINT_DATA_PLANE |
      XP1_QOS_SUPPORTED,
    flags: 0,
    iAddressFamily: AF_ATM,
    sockaddr: 76,
    iSocketType: SOCK_SEQPACKET,
    iProtocol: ATMPROTO_AAL5,
    dwMessageSize: 65_535,
  },
] as const;

/** GUID of the name-space provider "Tcpip", which every default catalog has. */
export const TCPIP_NAMESPACE_PROVIDER = '22059D40-7E9E-11CF-AE5A-00AA00A7112B';

/** GUID of the name-space provider "DNS", which the default catalog of the system's sockets has behind it. */
export const DNS_NAMESPACE_PROVIDER = '9C2E5B70-41D8-4E6A-B3F7-08A1C95D24E6';

/**
 * Makes the catalog that holds before anything was installed: TCP/IP, UDP/IP, RAW/IP and their IPv6 twins, in Windows'
 * order and with Windows' flags (Windows 10's catalog), and the name-space providers of the hosts file and, over
 * the system's own sockets, of the domain name system. A network in memory has SPX, its pseudo stream and ATM behind them.
 *
 * @param base which base provider the entries name: `tcpip` has Windows' names and GUIDs, `memory` its own
 * @returns a fresh catalog with serial number 1, ids from 1001 to 1006, or to 1009
 */
export function defaultCatalog(base: CatalogBase): CatalogData {
  const provider = BASES[base];
  const internet = FAMILIES.flatMap((family, f) =>
    PROTOCOLS.map((protocol, p) => ({
      path: provider.path,
      entry: {
        dwServiceFlags1: protocol.service,
        dwServiceFlags2: 0,
        dwServiceFlags3: 0,
        dwServiceFlags4: 0,
        dwProviderFlags: PFL_MATCHES_PROTOCOL_ZERO | protocol.hidden,
        ProviderId: family.iAddressFamily === AF_INET ? provider.guid4 : provider.guid6,
        dwCatalogEntryId: FIRST_CATALOG_ENTRY_ID + f * PROTOCOLS.length + p,
        ProtocolChain: { ChainLen: 1, ChainEntries: [] },
        iVersion: 2,
        iAddressFamily: family.iAddressFamily,
        iMaxSockAddr: family.sockaddr,
        iMinSockAddr: family.sockaddr,
        iSocketType: protocol.iSocketType,
        iProtocol: protocol.iProtocol,
        iProtocolMaxOffset: protocol.iSocketType === SOCK_RAW ? 255 : 0,
        iNetworkByteOrder: 0,
        iSecurityScheme: 0,
        dwMessageSize: protocol.iSocketType === SOCK_STREAM ? 0 : DATAGRAM_SIZE,
        dwProviderReserved: 0,
        szProtocol: `${provider.name} [${protocol.prefix}/${family.suffix}]`,
      } satisfies WSAPROTOCOL_INFOW,
    })),
  );
  const messages = base === 'memory' ? MESSAGE_PROTOCOLS : [];
  const protocols = [
    ...internet,
    ...messages.map((protocol, p) => ({
      path: provider.path,
      entry: messageEntry(
        protocol,
        `${provider.name} [${protocol.name}]`,
        FIRST_CATALOG_ENTRY_ID + internet.length + p,
      ),
    })),
  ];
  return {
    format: CATALOG_FORMAT,
    version: CATALOG_VERSION,
    serial: 1,
    nextCatalogEntryId: FIRST_CATALOG_ENTRY_ID + protocols.length,
    protocols,
    nameSpaces: [
      nameSpace('files', 'Tcpip', TCPIP_NAMESPACE_PROVIDER),
      // On a network in memory nobody answers for the domain name system, unless a test installs it.
      ...(base === 'tcpip' ? [nameSpace('dns', 'DNS', DNS_NAMESPACE_PROVIDER)] : []),
    ],
  };
}

function messageEntry(
  protocol: (typeof MESSAGE_PROTOCOLS)[number],
  szProtocol: string,
  dwCatalogEntryId: number,
): WSAPROTOCOL_INFOW {
  const { iAddressFamily, iSocketType, iProtocol, dwMessageSize } = protocol;
  return {
    dwServiceFlags1: protocol.service,
    dwServiceFlags2: 0,
    dwServiceFlags3: 0,
    dwServiceFlags4: 0,
    dwProviderFlags: PFL_MATCHES_PROTOCOL_ZERO | protocol.flags,
    ProviderId: protocol.guid,
    dwCatalogEntryId,
    ProtocolChain: { ChainLen: 1, ChainEntries: [] },
    iVersion: 2,
    iAddressFamily,
    iMaxSockAddr: protocol.sockaddr,
    iMinSockAddr: protocol.sockaddr,
    iSocketType,
    iProtocol,
    iProtocolMaxOffset: 0,
    iNetworkByteOrder: 0,
    iSecurityScheme: 0,
    dwMessageSize,
    dwProviderReserved: 0,
    szProtocol,
  };
}

function nameSpace(provider: string, lpszIdentifier: string, NSProviderId: GUID): CatalogNameSpace {
  return {
    path: `di:namespaces/${provider}`,
    info: { NSProviderId, dwNameSpace: NS_DNS, fActive: true, dwVersion: 0, lpszIdentifier },
  };
}

/** The base providers that a catalog's entries name, of those that a default catalog may have. */
export function basesOf(data: Pick<CatalogData, 'protocols'>): CatalogBase[] {
  const paths = new Set(data.protocols.map((item) => item.path));
  return (Object.keys(BASES) as CatalogBase[]).filter((base) => paths.has(BASES[base].path));
}
