// DNS servers on the memory network: each answers as a test says, in the providers' phase, so during blocking calls too.
import dnsPacket, { type Answer, type DecodedPacket, type Packet } from 'dns-packet';
import {
  FD_ACCEPT,
  FD_CLOSE,
  FD_READ,
  INVALID_SOCKET,
  NS_DNS,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  AF_INET,
  type InstanceHost,
  type MemoryNetwork,
  type VirtualClock,
  type Ws2_32,
} from 'ws2spi';
import { defineNameSpace } from 'ws2spi/names';
import { createTestInstance, type TestInstance } from 'ws2spi/testkit';
import { install } from '../../../name-space/fixtures/name-spaces.js';

/** What a server says: parts of a packet, whole bytes, several of either, or nothing at all. */
export type Said = Partial<Packet> | Uint8Array | readonly Uint8Array[] | null;

/** What a server was asked. */
export interface Asked {
  readonly packet: DecodedPacket;
  readonly bytes: Buffer;
  /** In lower case. */
  readonly name: string;
  readonly spelled: string;
  readonly type: string;
  readonly via: 'udp' | 'tcp';
  readonly port: number;
  readonly hasEdns: boolean;
}

export interface TestServer {
  /** In the form of resolv.conf. */
  readonly address: string;
  readonly asked: Asked[];
  /** Sends a datagram from a port of its own. */
  spoof(bytes: Uint8Array, toPort: number): void;
}

/** The machine that servers run on: a second instance of the same network. */
export class ServerMachine {
  readonly test: TestInstance;
  readonly #host: InstanceHost;

  constructor(network: MemoryNetwork, clock: VirtualClock) {
    this.test = createTestInstance({ network, clock });
    let host: InstanceHost | null = null;
    install(
      this.test.ws2,
      defineNameSpace({
        name: 'servers',
        nameSpace: NS_DNS,
        looksUpAtBegin: true,
        lookup: (_question, answer, session) => {
          host = session.host;
          answer.done();
        },
      }),
    );
    this.test.ws2.getaddrinfo('nobody.test', null, null, ref(null));
    this.#host = host!;
  }

  /** A server of datagrams and connections at a port. */
  serve(port: number, answer: (asked: Asked) => Said): TestServer {
    const { ws2 } = this.test;
    const asked: Asked[] = [];
    const reply = (bytes: Buffer, via: 'udp' | 'tcp', from: number): readonly Buffer[] => {
      const packet = dnsPacket.decode(bytes);
      const question = packet.questions![0]!;
      const one: Asked = {
        packet,
        bytes,
        name: question.name.toLowerCase(),
        spelled: question.name,
        type: question.type,
        via,
        port: from,
        hasEdns: packet.additionals!.some((each) => each.type === 'OPT'),
      };
      asked.push(one);
      const said = answer(one);
      if (said === null) return [];
      if (said instanceof Uint8Array) return [Buffer.from(said)];
      if (Array.isArray(said)) return said.map((each: Uint8Array) => Buffer.from(each));
      return [packed(one, said as Partial<Packet>)];
    };
    this.#datagrams(ws2, port, (bytes, from) => reply(bytes, 'udp', from));
    this.#streams(ws2, port, (bytes, from) => reply(bytes, 'tcp', from));
    return {
      address: `127.0.0.1:${port}`,
      asked,
      spoof(bytes, toPort) {
        const s = ws2.socket(AF_INET, SOCK_DGRAM, 0);
        ws2.sendto(s, bytes, bytes.length, 0, sockaddr_in('127.0.0.1', toPort), 16);
        ws2.closesocket(s);
      },
    };
  }

  #datagrams(ws2: Ws2_32, port: number, reply: (bytes: Buffer, from: number) => readonly Buffer[]): void {
    const s = ws2.socket(AF_INET, SOCK_DGRAM, 0);
    if (ws2.bind(s, sockaddr_in('127.0.0.1', port), 16) !== 0) throw new Error(`bind: ${ws2.WSAGetLastError()}`);
    const room = Buffer.alloc(65536);
    const from = new Uint8Array(16);
    this.#onEvents(ws2, s, FD_READ, () => {
      for (;;) {
        const count = ws2.recvfrom(s, room, room.length, 0, from, ref(16));
        if (count < 0) return;
        for (const each of reply(Buffer.from(room.subarray(0, count)), (from[2]! << 8) | from[3]!)) {
          ws2.sendto(s, each, each.length, 0, from, 16);
        }
      }
    });
  }

  #streams(ws2: Ws2_32, port: number, reply: (bytes: Buffer, from: number) => readonly Buffer[]): void {
    const listener = ws2.socket(AF_INET, SOCK_STREAM, 0);
    if (ws2.bind(listener, sockaddr_in('127.0.0.1', port), 16) !== 0) throw new Error('bind');
    ws2.listen(listener, 100);
    const room = Buffer.alloc(65536);
    this.#onEvents(ws2, listener, FD_ACCEPT, () => {
      const name = new Uint8Array(16);
      const s = ws2.accept(listener, name, ref(16));
      if (s === INVALID_SOCKET) return;
      let got = Buffer.alloc(0);
      this.#onEvents(ws2, s, FD_READ | FD_CLOSE, () => {
        const count = ws2.recv(s, room, room.length, 0);
        if (count === 0) return void ws2.closesocket(s);
        if (count < 0) return;
        got = Buffer.concat([got, room.subarray(0, count)]);
        if (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) return;
        for (const each of reply(got.subarray(2), (name[2]! << 8) | name[3]!)) {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(each.length);
          const all = Buffer.concat([length, each]);
          ws2.send(s, all, all.length, 0);
        }
      });
    });
  }

  #onEvents(ws2: Ws2_32, s: number, events: number, happened: () => void): void {
    const event = ws2.WSACreateEvent();
    ws2.WSAEventSelect(s, event, events);
    this.#host.onEvent(event, () => {
      ws2.WSAEnumNetworkEvents(s, event, {});
      happened();
    });
  }
}

/** An answer to what was asked, as bytes. */
export function packed(
  { packet, spelled, type }: Pick<Asked, 'packet' | 'spelled' | 'type'>,
  said: Partial<Packet>,
): Buffer {
  return dnsPacket.encode({
    type: 'response',
    id: packet.id,
    flags: dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE,
    questions: [{ type: type as 'A', name: spelled }],
    ...said,
    ...(said.flags === undefined ? {} : { flags: said.flags | dnsPacket.RECURSION_AVAILABLE }),
  } as Packet);
}

/** Answers a code and nothing else. */
export const code = (rcode: number): Partial<Packet> => ({ flags: rcode });

/** What a zone says: addresses and other records by name. */
export type Zone = Readonly<{ [name: string]: readonly ZoneRecord[] }>;
export type ZoneRecord = Omit<Answer, 'name'>;

export const a = (data: string, ttl = 60): ZoneRecord => ({ type: 'A', data, ttl }) as ZoneRecord;
export const aaaa = (data: string, ttl = 60): ZoneRecord => ({ type: 'AAAA', data, ttl }) as ZoneRecord;
export const cname = (data: string, ttl = 60): ZoneRecord => ({ type: 'CNAME', data, ttl }) as ZoneRecord;
export const soa = (minimum: number, ttl = 3600): Answer =>
  ({
    type: 'SOA',
    name: 'test',
    ttl,
    data: { mname: 'ns.test', rname: 'admin.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
  }) as Answer;

/** A server of a zone, which follows aliases, and says by an SOA record how long it holds that there is nothing. */
export function zone(names: Zone, minimum = 30): (asked: Asked) => Partial<Packet> {
  return ({ name: asked, spelled, type }) => {
    const answers: Answer[] = [];
    let name = asked;
    let owner = spelled;
    for (let hops = 0; hops < 20; hops++) {
      const records = names[name];
      if (records === undefined) return { flags: 3, answers, authorities: [soa(minimum)] };
      const alias = records.find((each) => each.type === 'CNAME');
      const found = records.filter((each) => each.type === type);
      answers.push(
        ...(found.length > 0 || !alias ? found : [alias]).map((each) => ({ ...each, name: owner }) as Answer),
      );
      if (found.length > 0) return { answers };
      if (!alias) return { answers, authorities: [soa(minimum)] };
      owner = (alias as unknown as { data: string }).data;
      name = owner.toLowerCase();
    }
    return { answers };
  };
}
