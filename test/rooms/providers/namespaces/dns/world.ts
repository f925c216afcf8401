// A client and its servers on one memory network, in virtual time.
import { onTestFinished } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  createMemoryNetwork,
  LUP_RETURN_ALL,
  NS_ALL,
  parseSockaddr,
  ref,
  VirtualClock,
  WSAQUERYSETW,
  type addrinfo,
  type GUID,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from 'ws2spi';
import {
  createDnsCounters,
  createDnsNameSpace,
  type DnsCounters,
  type DnsNameSpaceOptions,
} from 'ws2spi/providers/namespaces/dns';
import { createTestInstance, type TestInstance } from 'ws2spi/testkit';
import { install } from '../../../name-space/fixtures/name-spaces.js';
import { ServerMachine, type Asked, type Said, type TestServer } from './server.js';

export type Ask = (name: string, family?: number) => string[] | number;

export interface World extends TestInstance {
  readonly counters: DnsCounters;
  readonly servers: readonly TestServer[];
  readonly machine: ServerMachine;
  /** The provider's GUID. */
  readonly id: GUID;
  /** Addresses of a host, in text, by getaddrinfo; or its error. */
  readonly addresses: Ask;
  /** Results of a query of WSALookupServiceBegin, all of them; or its error. */
  query(serviceClass: GUID, name: string, more?: Partial<WSAQUERYSETW>, flags?: number): WSAQUERYSETW[] | number;
  /** Milliseconds of virtual time that something takes. */
  took(what: () => unknown): number;
}

export interface WorldOptions {
  readonly network?: MemoryNetworkOptions;
  readonly seed?: number;
  readonly dns?: Partial<DnsNameSpaceOptions>;
}

/** A client with the provider, and a server for each function, at ports from 5300 on. */
export function world(answers: readonly ((asked: Asked) => Said)[], options: WorldOptions = {}): World {
  const clock = new VirtualClock();
  const network: MemoryNetwork = createMemoryNetwork(options.network);
  const machine = new ServerMachine(network, clock);
  const client = createTestInstance({ network, clock, ...(options.seed === undefined ? {} : { seed: options.seed }) });
  const servers = answers.map((answer, at) => machine.serve(5300 + at, answer));
  onTestFinished(() => {
    client[Symbol.dispose]();
    machine.test[Symbol.dispose]();
  });
  const counters = createDnsCounters();
  const nameSpace = createDnsNameSpace({
    resolvConf: null,
    servers: servers.map(({ address }) => address),
    search: [],
    counters,
    ...options.dns,
  });
  const { ws2 } = client;
  const id = install(ws2, nameSpace);
  return {
    ...client,
    counters,
    servers,
    machine,
    id,
    addresses(name, family = AF_INET) {
      const result = ref<addrinfo | null>(null);
      const error = ws2.getaddrinfo(name, null, { ai_family: family, ai_socktype: 1 } as addrinfo, result);
      if (error !== 0) return error;
      const found: string[] = [];
      for (let each = result.value; each !== null; each = each.ai_next)
        found.push(parseSockaddr(each.ai_addr!).address);
      return found;
    },
    query(lpServiceClassId, name, more = {}, flags = LUP_RETURN_ALL) {
      const handle = ref(0);
      const asked: WSAQUERYSETW = {
        dwSize: WSAQUERYSETW.size,
        lpszServiceInstanceName: name,
        lpServiceClassId,
        dwNameSpace: NS_ALL,
        lpNSProviderId: id,
        ...more,
      };
      if (ws2.WSALookupServiceBegin(asked, flags, handle) !== 0) return ws2.WSAGetLastError();
      const found: WSAQUERYSETW[] = [];
      const results: WSAQUERYSETW[] = [];
      while (ws2.WSALookupServiceNext(handle.value, flags, ref(100_000), results) === 0) found.push(results[0]!);
      const error = ws2.WSAGetLastError();
      ws2.WSALookupServiceEnd(handle.value);
      return found.length > 0 ? found : error;
    },
    took(what) {
      const before = clock.now();
      what();
      return clock.now() - before;
    },
  };
}

export const BOTH = 0;
export { AF_INET6 };
