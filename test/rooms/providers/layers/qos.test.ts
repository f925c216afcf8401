// The layer of quality of service, over the system's own sockets and in memory.
import { readdirSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';
import {
  AF_INET,
  AF_INET6,
  FD_WRITE,
  INVALID_SOCKET,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_TCLASS,
  JL_BOTH,
  QOS,
  QOS_NOT_SPECIFIED,
  QOS_OBJECT_DS_CLASS,
  QOS_OBJECT_SD_MODE,
  QOS_OBJECT_SHAPING_RATE,
  QOS_OBJECT_TRAFFIC_CLASS,
  ref,
  SERVICE_GUARANTEED,
  SERVICETYPE_BESTEFFORT,
  SERVICETYPE_CONTROLLEDLOAD,
  SERVICETYPE_GENERAL_INFORMATION,
  SERVICETYPE_GUARANTEED,
  SERVICETYPE_NETWORK_UNAVAILABLE,
  SIO_CHK_QOS,
  SIO_GET_QOS,
  SIO_SET_QOS,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  TC_NONCONF_BORROW_PLUS,
  TC_NONCONF_DISCARD,
  WSA_FLAG_MULTIPOINT_C_LEAF,
  WSA_FLAG_MULTIPOINT_D_LEAF,
  WSA_QOS_EFLOWSPEC,
  WSA_QOS_EOBJLENGTH,
  WSA_QOS_EPROVSPECBUF,
  WSA_QOS_ESDMODEOBJ,
  WSA_QOS_ESERVICETYPE,
  WSA_QOS_ESHAPERATEOBJ,
  WSA_QOS_EUNKNOWNPSOBJ,
  WSAEFAULT,
  WSAENOPROTOOPT,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAPROTOCOL_INFOW,
  XP1_QOS_SUPPORTED,
} from 'ws2spi';
import { defineLayer } from 'ws2spi/chain';
import { qos, type QosOptions } from 'ws2spi/providers/layers/qos';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { describe, expect, it, test } from 'vitest';
import { scramblingLayer } from '../../../support/layers.js';
import { loopback, NO_LAYERS, World, type Base } from '../../../support/providers.js';
import { quality, qosObject, qualityOf, setQuality, specification } from '../../../support/qualities.js';

const LINUX_SOL_SOCKET = 1;
const LINUX_SO_PRIORITY = 12;
const LINUX_SO_MAX_PACING_RATE = 47;

/** The descriptors of this process that are sockets. */
function openSockets(): number[] {
  const folder = '/proc/self/fd';
  const isSocket = (each: string): boolean => {
    try {
      return readlinkSync(`${folder}/${each}`).startsWith('socket:');
    } catch {
      // That of the folder itself is closed by now.
      return false;
    }
  };
  return readdirSync(folder).filter(isSocket).map(Number);
}

const guaranteed = (TokenRate: number) => ({ ServiceType: SERVICETYPE_GUARANTEED, TokenRate, TokenBucketSize: 1000 });

function run(base: Base, options: QosOptions, body: (world: World) => void): void {
  const world = new World(base, NO_LAYERS);
  world.stack([qos(options)], true);
  body(world);
  world.close();
}

function connectWith(world: World, name: Uint8Array, wanted: unknown): { s: number; error: number } {
  const s = world.tcpSocket();
  return { s, error: world.code(world.ws2.WSAConnect(s, name, name.length, null, null, wanted as QOS, null)) };
}

describe.each(['memory', 'tcpip'] as const)('The layer of quality of service over %s', (base) => {
  const on = (sentence: string, options: QosOptions, body: (world: World) => void): void => {
    it(sentence, () => run(base, options, body));
  };

  on('is asked for with a multicast group that is joined', {}, (world) => {
    const flags = WSA_FLAG_MULTIPOINT_C_LEAF | WSA_FLAG_MULTIPOINT_D_LEAF;
    const s = world.track(world.ws2.WSASocket(-1, -1, -1, world.entryOf(AF_INET, SOCK_DGRAM)!, 0, flags));
    world.ws2.bind(s, loopback(0), 16);
    const group = sockaddr_in('239.255.71.3', 4000);
    const join = (wanted: QOS): number => world.ws2.WSAJoinLeaf(s, group, 16, null, null, wanted, null, JL_BOTH);
    expect(join(quality(guaranteed(0)))).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSA_QOS_EFLOWSPEC);
    expect(join(quality({ TokenRate: 5000, TokenBucketSize: 2000 })), `${world.ws2.WSAGetLastError()}`).toBe(s);
    expect(qualityOf(world, s)).toMatchObject({ SendingFlowspec: { TokenRate: 5000 } });
  });

  on('gives TCP and UDP what protocols with XP1_QOS_SUPPORTED have', {}, (world) => {
    for (const entry of world.entries.values()) expect(entry.dwServiceFlags1 & XP1_QOS_SUPPORTED).not.toBe(0);
    for (const s of [world.tcpSocket(), world.udpSocket(), world.tcpSocket(AF_INET6)]) {
      expect(qualityOf(world, s)).toMatchObject({ SendingFlowspec: { TokenRate: QOS_NOT_SPECIFIED } });
      expect(setQuality(world, s, quality({ TokenRate: 5000, TokenBucketSize: 2000 }))).toBe(0);
      expect(qualityOf(world, s)).toMatchObject({
        SendingFlowspec: { TokenRate: 5000, TokenBucketSize: 2000, ServiceType: SERVICETYPE_BESTEFFORT },
      });
    }
  });

  on('holds the sender to the bucket', {}, (world) => {
    const { client } = world.connectedPair();
    const event = world.event();
    world.eventSelect(client, event, FD_WRITE);
    world.networkEvents(client, event);
    setQuality(world, client, quality({ TokenRate: 20_000, TokenBucketSize: 1000 }));
    expect(world.count(world.ws2.send(client, new Uint8Array(5000), 5000, 0))).toBe(1000);
    expect(world.send(client, new Uint8Array(5000))).toBe(-WSAEWOULDBLOCK);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(client, event)).toEqual({ WRITE: 0 });
    expect(world.count(world.ws2.send(client, new Uint8Array(5000), 5000, 0))).toBeGreaterThanOrEqual(999);
  });

  on('reserves its capacity, refuses what is beyond, and takes back what is closed', { capacity: 50_000 }, (world) => {
    const { name } = world.listener();
    const first = connectWith(world, name, quality(guaranteed(30_000)));
    expect(first.error).toBe(0);
    expect(connectWith(world, name, quality(guaranteed(30_000))).error).toBe(WSAEOPNOTSUPP);
    const udp = world.udpSocket();
    expect(setQuality(world, udp, quality(guaranteed(21_000)))).toBe(WSAEOPNOTSUPP);
    expect(setQuality(world, udp, quality({ ...guaranteed(20_000), ServiceType: SERVICE_GUARANTEED }))).toBe(0);
    // Another flow in place of the one before.
    expect(setQuality(world, udp, quality(guaranteed(10_000)))).toBe(0);
    expect(setQuality(world, first.s, quality(guaranteed(41_000)))).toBe(WSAEOPNOTSUPP);
    expect(setQuality(world, first.s, quality(guaranteed(40_000)))).toBe(0);
    world.ws2.closesocket(first.s);
    expect(setQuality(world, udp, quality(guaranteed(50_000)))).toBe(0);
  });

  on('reserves nothing for what the provider below refuses', { capacity: 50_000 }, (world) => {
    const s = world.udpSocket();
    const wrong = quality({ ...guaranteed(40_000), PeakBandwidth: 1 });
    expect(setQuality(world, s, wrong)).toBe(WSA_QOS_EFLOWSPEC);
    const { error } = connectWith(world, world.closedPort(), quality(guaranteed(50_000)));
    expect(error).not.toBe(0);
    expect(setQuality(world, s, quality(guaranteed(50_000)))).toBe(0);
  });

  for (const [what, wanted, code] of [
    ['a rate of 0', quality({ TokenRate: 0 }), WSA_QOS_EFLOWSPEC],
    ['a bucket of 0', quality({ TokenRate: 1, TokenBucketSize: 0 }), WSA_QOS_EFLOWSPEC],
    ['a bucket that nothing fills', quality({ TokenBucketSize: 1000 }), WSA_QOS_EFLOWSPEC],
    ['a peak below the rate', quality({ TokenRate: 1000, PeakBandwidth: 999 }), WSA_QOS_EFLOWSPEC],
    [
      'packets that the bucket cannot hold',
      quality({ TokenRate: 1, TokenBucketSize: 10, MaxSduSize: 11 }),
      WSA_QOS_EFLOWSPEC,
    ],
    [
      'packets longer than the longest',
      quality({ TokenRate: 1, MaxSduSize: 10, MinimumPolicedSize: 11 }),
      WSA_QOS_EFLOWSPEC,
    ],
    ['a promise of no rate', quality({ ServiceType: SERVICETYPE_GUARANTEED }), WSA_QOS_EFLOWSPEC],
    ['no service', quality({ ServiceType: 77 }), WSA_QOS_ESERVICETYPE],
    ['a service that is none', quality({ ServiceType: SERVICETYPE_NETWORK_UNAVAILABLE }), WSA_QOS_ESERVICETYPE],
    ['information instead', quality({ ServiceType: SERVICETYPE_GENERAL_INFORMATION }), WSA_QOS_ESERVICETYPE],
    ['an unknown object', quality({}, [qosObject(1234, 1)]), WSA_QOS_EUNKNOWNPSOBJ],
    ['half an object', quality({}, [new Uint8Array(7)]), WSA_QOS_EOBJLENGTH],
    [
      'an object that is longer than the buffer',
      quality({}, [new Uint8Array(Uint32Array.of(QOS_OBJECT_SD_MODE, 13, 1).buffer)]),
      WSA_QOS_EOBJLENGTH,
    ],
    [
      'an object that is shorter than its head',
      quality({}, [new Uint8Array(Uint32Array.of(QOS_OBJECT_SD_MODE, 0, 1).buffer)]),
      WSA_QOS_EOBJLENGTH,
    ],
    [
      'a mode that is reserved',
      quality({}, [qosObject(QOS_OBJECT_SD_MODE, TC_NONCONF_BORROW_PLUS)]),
      WSA_QOS_ESDMODEOBJ,
    ],
    [
      'bytes of a stream to be lost',
      quality({}, [qosObject(QOS_OBJECT_SD_MODE, TC_NONCONF_DISCARD)]),
      WSA_QOS_ESDMODEOBJ,
    ],
    ['a shaping rate of 0', quality({}, [qosObject(QOS_OBJECT_SHAPING_RATE, 0)]), WSA_QOS_ESHAPERATEOBJ],
    ['a mark of 7 bits', quality({}, [qosObject(QOS_OBJECT_DS_CLASS, 64)]), WSA_QOS_EPROVSPECBUF],
    ['a priority of 8', quality({}, [qosObject(QOS_OBJECT_TRAFFIC_CLASS, 8)]), WSA_QOS_EPROVSPECBUF],
  ] as const) {
    on(`says what is wrong with ${what}, and changes nothing`, {}, (world) => {
      const s = world.tcpSocket();
      setQuality(world, s, quality({ TokenRate: 4321 }));
      const before = qualityOf(world, s);
      expect(setQuality(world, s, wanted)).toBe(code);
      const { name } = world.listener();
      expect(world.code(world.ws2.WSAConnect(s, name, name.length, null, null, structuredClone(wanted), null))).toBe(
        code,
      );
      expect(qualityOf(world, s)).toEqual(before);
      expect(world.connect(s, name)).toBe(0);
    });
  }

  on('takes no figures that are none', {}, (world) => {
    const { name } = world.listener();
    const of = (TokenRate: unknown) => ({ ...quality(), SendingFlowspec: { ...specification(), TokenRate } });
    for (const figure of [1.5, NaN, Infinity, 2 ** 32, -(2 ** 31) - 1]) {
      expect(connectWith(world, name, of(figure)).error).toBe(WSA_QOS_EFLOWSPEC);
    }
    expect(connectWith(world, name, of('much')).error).toBe(WSAEFAULT);
    expect(connectWith(world, name, { ...quality(), ReceivingFlowspec: null }).error).toBe(WSAEFAULT);
    expect(connectWith(world, name, of(-1)).error).toBe(0);
    const s = world.tcpSocket();
    expect(setQuality(world, s, new Uint8Array(71))).toBe(WSAEFAULT);
    const beyond = QOS.encode(quality({}, [qosObject(QOS_OBJECT_SD_MODE, 1)])).slice(0, 80);
    expect(setQuality(world, s, beyond)).toBe(WSA_QOS_EPROVSPECBUF);
  });

  on('marks the packets of what is guaranteed, as Windows does', { capacity: 10_000 }, (world) => {
    for (const [family, level, option] of [
      [AF_INET, IPPROTO_IP, IP_TOS],
      [AF_INET6, IPPROTO_IPV6, IPV6_TCLASS],
    ] as const) {
      // In memory nothing is marked.
      if (base === 'memory') continue;
      const { client } = world.connectedPair(family);
      // A duplicate is told what the system has.
      const mark = (): number => {
        const info = WSAPROTOCOL_INFOW.decode(new Uint8Array(WSAPROTOCOL_INFOW.size));
        expect(world.code(world.ws2.WSADuplicateSocket(client, process.pid, info))).toBe(0);
        const twin = world.ws2.WSASocket(family, SOCK_STREAM, IPPROTO_TCP, info, 0, 0);
        expect(twin, `error ${world.ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
        const value = new Uint8Array(4);
        expect(world.code(world.ws2.getsockopt(twin, level, option, value, ref(4)))).toBe(0);
        world.ws2.closesocket(twin);
        return value[0]!;
      };
      expect(setQuality(world, client, quality(guaranteed(1000)))).toBe(0);
      expect(mark()).toBe(40 << 2);
      setQuality(world, client, quality({ ...guaranteed(1000), ServiceType: SERVICETYPE_CONTROLLEDLOAD }));
      expect(mark()).toBe(24 << 2);
      setQuality(world, client, quality({ TokenRate: 1000 }, [qosObject(QOS_OBJECT_DS_CLASS, 10)]));
      expect(mark()).toBe(10 << 2);
      setQuality(world, client, quality());
      expect(mark()).toBe(0);
    }
    expect(world.entries.size).toBe(4);
  });

  on(
    'leaves marks as the program has them where it says nothing of them',
    { dscp: false, priority: false },
    (world) => {
      const { client } = world.connectedPair();
      world.ws2.setsockopt(client, IPPROTO_IP, IP_TOS, Uint8Array.of(16, 0, 0, 0), 4);
      setQuality(world, client, quality({ TokenRate: 1000, PeakBandwidth: 2000 }));
      const value = new Uint8Array(4);
      world.ws2.getsockopt(client, IPPROTO_IP, IP_TOS, value, ref(4));
      expect(value[0]).toBe(16);
    },
  );

  it('lies under codecs, whose sockets have the same quality of service', () => {
    const world = new World(base, NO_LAYERS);
    world.stack([scramblingLayer(), qos({ capacity: 10_000 })]);
    const { name } = world.listener();
    const first = connectWith(world, name, quality(guaranteed(10_000)));
    expect(first.error).toBe(0);
    expect(qualityOf(world, first.s)).toMatchObject({ SendingFlowspec: guaranteed(10_000) });
    expect(connectWith(world, name, quality(guaranteed(1))).error).toBe(WSAEOPNOTSUPP);
    world.close();
  });
});

test.skipIf(process.platform !== 'linux')(
  'Linux is told the priority of the service, and the pace that the peak bandwidth sets',
  () => {
    const world = new World('tcpip', NO_LAYERS);
    world.stack([qos({ capacity: 1_000_000 })]);
    const before = openSockets();
    const s = world.tcpSocket();
    const [descriptor] = openSockets().filter((each) => !before.includes(each));
    const getsockopt = koffi
      .load(null)
      .func('int getsockopt(int fd, int level, int name, _Out_ uint32_t *value, _Inout_ uint32_t *length)');
    const read = (option: number): number => {
      const value = [0];
      expect(getsockopt(descriptor, LINUX_SOL_SOCKET, option, value, [4])).toBe(0);
      return value[0]!;
    };
    const { name } = world.listener();
    world.connect(s, name);
    expect([read(LINUX_SO_PRIORITY), read(LINUX_SO_MAX_PACING_RATE)]).toEqual([0, 0xffff_ffff]);
    expect(setQuality(world, s, quality({ ...guaranteed(20_000), PeakBandwidth: 50_000 }))).toBe(0);
    expect([read(LINUX_SO_PRIORITY), read(LINUX_SO_MAX_PACING_RATE)]).toEqual([5, 50_000]);
    setQuality(world, s, quality({ TokenRate: 1000 }, [qosObject(QOS_OBJECT_TRAFFIC_CLASS, 3)]));
    expect([read(LINUX_SO_PRIORITY), read(LINUX_SO_MAX_PACING_RATE)]).toEqual([3, 0xffff_ffff]);
    world.close();
  },
);

describe('Without the layer, or with one that has nothing to promise', () => {
  for (const base of ['memory', 'tcpip'] as const) {
    test(`TCP/IP over ${base} refuses what it cannot give, and takes best effort`, () => {
      const world = new World(base, NO_LAYERS);
      const { name } = world.listener();
      expect(connectWith(world, name, quality(guaranteed(1000))).error).toBe(WSAEOPNOTSUPP);
      expect(connectWith(world, name, quality({ ServiceType: 99 })).error).toBe(WSA_QOS_ESERVICETYPE);
      expect(connectWith(world, name, quality({ TokenRate: 1000 })).error).toBe(0);
      for (const code of [SIO_GET_QOS, SIO_CHK_QOS])
        expect(qualityOf(world, world.tcpSocket(), code)).toBe(WSAENOPROTOOPT);
      world.close();
    });
  }

  it('no system guarantees anything by itself', () => {
    run('tcpip', {}, (world) => {
      const { name } = world.listener();
      expect(connectWith(world, name, quality(guaranteed(1000))).error).toBe(WSAEOPNOTSUPP);
      expect(setQuality(world, world.udpSocket(), quality(guaranteed(1000)))).toBe(WSAEOPNOTSUPP);
    });
  });

  it('the capacity of a network in memory is asked for', () => {
    const network = createMemoryNetwork({ capacity: 1000 });
    const world = new World('memory', NO_LAYERS, { network });
    world.stack([qos()], true);
    const { name } = world.listener();
    expect(connectWith(world, name, quality(guaranteed(600))).error).toBe(0);
    expect(connectWith(world, name, quality(guaranteed(600))).error).toBe(WSAEOPNOTSUPP);
    expect(network.unreserved).toBe(400);
    world.close();
    expect(network.unreserved).toBe(1000);
  });

  it('a provider that cannot hold a sender to anything has its flows refused, not ignored', () => {
    const world = new World('memory', NO_LAYERS);
    const stubborn = defineLayer({
      name: 'stubborn',
      overrides: {
        WSPIoctl(lower, ...args) {
          if (args[1] >>> 0 !== 0x98005153) return lower.lpWSPIoctl(...args);
          args[10].value = WSAEOPNOTSUPP;
          return -1;
        },
      },
    });
    world.stack([qos(), stubborn]);
    const { name } = world.listener();
    expect(setQuality(world, world.tcpSocket(), quality({ TokenRate: 1000 }))).toBe(WSAEOPNOTSUPP);
    expect(qualityOf(world, world.tcpSocket())).toBe(WSAENOPROTOOPT);
    expect(connectWith(world, name, quality({ TokenRate: 1000 })).error).toBe(WSAEOPNOTSUPP);
    expect(connectWith(world, name, null).error).toBe(0);
    world.close();
  });
});

describe('The options of the layer', () => {
  it.each([
    [{ capacity: 0 }, 'qos: `capacity` must be bytes per second, more than 0, not 0'],
    [{ capacity: 'much' }, 'qos: `capacity` must be bytes per second, more than 0, not "much"'],
    [{ dscp: { guaranteed: 64 } }, 'qos: `dscp` must be false, or an object with numbers from 0 to 63'],
    [{ priority: { besteffort: 1 } }, 'qos: `priority` must be false, or an object with numbers from 0 to 7'],
    [{ name: '' }, 'qos: `name` must be a name of 1 to 128 characters'],
    [{ capacty: 5 }, 'qos: there is no option "capacty"'],
    [5, 'qos: options are an object'],
  ])('%j are refused at once, and the message says what they must be', (options, message) => {
    expect(() => qos(options as QosOptions)).toThrow(message);
  });
});

it('opens sockets as ever where nobody asks for a quality of service', () => {
  run('memory', {}, (world) => {
    const { client, server } = world.connectedPair();
    world.send(client, 'hello');
    expect([world.receive(server), client === INVALID_SOCKET]).toEqual(['hello', false]);
    expect(SIO_SET_QOS).toBe(0x8800000b);
  });
});
