// The quality of service that the sockets of a group have together.
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  AF_ATM,
  AF_INET,
  ATMPROTO_AAL5,
  CF_ACCEPT,
  FD_GROUP_QOS,
  FD_QOS,
  FIONBIO,
  FIONREAD,
  INVALID_SOCKET,
  QOS,
  QOS_NOT_SPECIFIED,
  ref,
  SERVICETYPE_BESTEFFORT,
  SERVICETYPE_GUARANTEED,
  SG_UNCONSTRAINED_GROUP,
  SIO_GET_GROUP_QOS,
  SIO_SET_GROUP_QOS,
  SIO_SET_QOS,
  SO_GROUP_ID,
  SO_GROUP_PRIORITY,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  sockaddr_atm,
  SOL_SOCKET,
  VirtualClock,
  WSA_FLAG_OVERLAPPED,
  WSA_IO_PENDING,
  WSA_QOS_ADMISSION_FAILURE,
  WSA_QOS_EFLOWSPEC,
  WSAEFAULT,
  WSAENOPROTOOPT,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { qos } from 'ws2spi/providers/layers/qos';
import { createMemoryNetwork, type MemoryNetwork } from 'ws2spi/providers/memory';
import { scramblingLayer } from '../../support/layers.js';
import { NO_LAYERS, World, type Base } from '../../support/providers.js';
import { quality, qualityOf } from '../../support/qualities.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

// Read when the first group is made.
process.env['WS2SPI_GROUPS'] = join(temporaryFolder(), 'groups.json');

const NO_QUALITY = QOS.decode(new Uint8Array(QOS.size));

function open(world: World, g: number, type: number = SOCK_STREAM): number {
  const s = world.ws2.WSASocket(-1, -1, -1, world.entryOf(AF_INET, type)!, g, WSA_FLAG_OVERLAPPED);
  expect(s, `error ${world.ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
  return world.track(s);
}

function groupOf(world: World, s: number): number {
  const value = new Uint8Array(4);
  expect(world.code(world.ws2.getsockopt(s, SOL_SOCKET, SO_GROUP_ID, value, ref(4)))).toBe(0);
  return new DataView(value.buffer).getUint32(0, true);
}

function setGroupQuality(world: World, s: number, qos: QOS | Uint8Array): number {
  const input = qos instanceof Uint8Array ? qos : QOS.encode(qos);
  return world.code(world.ws2.WSAIoctl(s, SIO_SET_GROUP_QOS, input, input.length, null, 0, ref(0), null, null));
}

const groupQualityOf = (world: World, s: number): QOS | number => qualityOf(world, s, SIO_GET_GROUP_QOS);

/** A group of two connected streams. */
function couple(world: World): { first: number; second: number; peers: number[] } {
  const first = open(world, SG_UNCONSTRAINED_GROUP);
  const second = open(world, groupOf(world, first));
  const { s: listener, name } = world.listener();
  const peers = [first, second].map((s) => {
    expect(world.connect(s, name)).toBe(0);
    return world.accept(listener);
  });
  return { first, second, peers };
}

describe.each(['memory', 'tcpip'] as const)('The quality of service of a group over %s', (base: Base) => {
  function on(sentence: string, body: (world: World) => void): void {
    it(sentence, () => {
      const world = new World(base, NO_LAYERS);
      world.stack([qos()], true);
      body(world);
      world.close();
    });
  }

  on('is asked for by its creator, and told to all', (world) => {
    const { first, second } = couple(world);
    expect(groupQualityOf(world, second)).toMatchObject({ SendingFlowspec: { TokenRate: QOS_NOT_SPECIFIED } });
    const wanted = quality({ TokenRate: 5000, TokenBucketSize: 2000 });
    expect(setGroupQuality(world, second, wanted)).toBe(WSAENOPROTOOPT);
    expect(setGroupQuality(world, first, wanted)).toBe(0);
    const told = { SendingFlowspec: { TokenRate: 5000, TokenBucketSize: 2000, ServiceType: SERVICETYPE_BESTEFFORT } };
    for (const s of [first, second]) expect(groupQualityOf(world, s)).toMatchObject(told);
    // It is not theirs alone.
    expect(qualityOf(world, first)).toMatchObject({ SendingFlowspec: { TokenRate: QOS_NOT_SPECIFIED } });
  });

  on('is none, and cannot be asked for, without a group', (world) => {
    const s = world.tcpSocket();
    expect(groupQualityOf(world, s)).toEqual(NO_QUALITY);
    expect(setGroupQuality(world, s, quality())).toBe(WSAENOPROTOOPT);
  });

  on('is one bucket that all of its sockets send from', (world) => {
    const { first, second } = couple(world);
    setGroupQuality(world, first, quality({ TokenRate: 1, TokenBucketSize: 2000 }));
    for (const s of [first, second]) expect(world.code(world.ws2.ioctlsocket(s, FIONBIO, ref(1)))).toBe(0);
    const bytes = new Uint8Array(1500);
    expect(world.ws2.send(first, bytes, 1500, 0)).toBe(1500);
    expect(world.ws2.send(second, bytes, 1500, 0)).toBe(500);
    for (const s of [first, second]) expect(world.code(world.ws2.send(s, bytes, 1500, 0))).toBe(WSAEWOULDBLOCK);
  });

  on('holds with that of a socket: whichever is less', (world) => {
    const { first, second } = couple(world);
    setGroupQuality(world, first, quality({ TokenRate: 1, TokenBucketSize: 2000 }));
    const own = QOS.encode(quality({ TokenRate: 1, TokenBucketSize: 300 }));
    world.ws2.WSAIoctl(second, SIO_SET_QOS, own, own.length, null, 0, ref(0), null, null);
    for (const s of [first, second]) world.ws2.ioctlsocket(s, FIONBIO, ref(1));
    const bytes = new Uint8Array(5000);
    expect(world.ws2.send(second, bytes, 5000, 0)).toBe(300);
    expect(world.ws2.send(first, bytes, 5000, 0)).toBe(1700);
  });

  on('covers the datagrams of its sockets, and those that come to it later', (world) => {
    const first = open(world, SG_UNCONSTRAINED_GROUP, SOCK_DGRAM);
    setGroupQuality(world, first, quality({ TokenRate: 1, TokenBucketSize: 1000 }));
    const later = open(world, groupOf(world, first), SOCK_DGRAM);
    const { name } = world.boundUdp();
    for (const s of [first, later]) world.ws2.ioctlsocket(s, FIONBIO, ref(1));
    const bytes = new Uint8Array(600);
    expect(world.ws2.sendto(later, bytes, 600, 0, name, name.length)).toBe(600);
    expect(world.code(world.ws2.sendto(first, bytes, 600, 0, name, name.length))).toBe(WSAEWOULDBLOCK);
    expect(world.ws2.sendto(first, bytes, 400, 0, name, name.length)).toBe(400);
  });

  on('comes with WSAConnect of the creator, and is passed over with that of others', (world) => {
    const first = open(world, SG_UNCONSTRAINED_GROUP);
    const second = open(world, groupOf(world, first));
    const { s: listener, name } = world.listener();
    const connect = (s: number, wanted: QOS): number =>
      world.code(world.ws2.WSAConnect(s, name, name.length, null, null, null, wanted));
    const wanted = quality({ TokenRate: 7000, TokenBucketSize: 3000 });
    expect(connect(second, quality({ ServiceType: SERVICETYPE_GUARANTEED }))).toBe(0);
    expect(connect(first, wanted)).toBe(0);
    for (const s of [first, second]) {
      expect(groupQualityOf(world, s)).toMatchObject({ SendingFlowspec: { TokenRate: 7000 } });
      world.accept(listener);
    }
    const other = open(world, SG_UNCONSTRAINED_GROUP);
    expect(connect(other, quality({ TokenRate: 0, TokenBucketSize: 5 }))).toBe(WSA_QOS_EFLOWSPEC);
    expect(groupQualityOf(world, other)).toMatchObject({ SendingFlowspec: { TokenRate: QOS_NOT_SPECIFIED } });
    // The system's network reserves nothing.
    const reserving = connect(other, quality({ ServiceType: SERVICETYPE_GUARANTEED, TokenRate: 5000 }));
    expect(reserving).toBe(base === 'tcpip' ? WSAEOPNOTSUPP : 0);
  });

  on('is told of by FD_GROUP_QOS once for each change, but to whom has asked', (world) => {
    const { first, second } = couple(world);
    const events = [first, second].map((s) => {
      const event = world.event();
      world.eventSelect(s, event, FD_QOS | FD_GROUP_QOS);
      return event;
    });
    setGroupQuality(world, first, quality({ TokenRate: 5000, TokenBucketSize: 2000 }));
    expect(world.networkEvents(second, events[1]!)).toEqual({ GROUP_QOS: 0 });
    expect(world.networkEvents(first, events[0]!)).toEqual({});
    setGroupQuality(world, first, quality({ TokenRate: 6000, TokenBucketSize: 2000 }));
    expect(world.networkEvents(second, events[1]!)).toEqual({ GROUP_QOS: 0 });
    expect(world.networkEvents(second, events[1]!)).toEqual({});
  });

  on('is told of to whoever asks for FD_GROUP_QOS only after it has changed, until that has looked', (world) => {
    const { first, second } = couple(world);
    setGroupQuality(world, first, quality({ TokenRate: 5000, TokenBucketSize: 2000 }));
    world.settle();
    const event = world.event();
    world.eventSelect(second, event, FD_GROUP_QOS);
    expect(world.networkEvents(second, event)).toEqual({ GROUP_QOS: 0 });
    const { host, WSAAsyncSelect } = world.ws2;
    const window = host.CreateWindow(null);
    const registered = (): boolean => {
      expect(WSAAsyncSelect(second, window, 0x500, FD_GROUP_QOS)).toBe(0);
      return host.PeekMessage(window, true)?.lParam === FD_GROUP_QOS;
    };
    expect([registered(), registered()]).toEqual([true, true]);
    groupQualityOf(world, second);
    expect(registered()).toBe(false);
    host.DestroyWindow(window);
  });

  on('is no news where no field of it has changed', (world) => {
    const { first, second } = couple(world);
    const event = world.event();
    world.eventSelect(second, event, FD_GROUP_QOS);
    for (let time = 0; time < 2; time++) {
      expect(setGroupQuality(world, first, quality({ TokenRate: 5000, TokenBucketSize: 2000 }))).toBe(0);
      world.settle();
      expect(world.networkEvents(second, event)).toEqual(time === 0 ? { GROUP_QOS: 0 } : {});
    }
  });

  on('is told of by a message where that was asked for', (world) => {
    const { first, second } = couple(world);
    const { host, WSAAsyncSelect } = world.ws2;
    const window = host.CreateWindow(null);
    expect(WSAAsyncSelect(second, window, 0x500, FD_QOS | FD_GROUP_QOS)).toBe(0);
    setGroupQuality(world, first, quality({ TokenRate: 5000, TokenBucketSize: 2000 }));
    world.settle();
    expect(host.PeekMessage(window, true)).toEqual({
      hWnd: window,
      message: 0x500,
      wParam: second,
      lParam: FD_GROUP_QOS,
    });
    expect(host.PeekMessage(window, true)).toBeNull();
    host.DestroyWindow(window);
  });

  on('passes codec layers, with its events', (world) => {
    world.stack([scramblingLayer(), qos()]);
    const { first, second } = couple(world);
    const event = world.event();
    world.eventSelect(second, event, FD_GROUP_QOS);
    expect(setGroupQuality(world, second, quality())).toBe(WSAENOPROTOOPT);
    expect(setGroupQuality(world, first, quality({ TokenRate: 5000, TokenBucketSize: 2000 }))).toBe(0);
    expect(groupQualityOf(world, second)).toMatchObject({ SendingFlowspec: { TokenRate: 5000 } });
    expect(world.networkEvents(second, event)).toEqual({ GROUP_QOS: 0 });
    const { s: listener, name } = world.listener();
    const third = open(world, SG_UNCONSTRAINED_GROUP);
    const wanted = quality({ TokenRate: 9000, TokenBucketSize: 2000 });
    expect(world.code(world.ws2.WSAConnect(third, name, name.length, null, null, null, wanted))).toBe(0);
    world.accept(listener);
    expect(groupQualityOf(world, third)).toMatchObject({ SendingFlowspec: { TokenRate: 9000 } });
  });

  on('stays as it was when what is asked for cannot be meant', (world) => {
    const { first } = couple(world);
    setGroupQuality(world, first, quality({ TokenRate: 5000, TokenBucketSize: 2000 }));
    const before = groupQualityOf(world, first);
    expect(setGroupQuality(world, first, quality({ TokenRate: 0 }))).toBe(WSA_QOS_EFLOWSPEC);
    expect(setGroupQuality(world, first, new Uint8Array(71))).toBe(WSAEFAULT);
    // What is to be guaranteed must be a figure.
    expect(setGroupQuality(world, first, quality({ ServiceType: SERVICETYPE_GUARANTEED }))).toBe(WSA_QOS_EFLOWSPEC);
    expect(groupQualityOf(world, first)).toEqual(before);
  });
});

test('Those of a group who come first by SO_GROUP_PRIORITY get its tokens first', () => {
  const clock = new VirtualClock();
  const world = new World('memory', NO_LAYERS, { clock });
  world.stack([qos()], true);
  const { ws2 } = world;
  const { first, second, peers } = couple(world);
  setGroupQuality(world, first, quality({ TokenRate: 10_000, TokenBucketSize: 1000 }));
  const setPriority = (s: number, priority: number): void => {
    const value = new Uint8Array(Int32Array.of(priority).buffer);
    expect(world.code(ws2.setsockopt(s, SOL_SOCKET, SO_GROUP_PRIORITY, value, 4))).toBe(0);
  };
  setPriority(first, 1);
  // Both have more to send than there are tokens for; the one that comes second by priority began.
  const bytes = new Uint8Array(5000);
  const sends = [first, second].map((s) => {
    const overlapped = new WSAOVERLAPPED();
    const error = world.code(ws2.WSASend(s, [{ len: 5000, buf: bytes }], 1, null, 0, overlapped, null));
    expect(error).toBe(WSA_IO_PENDING);
    return overlapped;
  });
  const arrivedAfter = (milliseconds: number): number[] => {
    clock.advance(milliseconds);
    world.settle();
    return peers.map((peer) => {
      const count = ref(0);
      ws2.ioctlsocket(peer, FIONREAD, count);
      return count.value;
    });
  };
  // What was in the bucket went at once.
  expect(arrivedAfter(500)).toEqual([1000, 5000]);
  expect(arrivedAfter(500)).toEqual([5000, 5000]);
  for (const [index, s] of [first, second].entries()) {
    expect(ws2.WSAGetOverlappedResult(s, sends[index]!, ref(0), false, ref(0))).toBe(true);
  }
  world.close();
});

describe('The quality of service of a group on a network that reserves capacity', () => {
  const STATION = `47000580${'00'.repeat(9)}02000000000100`;
  const guaranteed = (TokenRate: number): QOS =>
    quality({ ServiceType: SERVICETYPE_GUARANTEED, TokenRate, TokenBucketSize: 1000 });

  interface Scene {
    readonly world: World;
    readonly network: MemoryNetwork;
    readonly listener: number;
    readonly name: Uint8Array;
  }

  function on(sentence: string, body: (scene: Scene) => void): void {
    it(sentence, () => {
      const network = createMemoryNetwork({ capacity: 100_000 });
      const world = new World('memory', NO_LAYERS, { network });
      const listener = socket(world);
      const name = sockaddr_atm(`${STATION}:c0de`);
      expect(world.code(world.ws2.bind(listener, name, 76))).toBe(0);
      expect(world.code(world.ws2.listen(listener, 5))).toBe(0);
      body({ world, network, listener, name });
      world.close();
      expect(network.unreserved).toBe(network.capacity);
    });
  }

  function socket(world: World, g = 0): number {
    const s = world.ws2.WSASocket(AF_ATM, SOCK_SEQPACKET, ATMPROTO_AAL5, null, g, WSA_FLAG_OVERLAPPED);
    expect(s, `error ${world.ws2.WSAGetLastError()}`).not.toBe(INVALID_SOCKET);
    return world.track(s);
  }

  on('is reserved once, as long as there is a group, whoever of it is left', ({ world, network }) => {
    const first = socket(world, SG_UNCONSTRAINED_GROUP);
    const second = socket(world, groupOf(world, first));
    expect(setGroupQuality(world, first, guaranteed(40_000))).toBe(0);
    expect(network.unreserved).toBe(60_000);
    expect(setGroupQuality(world, first, guaranteed(140_000))).toBe(WSAEOPNOTSUPP);
    expect(setGroupQuality(world, first, guaranteed(30_000))).toBe(0);
    expect(network.unreserved).toBe(70_000);
    world.ws2.closesocket(first);
    expect(network.unreserved).toBe(70_000);
    world.ws2.closesocket(second);
    expect(network.unreserved).toBe(100_000);
  });

  on('is lost when the network has less, and all are told why', ({ world, network }) => {
    const first = socket(world, SG_UNCONSTRAINED_GROUP);
    const second = socket(world, groupOf(world, first));
    setGroupQuality(world, first, guaranteed(40_000));
    const events = [first, second].map((s) => {
      const event = world.event();
      world.eventSelect(s, event, FD_GROUP_QOS);
      return event;
    });
    network.capacity = 10_000;
    [first, second].forEach((s, index) => {
      expect(world.networkEvents(s, events[index]!)).toEqual({ GROUP_QOS: WSA_QOS_ADMISSION_FAILURE });
      expect(groupQualityOf(world, s)).toMatchObject({
        SendingFlowspec: { ServiceType: SERVICETYPE_BESTEFFORT, TokenRate: 40_000 },
      });
    });
  });

  on('is taken back when the connect that it came with is refused', ({ world, network, name }) => {
    const s = socket(world, SG_UNCONSTRAINED_GROUP);
    const [own, group] = [guaranteed(80_000), guaranteed(80_000)];
    expect(world.code(world.ws2.WSAConnect(s, name, 76, null, null, own, group))).toBe(WSAEOPNOTSUPP);
    expect(network.unreserved).toBe(100_000);
    expect([own, group].map((each) => each.SendingFlowspec.TokenRate)).toEqual([20_000, 20_000]);
  });

  on(
    "is shown to the callee's condition function, whose new group it becomes",
    ({ world, network, listener, name }) => {
      const client = socket(world, SG_UNCONSTRAINED_GROUP);
      world.ws2.ioctlsocket(client, FIONBIO, ref(1));
      const asked = guaranteed(20_000);
      asked.ReceivingFlowspec = { ...asked.ReceivingFlowspec, TokenRate: 5000 };
      expect(world.code(world.ws2.WSAConnect(client, name, 76, null, null, null, asked))).toBe(WSAEWOULDBLOCK);
      let shown: QOS | null = null;
      const server = world.ws2.WSAAccept(
        listener,
        null,
        null,
        (_id, _data, _qos, lpGQOS, _callee, _answer, g) => {
          shown = structuredClone(lpGQOS);
          lpGQOS!.SendingFlowspec.TokenRate = 4000;
          g.value = SG_UNCONSTRAINED_GROUP;
          return CF_ACCEPT;
        },
        0,
      );
      world.track(server);
      expect(shown).toMatchObject({ SendingFlowspec: { TokenRate: 5000 }, ReceivingFlowspec: { TokenRate: 20_000 } });
      expect(groupQualityOf(world, server)).toMatchObject({ SendingFlowspec: { TokenRate: 4000 } });
      expect(network.unreserved).toBeLessThan(80_001);
    },
  );
});
