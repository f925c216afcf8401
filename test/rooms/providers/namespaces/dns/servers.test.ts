import dnsPacket, { type Answer } from 'dns-packet';
import { writeFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  INSTANCE,
  ref,
  WSAHOST_NOT_FOUND,
  WSANO_DATA,
  WSA_IO_PENDING,
  WSAEINPROGRESS,
  WSANO_RECOVERY,
  WSATRY_AGAIN,
  SVCID_INET_HOSTADDRBYNAME,
  WSAQUERYSETW,
  type addrinfo,
  type ADDRINFOEX,
  type WSAOVERLAPPED,
} from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import { layOverAll } from '../../../name-space/fixtures/name-spaces.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import { a, cname, code, packed, zone, type Asked, type Said } from './server.js';
import { world } from './world.js';

const names = zone({ 'one.test': [a('192.0.2.1')], 'two.test': [a('192.0.2.2')] });
const silent = (): Said => null;
const ONE = ['192.0.2.1'];
const viaTcp = (answer: (asked: Asked) => Said) => (asked: Asked) =>
  asked.via === 'udp' ? { flags: dnsPacket.TRUNCATED_RESPONSE } : answer(asked);

describe('A server', () => {
  it('that is silent is given up after the time-out, asked last for a while, and all of them so often', () => {
    const { addresses, took, servers } = world([silent, names], { dns: { timeout: 3000 } });
    expect(took(() => expect(addresses('one.test')).toEqual(ONE))).toBe(3000);
    expect(took(() => addresses('two.test'))).toBe(0);
    expect(servers.map(({ asked }) => asked.length)).toEqual([1, 2]);
  });

  it('is asked as often as attempts says when all are silent', () => {
    const { addresses, took, counters } = world([silent, silent], { dns: { timeout: 1000, attempts: 3 } });
    expect(took(() => expect(addresses('one.test')).toBe(WSATRY_AGAIN))).toBe(6000);
    expect(counters.timeouts).toBe(6);
  });

  it('that is not there is left at once', () => {
    const { addresses, took } = world([names], { dns: { servers: ['127.0.0.1:9', '127.0.0.1:5300'] } });
    expect(took(() => expect(addresses('one.test')).toEqual(ONE))).toBe(0);
  });

  it.each<[string, Said]>([
    ['fails', code(2)],
    ['refuses', code(5)],
    ['does not know how', code(4)],
    ['points to others (lame)', { flags: 0, authorities: [{ type: 'NS', name: 'test', data: 'ns.test' } as Answer] }],
  ])('that %s is passed over for the next one', (_, said) => {
    const { addresses } = world([() => said, names]);
    expect(addresses('one.test')).toEqual(ONE);
  });

  it.each<[string, number, number]>([
    ['fails', 2, WSATRY_AGAIN],
    ['refuses', 5, WSANO_RECOVERY],
    ['says that there is no such name', 3, WSAHOST_NOT_FOUND],
    ['has no such data', 0, WSANO_DATA],
  ])('that %s is told by its own error when it is the last one', (_, rcode, error) => {
    const { addresses } = world([() => code(rcode)]);
    expect(addresses('one.test')).toBe(error);
  });

  it('whose answer is cut off is asked by TCP', () => {
    const { addresses, servers, counters } = world([viaTcp(names)]);
    expect(addresses('one.test')).toEqual(ONE);
    expect(servers[0]!.asked.map(({ via }) => via)).toEqual(['udp', 'tcp']);
    expect([counters.truncated, counters.streams]).toEqual([1, 1]);
  });

  it('that is silent on its connection is given up after the time-out', () => {
    const { addresses, took } = world([viaTcp(silent), names], { dns: { timeout: 2000 } });
    expect(took(() => expect(addresses('one.test')).toEqual(ONE))).toBe(2000);
  });

  it('that knows no EDNS is asked without, and from then on', () => {
    const { addresses, servers } = world([(asked) => (asked.hasEdns ? code(1) : names(asked))]);
    expect(addresses('one.test')).toEqual(ONE);
    addresses('two.test');
    expect(servers[0]!.asked.map(({ hasEdns }) => hasEdns)).toEqual([true, false, false]);
  });

  it('that spells the question otherwise is asked by TCP, and then believed', () => {
    const other = (asked: Asked): Said =>
      packed({ ...asked, spelled: asked.name }, names({ ...asked, spelled: asked.name }));
    const { addresses, servers } = world([other]);
    expect(addresses('one.test')).toEqual(ONE);
    addresses('two.test');
    expect(servers[0]!.asked.map(({ via }) => via)).toEqual(['udp', 'tcp', 'tcp', 'udp']);
  });

  it('that gives an alias alone is asked for what it stands for', () => {
    const { addresses } = world([
      (asked) =>
        asked.name === 'alias.test'
          ? { answers: [{ name: asked.spelled, ...cname('one.test') } as Answer] }
          : names(asked),
    ]);
    expect(addresses('alias.test')).toEqual(ONE);
  });

  it('is another one for each question with rotate', () => {
    const { addresses, servers } = world([names, names], { dns: { rotate: true } });
    addresses('one.test');
    addresses('two.test');
    expect(servers.map(({ asked }) => asked.length)).toEqual([1, 1]);
  });
});

describe('Questions that are under way together', () => {
  it('go by several ports, each by one of chance, and no port has very many', () => {
    const used = world([() => null], { dns: { attempts: 1, timeout: 100 } });
    const count = 400;
    let over = 0;
    for (let i = 0; i < count; i++)
      used.ws2[INSTANCE].lookUp(`h${i}.test`, { ai_family: AF_INET, ai_flags: 0 }, () => over++);
    used.ws2.getaddrinfo('last.test', null, { ai_family: AF_INET } as addrinfo, ref(null));
    expect(over).toBe(count);
    const byPort = new Map<number, number>();
    const ports = used.servers[0]!.asked.map(({ port }) => port);
    for (const port of ports) byPort.set(port, (byPort.get(port) ?? 0) + 1);
    expect(ports.length).toBe(count + 1);
    expect(byPort.size).toBeGreaterThanOrEqual(4);
    expect(Math.max(...byPort.values())).toBeLessThanOrEqual(128);
    // Which one a question goes by is not known from the one before.
    const turns = ports.slice(1).filter((port, at) => port !== ports[at]).length;
    expect(turns).toBeGreaterThan(2);
  });

  it('have their own time each: none waits longer because another goes on to the next server', () => {
    const used = world([() => null, names], { dns: { timeout: 1000 } });
    const began = used.clock.now();
    const told: number[] = [];
    for (let i = 0; i < 3; i++) {
      used.ws2[INSTANCE].lookUp(`h${i}.test`, { ai_family: AF_INET, ai_flags: 0 }, () =>
        told.push(used.clock.now() - began),
      );
      used.clock.advance(10);
    }
    used.ws2.getaddrinfo('last.test', null, { ai_family: AF_INET } as addrinfo, ref(null));
    expect(told).toEqual([1000, 1010, 1020]);
    expect(used.clock.now() - began).toBe(1030);
  });

  it('are all answered as the time-out is over, 1,000 at once, where the first server is dead', () => {
    const used = world([() => null, names], { dns: { timeout: 1000 }, network: { latency: 5 } });
    const began = used.clock.now();
    const told: number[] = [];
    for (let i = 0; i < 1000; i++) {
      used.ws2[INSTANCE].lookUp(`h${i}.test`, { ai_family: AF_INET, ai_flags: 0 }, () =>
        told.push(used.clock.now() - began),
      );
    }
    // The last word is that of a name that is looked up behind them.
    used.ws2.getaddrinfo('last.test', null, { ai_family: AF_INET } as addrinfo, ref(null));
    used.clock.advance(20);
    expect(told.length).toBe(1000);
    // To the server and back; nothing is lost on the way.
    expect([Math.min(...told), Math.max(...told)]).toEqual([1010, 1010]);
    expect([used.counters.timeouts, used.counters.unasked]).toEqual([1001, 0]);
  });
});

describe('What was not asked for', () => {
  const bad = (made: (asked: Asked, good: Buffer) => Uint8Array) => {
    const used = world([
      (asked) =>
        [made(asked, packed(asked, names(asked))), packed(asked, names(asked))].map((each) => Buffer.from(each)),
    ]);
    expect(used.addresses('one.test')).toEqual(ONE);
    expect(used.defects).toEqual([]);
    return used.counters;
  };
  const evil = (asked: Asked, id = asked.packet.id!): Buffer =>
    packed(
      { ...asked, packet: { ...asked.packet, id } as Asked['packet'] },
      {
        answers: [{ type: 'A', name: asked.spelled, ttl: 60, data: '192.0.2.66' }],
      },
    );

  it('by its id is dropped and counted', () => {
    expect(bad((asked) => evil(asked, asked.packet.id! ^ 1)).unasked).toBe(1);
  });

  it('by its name, or type, is dropped and counted', () => {
    expect(bad((asked) => evil({ ...asked, spelled: 'two.test' })).unasked).toBe(1);
    expect(bad((asked) => evil({ ...asked, type: 'AAAA' })).unasked).toBe(1);
  });

  it('because it is a question is dropped and counted', () => {
    expect(bad((asked) => asked.bytes).unasked).toBe(1);
  });

  it('by being too long is dropped and counted', () => {
    expect(bad((_, good) => Buffer.concat([good, Buffer.alloc(1300)])).oversized).toBe(1);
  });

  it('by being cut off, or by pointers that lead round, is dropped and counted', () => {
    expect(bad((_, good) => good.subarray(0, good.length - 3)).malformed).toBe(1);
    const looping = (asked: Asked, good: Buffer): Buffer => {
      const bytes = Buffer.from(good);
      const at = 12 + asked.name.length + 2 + 4;
      bytes.writeUInt16BE(0xc000 | at, at);
      return bytes;
    };
    expect(bad(looping).malformed).toBe(1);
  });

  it('from another sender never arrives', () => {
    const used = world([
      (asked) => {
        used.servers[0]!.spoof(evil(asked), asked.port);
        return names(asked);
      },
    ]);
    expect(used.addresses('one.test')).toEqual(ONE);
  });

  it('outside of the question is not kept', () => {
    const { addresses, servers } = world([
      (asked) => ({
        ...names(asked),
        additionals: [{ type: 'A', name: 'bank.test', ttl: 60, data: '192.0.2.66' }],
        authorities: [{ type: 'A', name: 'bank.test', ttl: 60, data: '192.0.2.66' }],
      }),
    ]);
    addresses('one.test');
    expect(addresses('bank.test')).toBe(WSAHOST_NOT_FOUND);
    expect(servers[0]!.asked).toHaveLength(2);
  });

  it('would have to guess id, port and letters, which are new for each question', () => {
    const used = world([(asked) => names(asked)]);
    for (let i = 0; i < 40; i++) used.addresses(`name-number-${i}.test`);
    const { asked } = used.servers[0]!;
    expect(new Set(asked.map(({ packet }) => packet.id)).size).toBeGreaterThan(38);
    expect(new Set(asked.map(({ port }) => port)).size).toBeGreaterThan(1);
    expect(asked.filter(({ spelled }) => /[A-Z]/.test(spelled) && /[a-z]/.test(spelled))).toHaveLength(40);
  });
});

describe('Settings', () => {
  const file = (text: string) => {
    const path = join(temporaryFolder(), 'resolv.conf');
    writeFileSync(path, text);
    return path;
  };

  it('are read from resolv.conf, again when it changes, and what is garbage in it is named', () => {
    const path = file(
      'garbage here\nnameserver 127.0.0.1:5300\nnameserver 300.1.2.3\nsearch a.test\noptions ndots:x\n',
    );
    const { addresses, servers, defects } = world([names, zone({ 'one.test': [a('192.0.2.7')] })], {
      dns: { resolvConf: path, servers: undefined, search: undefined } as never,
    });
    expect(addresses('one.test')).toEqual(ONE);
    expect(defects.map(({ message }) => message)).toEqual([
      expect.stringMatching(/line 1: "garbage".*line 3: "300\.1\.2\.3".*line 5: option ndots wants a number/),
    ]);
    writeFileSync(path, 'nameserver 127.0.0.1:5301\n');
    utimesSync(path, 1, 1);
    expect(addresses('nobody.test')).toBe(WSAHOST_NOT_FOUND);
    expect(addresses('one.test')).toEqual(['192.0.2.7']);
    expect(servers[0]!.asked.map(({ name }) => name)).toEqual(['one.test']);
  });

  const fromFile = (path: string): { resolvConf: string; timeout: number } =>
    ({ resolvConf: path, servers: undefined, search: undefined, timeout: 1000 }) as never;

  it('that change while one of them is asked: its answer is believed, and forgotten when another is asked', () => {
    const path = file('nameserver 127.0.0.1:5300\n');
    const changing = (asked: Asked): Said => {
      writeFileSync(path, 'nameserver 127.0.0.1:5301\n');
      utimesSync(path, 1, 1);
      return names(asked);
    };
    const later = zone({ 'one.test': [a('192.0.2.7')], 'two.test': [a('192.0.2.8')] });
    const { addresses, servers } = world([changing, later], { dns: fromFile(path) });
    expect(addresses('one.test')).toEqual(ONE);
    expect(addresses('two.test')).toEqual(['192.0.2.8']);
    expect(addresses('one.test')).toEqual(['192.0.2.7']);
    expect(servers.map(({ asked }) => asked.map(({ name }) => name))).toEqual([['one.test'], ['two.test', 'one.test']]);
  });

  it('that change while they are silent: what is under way ends with them, what begins goes to the others, and no failure is kept', () => {
    const path = file('nameserver 127.0.0.1:5300\noptions attempts:3\n');
    const { ws2, addresses, servers, clock } = world([silent, names], { dns: fromFile(path) });
    const [result, overlapped] = [ref<ADDRINFOEX | null>(null), {} as WSAOVERLAPPED];
    const hints = { ai_family: AF_INET, ai_socktype: 1 } as addrinfo;
    expect(ws2.GetAddrInfoEx('one.test', null, 0, null, hints, result, null, overlapped, null, ref(0))).toBe(
      WSA_IO_PENDING,
    );
    clock.advance(1500);
    writeFileSync(path, 'nameserver 127.0.0.1:5301\n');
    utimesSync(path, 1, 1);
    expect(addresses('two.test')).toEqual(['192.0.2.2']);
    clock.advance(1400);
    expect(ws2.GetAddrInfoExOverlappedResult(overlapped)).toBe(WSAEINPROGRESS);
    clock.advance(200);
    expect(ws2.GetAddrInfoExOverlappedResult(overlapped)).toBe(WSATRY_AGAIN);
    expect(servers.map(({ asked }) => asked.length)).toEqual([3, 1]);
    expect(addresses('one.test')).toEqual(ONE);
  });

  it('that are none are refused as the provider is made', () => {
    expect(() => world([], { dns: { servers: ['nowhere'] } })).toThrow(/"nowhere" is not the address of a server/);
  });
});

describe('A query', () => {
  it('that is ended while a server is waited for says so, and asks no more', () => {
    const { ws2, id, clock, servers } = world([silent, silent], { dns: { timeout: 1000 } });
    const handle = ref(0);
    ws2.WSALookupServiceBegin(
      {
        dwSize: WSAQUERYSETW.size,
        lpServiceClassId: SVCID_INET_HOSTADDRBYNAME,
        lpszServiceInstanceName: 'x.test',
        lpNSProviderId: id,
      },
      0xfff0,
      handle,
    );
    ws2.WSALookupServiceEnd(handle.value);
    clock.advance(60_000);
    expect(servers.map(({ asked }) => asked.length)).toEqual([0, 0]);
  });

  it('passes no other way than the traffic: where a filter refuses everything, no packet leaves', () => {
    const { ws2, addresses, servers, counters } = world([names]);
    layOverAll(ws2, defineLayer({ name: 'refuses', connect: (request) => request.refuse() }));
    expect(addresses('one.test')).toBe(WSATRY_AGAIN);
    expect(counters.datagrams + counters.streams).toBe(0);
    expect(servers[0]!.asked).toEqual([]);
  });
});
