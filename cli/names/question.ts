// What the words of the command line ask name spaces for.
import { isIP } from 'node:net';
import { SVCID_WS2SPI_DNS_SD } from '../../providers/namespaces/mdns/index.js';
import {
  AF_INET,
  AF_INET6,
  GUID,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SVCID_DNS,
  SVCID_INET_HOSTADDRBYINETSTRING,
  SVCID_INET_HOSTADDRBYNAME,
  SVCID_INET_SERVICEBYNAME,
  SVCID_TCP,
  SVCID_UDP,
  type AFPROTOCOLS,
} from '../../spi/index.js';
import { oneOfWords, UsageError, wholeNumber } from '../command.js';

/** What is asked for. */
export interface NameQuestion {
  readonly name: string | null;
  readonly serviceClass: GUID;
  readonly protocols: readonly AFPROTOCOLS[];
}

/** DNS record types by their names. */
const RECORDS = { ns: 2, cname: 5, soa: 6, ptr: 12, mx: 15, txt: 16, srv: 33, caa: 257 } as const;

/** What `--type` may be. */
export const TYPES = ['host', 'a', 'aaaa', 'address', 'service', ...Object.keys(RECORDS)] as const;

/** The class that `--class`, `--port` and `--udp` say; `null` for none. */
export function classOf(id: string | undefined, port: string | undefined, isUdp: boolean): GUID | null {
  if (id !== undefined) {
    if (port !== undefined) throw new UsageError('--class and --port each say what the service is: give one of them');
    const parsed = GUID.parse(id);
    if (parsed === null) throw new UsageError(`--class needs a GUID, not "${id}"`);
    return parsed;
  }
  if (port === undefined) return null;
  const number = wholeNumber('port', port, 1, 65_535);
  return isUdp ? SVCID_UDP(number) : SVCID_TCP(number);
}

/** What `lookup` asks for. */
export function questionOf(name: string, type: string | undefined, serviceClass: GUID | null): NameQuestion {
  if (serviceClass !== null) {
    if (type !== undefined)
      throw new UsageError('--type says what is looked for, as --class and --port do: give one of them');
    return { name, serviceClass, protocols: [] };
  }
  const wanted = (type ?? (isIP(name) === 0 ? 'host' : 'address')).toLowerCase();
  switch (wanted) {
    case 'host':
      return { name, serviceClass: SVCID_INET_HOSTADDRBYNAME, protocols: [] };
    case 'a':
    case 'aaaa': {
      const iAddressFamily = wanted === 'a' ? AF_INET : AF_INET6;
      const protocols = [IPPROTO_TCP, IPPROTO_UDP].map((iProtocol) => ({ iAddressFamily, iProtocol }));
      return { name, serviceClass: SVCID_INET_HOSTADDRBYNAME, protocols };
    }
    case 'address':
      return { name, serviceClass: SVCID_INET_HOSTADDRBYINETSTRING, protocols: [] };
    case 'service':
      return { name, serviceClass: SVCID_INET_SERVICEBYNAME, protocols: [] };
    default: {
      if (!Object.hasOwn(RECORDS, wanted)) {
        throw new UsageError(`--type must be one of ${TYPES.join(', ')}, not "${type}"${oneOfWords(TYPES, wanted)}`);
      }
      return { name, serviceClass: SVCID_DNS(RECORDS[wanted as keyof typeof RECORDS]), protocols: [] };
    }
  }
}

/** What `browse` and `watch` ask for: a type such as `_http._tcp`, or all services of a class, or one of them. */
export function browsed(name: string | undefined, serviceClass: GUID | null): NameQuestion {
  if (serviceClass !== null) return { name: name ?? null, serviceClass, protocols: [] };
  if (name === undefined)
    throw new UsageError('say what to look for: a type such as _http._tcp, --class GUID, or --port NUMBER');
  if (name.startsWith('_')) return { name, serviceClass: SVCID_WS2SPI_DNS_SD, protocols: [] };
  return { name, serviceClass: SVCID_INET_HOSTADDRBYNAME, protocols: [] };
}
