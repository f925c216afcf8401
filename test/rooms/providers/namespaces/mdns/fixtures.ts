import { createRequire } from 'node:module';
import { onTestFinished } from 'vitest';
import {
  AF_INET,
  createMemoryNetwork,
  INSTANCE,
  IPPROTO_TCP,
  JL_BOTH,
  LUP_RETURN_ALL,
  ref,
  RNRSERVICE_REGISTER,
  sockaddr_in,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  VirtualClock,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_FLAG_OVERLAPPED,
  WSAQUERYSETW,
  winsockErrorName,
  type GUID,
  type MemoryNetworkOptions,
  type Ws2_32,
} from 'ws2spi';
import { addNameSpace } from 'ws2spi/names';
import {
  createMdnsNameSpace,
  SVCID_WS2SPI_DNS_SD,
  type MdnsCounters,
  type MdnsNameSpaceOptions,
} from 'ws2spi/providers/namespaces/mdns';
import { createTestInstance, type TestInstance } from 'ws2spi/testkit';

/** A record as `dns-packet` reads and writes it. */
export interface PacketRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl?: number;
  readonly flush?: boolean;
  readonly data?: unknown;
}

/** A message as `dns-packet` reads and writes it: the witness of what goes over the wire. */
export interface Packet {
  readonly type: 'query' | 'response';
  readonly id: number;
  readonly flags: number;
  readonly questions: readonly { readonly name: string; readonly type: string; readonly class?: string }[];
  readonly answers: readonly PacketRecord[];
  readonly authorities: readonly PacketRecord[];
  readonly additionals: readonly PacketRecord[];
}

/** Another implementation's reader and writer. */
export const dnsPacket = createRequire(import.meta.url)('dns-packet') as {
  encode(packet: Partial<Packet>): Buffer;
  decode(bytes: Uint8Array): Packet;
};

/** Something with multicast DNS on a network. */
export interface Station extends TestInstance {
  readonly id: GUID;
  readonly counters: Readonly<MdnsCounters>;
}

/** A network in memory whose instances have one clock. */
export function createSegment(options: MemoryNetworkOptions = {}) {
  const clock = new VirtualClock();
  const network = createMemoryNetwork(options);
  let seed = 0;
  const instance = (): TestInstance => {
    const test = createTestInstance({ clock, network, seed: ++seed });
    onTestFinished(() => {
      test[Symbol.dispose]();
      if (test.defects.length > 0) throw new Error(test.defects.map(({ message }) => message).join('\n'));
    });
    return test;
  };
  return {
    clock,
    network,
    /** Lets time pass. */
    async pass(milliseconds: number): Promise<void> {
      const test = createTestInstance({ clock, network, seed: 999 });
      await test.run(test.sleep(milliseconds));
      test[Symbol.dispose]();
    },
    /** An instance with multicast DNS over IPv4. */
    station(hostName: string, mdns: MdnsNameSpaceOptions = {}): Station {
      const test = instance();
      const nameSpace = createMdnsNameSpace({ hostName, families: [AF_INET], ...mdns });
      return { ...test, id: addNameSpace(test.ws2, nameSpace), counters: nameSpace.counters };
    },
    /** Somebody without multicast DNS who hears everything, and says anything. */
    witness(port = 5353, from = '0.0.0.0') {
      const { ws2 } = instance();
      const heard: { readonly at: number; readonly packet: Packet; readonly bytes: Uint8Array }[] = [];
      const leaf = WSA_FLAG_OVERLAPPED | WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;
      const s = ws2.WSASocket(AF_INET, SOCK_DGRAM, 0, null, 0, leaf);
      ws2.setsockopt(s, SOL_SOCKET, SO_REUSEADDR, Uint8Array.of(1, 0, 0, 0), 4);
      const name = sockaddr_in(from, port);
      if (ws2.bind(s, name, name.length) !== 0) throw new Error(winsockErrorName(ws2.WSAGetLastError()));
      const group = sockaddr_in('224.0.0.251', 5353);
      if (port === 5353) ws2.WSAJoinLeaf(s, group, group.length, null, null, null, null, JL_BOTH);
      const { providerHost: host } = ws2[INSTANCE];
      const event = host.createEvent();
      ws2.WSAEventSelect(s, event, 1);
      host.onEvent(event, () => {
        ws2.WSAEnumNetworkEvents(s, event, {});
        const bytes = new Uint8Array(65_536);
        for (;;) {
          const count = ws2.recvfrom(s, bytes, bytes.length, 0, null, null);
          if (count < 0) return;
          const copy = bytes.slice(0, count);
          const packet = readable(copy);
          if (packet === null) continue;
          heard.push({ at: clock.now(), packet, bytes: copy });
          told(packet);
        }
      });
      let told: (packet: Packet) => void = () => {};
      const send = (bytes: Uint8Array): number => ws2.sendto(s, bytes, bytes.length, 0, group, group.length);
      return {
        heard,
        send,
        say: (packet: Partial<Packet>) => send(dnsPacket.encode(packet)),
        /** Has a function called for each message. */
        onHeard: (callback: (packet: Packet) => void) => void (told = callback),
        /** Answers that were heard, goodbyes too. */
        answers: () => heard.filter(({ packet }) => packet.type === 'response').flatMap(({ packet }) => packet.answers),
        questions: () =>
          heard.filter(({ packet }) => packet.type === 'query').flatMap(({ packet }) => packet.questions),
      };
    },
  };
}

/** A message; `null` for what is none. */
function readable(bytes: Uint8Array): Packet | null {
  try {
    return dnsPacket.decode(Buffer.from(bytes));
  } catch {
    return null;
  }
}

/** What is registered; the rest of a query set may be added. */
export function serviceOf(name: string, port = 8080, more: Partial<WSAQUERYSETW> = {}): WSAQUERYSETW {
  const lpSockaddr = sockaddr_in('0.0.0.0', port);
  const none = { lpSockaddr: null, iSockaddrLength: 0 };
  return {
    dwSize: WSAQUERYSETW.size,
    lpszServiceInstanceName: name,
    lpServiceClassId: SVCID_WS2SPI_DNS_SD,
    dwNumberOfCsAddrs: 1,
    lpcsaBuffer: [
      {
        LocalAddr: { lpSockaddr, iSockaddrLength: lpSockaddr.length },
        RemoteAddr: none,
        iSocketType: SOCK_STREAM,
        iProtocol: IPPROTO_TCP,
      },
    ],
    ...more,
  } as WSAQUERYSETW;
}

/** Registers, or takes back; returns 0 or the error's name. */
export function setService(
  { ws2, id }: { readonly ws2: Ws2_32; readonly id: GUID },
  querySet: WSAQUERYSETW,
  operation: number = RNRSERVICE_REGISTER,
  flags = 0,
): string {
  const failed = ws2.WSASetService({ ...querySet, lpNSProviderId: id }, operation, flags);
  return failed === 0 ? 'done' : winsockErrorName(ws2.WSAGetLastError());
}

/** Begins a query; returns its handle, or the error's name. */
export function begin(
  { ws2, id }: { readonly ws2: Ws2_32; readonly id: GUID },
  asked: Partial<WSAQUERYSETW>,
  flags: number = LUP_RETURN_ALL,
): number {
  const handle = ref(0);
  const restrictions = {
    dwSize: WSAQUERYSETW.size,
    lpServiceClassId: SVCID_WS2SPI_DNS_SD,
    lpNSProviderId: id,
    ...asked,
  } as WSAQUERYSETW;
  if (ws2.WSALookupServiceBegin(restrictions, flags, handle) !== 0) {
    throw new Error(winsockErrorName(ws2.WSAGetLastError()));
  }
  return handle.value;
}

/** Fetches what there is; returns the results, and the error's name at their end. */
export function fetchAll(ws2: Ws2_32, handle: number): { results: WSAQUERYSETW[]; end: string } {
  const results: WSAQUERYSETW[] = [];
  for (;;) {
    const one: WSAQUERYSETW[] = [];
    if (ws2.WSALookupServiceNext(handle, 0, ref(65_536), one) !== 0) {
      return { results, end: winsockErrorName(ws2.WSAGetLastError()) };
    }
    results.push(one[0]!);
  }
}

/** Asks, and fetches everything. */
export function lookUp(
  station: { readonly ws2: Ws2_32; readonly id: GUID },
  asked: Partial<WSAQUERYSETW>,
  flags: number = LUP_RETURN_ALL,
): { results: WSAQUERYSETW[]; end: string } {
  const handle = begin(station, asked, flags);
  const all = fetchAll(station.ws2, handle);
  station.ws2.WSALookupServiceEnd(handle);
  return all;
}

/** The names of results. */
export function namesOf({ results }: { readonly results: readonly WSAQUERYSETW[] }): (string | null)[] {
  return results.map(({ lpszServiceInstanceName }) => lpszServiceInstanceName ?? null).sort();
}

/** Where results are, in text: `10.0.0.1:80`. */
export function placesOf({ lpcsaBuffer }: WSAQUERYSETW): string[] {
  return (lpcsaBuffer ?? []).map(({ RemoteAddr: { lpSockaddr } }) => {
    const port = (lpSockaddr![2]! << 8) | lpSockaddr![3]!;
    return lpSockaddr!.length === 16 ? `${lpSockaddr!.slice(4, 8).join('.')}:${port}` : `IPv6:${port}`;
  });
}
