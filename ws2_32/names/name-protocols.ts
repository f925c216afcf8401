// The local database of protocols that the specification has WS2_32 consult by itself. It is Windows' on every system,
// as numbers and constants are: getprotobyname("ggp") does not depend on what a container has in /etc.
import type { protoent } from '../../spi/index.js';

const PROTOCOLS: readonly (readonly [name: string, number: number, alias: string])[] = [
  ['ip', 0, 'IP'],
  ['icmp', 1, 'ICMP'],
  ['ggp', 3, 'GGP'],
  ['tcp', 6, 'TCP'],
  ['egp', 8, 'EGP'],
  ['pup', 12, 'PUP'],
  ['udp', 17, 'UDP'],
  ['hmp', 20, 'HMP'],
  ['xns-idp', 22, 'XNS-IDP'],
  ['rdp', 27, 'RDP'],
  ['ipv6', 41, 'IPv6'],
  ['ipv6-route', 43, 'IPv6-Route'],
  ['ipv6-frag', 44, 'IPv6-Frag'],
  ['esp', 50, 'ESP'],
  ['ah', 51, 'AH'],
  ['ipv6-icmp', 58, 'IPv6-ICMP'],
  ['ipv6-nonxt', 59, 'IPv6-NoNxt'],
  ['ipv6-opts', 60, 'IPv6-Opts'],
  ['rvd', 66, 'RVD'],
];

/** The protocol of a name, in any case; `null` when there is none. */
export function protocolByName(name: string): protoent | null {
  const wanted = name.toLowerCase();
  return entry(PROTOCOLS.find(([each]) => each === wanted));
}

/** The protocol of a number; `null` when there is none. */
export function protocolByNumber(number: number): protoent | null {
  return entry(PROTOCOLS.find(([, each]) => each === number));
}

// Fresh for every call: it belongs to the caller.
function entry(row: (typeof PROTOCOLS)[number] | undefined): protoent | null {
  if (row === undefined) return null;
  const [p_name, p_proto, alias] = row;
  return { p_name, p_aliases: [alias], p_proto };
}
