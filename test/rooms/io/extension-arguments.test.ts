// Values that cannot be what a parameter of an extension function wants: the specified error, and nothing is pending.
import { expect } from 'vitest';
import {
  IP_TTL,
  ref,
  SOCKET_ERROR,
  TP_ELEMENT_MEMORY,
  WSA_CMSG_LEN,
  WSA_CMSG_SPACE,
  WSACMSGHDR,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAOVERLAPPED,
  type WSAMSG,
} from 'ws2spi';
import { buffer, describeOnEveryProvider, loopback, type World } from '../../support/providers.js';

const BAD_SIZES: [string, unknown][] = [
  ['a negative one', -1],
  ['half a byte', 0.5],
  ['NaN', NaN],
  ['a string', '5'],
  ['a symbol', Symbol('size')],
  ['a BigInt', 5n],
  ['an object', {}],
];

/** Has a member of a structure answer otherwise from the second time on. */
function fickle<T extends object>(structure: T, member: keyof T, later: unknown): T {
  let answer: unknown = structure[member];
  Object.defineProperty(structure, member, {
    get() {
      const now = answer;
      answer = later;
      return now;
    },
    configurable: true,
    enumerable: true,
  });
  return structure;
}

function detached(): Uint8Array {
  const bytes = new Uint8Array(200);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

interface Scene {
  readonly world: World;
  readonly listener: number;
  readonly name: Uint8Array;
  readonly connected: number;
  readonly bound: number;
  readonly udp: number;
}

function sceneOf(world: World): Scene {
  const { listener, client, name } = world.connectedPair();
  const bound = world.tcpSocket();
  const any = loopback();
  world.ws2.bind(bound, any, any.length);
  const { s: udp } = world.boundUdp();
  world.nonBlocking(udp);
  return { world, listener, name, connected: client, bound, udp };
}

const message = (members: object): WSAMSG =>
  ({
    name: null,
    namelen: 0,
    lpBuffers: [buffer(5)],
    dwBufferCount: 1,
    Control: buffer(0),
    dwFlags: 0,
    ...members,
  }) as never;

type Call = (scene: Scene, bad: never, overlapped: WSAOVERLAPPED) => number | boolean;

const SIZES: [string, Call][] = [
  [
    'AcceptEx: data',
    ({ world, listener }, bad, overlapped) =>
      world.ws2.AcceptEx(listener, world.tcpSocket(), new Uint8Array(200), bad, 44, 44, null, overlapped),
  ],
  [
    'AcceptEx: the local name',
    ({ world, listener }, bad, overlapped) =>
      world.ws2.AcceptEx(listener, world.tcpSocket(), new Uint8Array(200), 0, bad, 44, null, overlapped),
  ],
  [
    'AcceptEx: the remote name',
    ({ world, listener }, bad, overlapped) =>
      world.ws2.AcceptEx(listener, world.tcpSocket(), new Uint8Array(200), 0, 44, bad, null, overlapped),
  ],
  [
    'ConnectEx: the name',
    ({ world, bound, name }, bad, overlapped) => world.ws2.ConnectEx(bound, name, bad, null, 0, null, overlapped),
  ],
  [
    'ConnectEx: data',
    ({ world, bound, name }, bad, overlapped) =>
      world.ws2.ConnectEx(bound, name, 16, new Uint8Array(10), bad, null, overlapped),
  ],
  [
    'TransmitFile',
    ({ world, connected }, bad, overlapped) => world.ws2.TransmitFile(connected, null, bad, 0, overlapped, null, 0),
  ],
  [
    'TransmitFile: the head',
    ({ world, connected }, bad, overlapped) =>
      world.ws2.TransmitFile(
        connected,
        null,
        0,
        0,
        overlapped,
        { Head: new Uint8Array(9), HeadLength: bad, Tail: null, TailLength: 0 },
        0,
      ),
  ],
  [
    'TransmitPackets: pieces',
    ({ world, connected }, bad, overlapped) => world.ws2.TransmitPackets(connected, [], bad, 0, overlapped, 0),
  ],
  [
    'TransmitPackets: a piece',
    ({ world, connected }, bad, overlapped) =>
      world.ws2.TransmitPackets(
        connected,
        [{ dwElFlags: TP_ELEMENT_MEMORY, cLength: bad, pBuffer: new Uint8Array(9) }],
        1,
        0,
        overlapped,
        0,
      ),
  ],
  [
    'WSARecvMsg: buffers',
    ({ world, udp }, bad) => world.ws2.WSARecvMsg(udp, message({ dwBufferCount: bad }), ref(0), null, null),
  ],
  [
    'WSARecvMsg: a buffer',
    ({ world, udp }, bad) =>
      world.ws2.WSARecvMsg(udp, message({ lpBuffers: [{ len: bad, buf: new Uint8Array(9) }] }), ref(0), null, null),
  ],
  [
    'WSASendMsg: the name',
    ({ world, udp, name }, bad) => world.ws2.WSASendMsg(udp, message({ name, namelen: bad }), 0, ref(0), null, null),
  ],
  [
    'WSASendMsg: control messages',
    ({ world, udp, name }, bad) =>
      world.ws2.WSASendMsg(
        udp,
        message({ name, namelen: 16, Control: { len: bad, buf: new Uint8Array(9) } }),
        0,
        ref(0),
        null,
        null,
      ),
  ],
];

const FAULTS: [string, Call][] = [
  [
    'AcceptEx with a detached buffer',
    ({ world, listener }, _bad, overlapped) =>
      world.ws2.AcceptEx(listener, world.tcpSocket(), detached(), 0, 44, 44, null, overlapped),
  ],
  [
    'AcceptEx with a frozen structure',
    ({ world, listener }, _bad, overlapped) =>
      world.ws2.AcceptEx(listener, world.tcpSocket(), new Uint8Array(99), 0, 44, 44, null, Object.freeze(overlapped)),
  ],
  [
    'ConnectEx with a frozen structure',
    ({ world, bound, name }, _bad, overlapped) =>
      world.ws2.ConnectEx(bound, name, 16, null, 0, null, Object.freeze(overlapped)),
  ],
  [
    'ConnectEx of a string',
    ({ world, bound, name }, _bad, overlapped) =>
      world.ws2.ConnectEx(bound, name, 16, 'data' as never, 4, null, overlapped),
  ],
  [
    'DisconnectEx with a frozen structure',
    ({ world, connected }, _bad, overlapped) => world.ws2.DisconnectEx(connected, Object.freeze(overlapped), 0, 0),
  ],
  [
    'TransmitFile from a place that is not a number',
    ({ world, connected }, _bad, overlapped) =>
      world.ws2.TransmitFile(
        connected,
        0,
        0,
        0,
        Object.assign(overlapped, { Offset: Symbol('place') }) as never,
        null,
        0,
      ),
  ],
  [
    'TransmitPackets with a piece that is none',
    ({ world, connected }, _bad, overlapped) =>
      world.ws2.TransmitPackets(connected, [null as never], 1, 0, overlapped, 0),
  ],
  [
    'WSARecv with a frozen structure',
    ({ world, connected }, _bad, overlapped) =>
      world.ws2.WSARecv(connected, [buffer(1)], 1, null, ref(0), Object.freeze(overlapped), null),
  ],
  [
    'WSARecvMsg with a buffer that is none',
    ({ world, udp }) => world.ws2.WSARecvMsg(udp, message({ lpBuffers: [null] }), ref(0), null, null),
  ],
  [
    'WSARecvMsg with a hole for a buffer',
    ({ world, udp }) => world.ws2.WSARecvMsg(udp, message({ lpBuffers: new Array(1) }), ref(0), null, null),
  ],
  [
    'WSAPoll with a frozen entry',
    ({ world, connected }) => world.ws2.WSAPoll([Object.freeze({ fd: connected, events: 0x10, revents: 0 })], 1, 0),
  ],
  [
    'WSAPoll for events that are not a number',
    ({ world, connected }) => world.ws2.WSAPoll([{ fd: connected, events: 5n as never, revents: 0 }], 1, 0),
  ],
  [
    'WSAPoll for NaN milliseconds',
    ({ world, connected }) => world.ws2.WSAPoll([{ fd: connected, events: 0x100, revents: 0 }], 1, NaN),
  ],
];

describeOnEveryProvider('an extension function', (on) => {
  for (const [what, call] of SIZES) {
    on.it(`refuses sizes that are none (${what})`, (world) => {
      const scene = sceneOf(world);
      for (const [name, bad] of BAD_SIZES) {
        expect(world.code(call(scene, bad as never, new WSAOVERLAPPED())), name).toBe(WSAEFAULT);
      }
      expect(world.ws2.host.CancelIoEx(scene.listener, null)).toBe(false);
    });
  }

  for (const [what, call] of FAULTS) {
    on.it(`refuses pointers that are none (${what})`, (world) => {
      expect(world.code(call(sceneOf(world), 0 as never, new WSAOVERLAPPED()))).toBe(WSAEFAULT);
    });
  }

  on.it('refuses flags and sockets that are not numbers', (world) => {
    const { connected, listener, udp } = sceneOf(world);
    const flags = {} as never;
    const { ws2 } = world;
    expect(world.code(ws2.DisconnectEx(connected, null, flags, 0))).toBe(WSAEINVAL);
    expect(world.code(ws2.TransmitFile(connected, null, 0, 0, null, null, flags))).toBe(WSAEINVAL);
    expect(world.code(ws2.TransmitPackets(connected, [], 0, 0, null, flags))).toBe(WSAEINVAL);
    const piece = { dwElFlags: Symbol('memory') as never, cLength: 0 };
    expect(world.code(ws2.TransmitPackets(connected, [piece], 1, 0, null, 0))).toBe(WSAEINVAL);
    expect(world.code(ws2.WSASendMsg(udp, message({}), flags, ref(0), null, null))).toBe(WSAEOPNOTSUPP);
    const s = Symbol('socket') as never;
    const bytes = new Uint8Array(99);
    expect(world.code(ws2.AcceptEx(listener, s, bytes, 0, 44, 44, null, new WSAOVERLAPPED()))).toBe(WSAENOTSOCK);
  });

  on.it('takes messages without control room, and empty buffers without bytes', (world) => {
    const { udp } = sceneOf(world);
    const { ws2 } = world;
    const empty = { len: 0, buf: null as never };
    const members = { lpBuffers: [empty, buffer('ab'), empty], dwBufferCount: 3, Control: null };
    const name = world.nameOf(udp);
    const sent = ref(0);
    expect(ws2.WSASendMsg(udp, message({ ...members, name, namelen: name.length }), 0, sent, null, null)).toBe(0);
    expect(sent.value).toBe(2);
    const got = ref(0);
    world.until(() => {
      const room = { lpBuffers: [empty, buffer(2), empty], dwBufferCount: 3, Control: null };
      return ws2.WSARecvMsg(udp, message(room), got, null, null) !== SOCKET_ERROR;
    });
    expect(got.value).toBe(2);
  });

  on.it('reads each member of a structure once: a getter may answer otherwise the next time', (world) => {
    const { ws2 } = world;
    const { client, server } = world.connectedPair();
    const { s: udp } = world.boundUdp();
    world.nonBlocking(udp);
    const name = world.nameOf(udp);
    const control = { cmsg_len: WSA_CMSG_LEN(4), cmsg_level: 0, cmsg_type: IP_TTL };
    const buf = new Uint8Array(WSA_CMSG_SPACE(4));
    WSACMSGHDR.encodeInto(control, buf, 0);
    const sound = (): WSAMSG => {
      const Control = fickle({ len: buf.length, buf }, 'buf', new Uint8Array(10));
      return message({ lpBuffers: [buffer('abc')], name, namelen: name.length, Control });
    };
    for (const [member, later] of [
      ['name', null],
      ['namelen', -1],
      ['lpBuffers', [{ len: 1e9, buf: new Uint8Array(1) }]],
      ['dwBufferCount', 7],
      ['Control', { len: 400, buf: new Uint8Array(1) }],
    ] as const) {
      const sent = ref(0);
      const given = fickle(sound(), member, later);
      // Those that are not told of a hop limit to be set say so.
      expect([0, WSAEOPNOTSUPP, WSAEINVAL], member).toContain(
        ws2.WSASendMsg(udp, given, 0, sent, null, null) === 0 ? 0 : ws2.WSAGetLastError(),
      );
    }

    const buffers = { Head: Buffer.from('head'), HeadLength: 4, Tail: Buffer.from('tail'), TailLength: 4 };
    for (const [member, later] of [
      ['Head', 'nothing'],
      ['HeadLength', NaN],
      ['Tail', null],
      ['TailLength', -1],
    ] as const) {
      expect(ws2.TransmitFile(client, null, 0, 0, null, fickle({ ...buffers }, member, later), 0), member).toBe(true);
      expect(world.receiveAll(server, 8)).toBe('headtail');
    }
    const element = { dwElFlags: TP_ELEMENT_MEMORY, cLength: 4, pBuffer: Buffer.from('head') };
    for (const [member, later] of [
      ['dwElFlags', 'x'],
      ['cLength', NaN],
      ['pBuffer', null],
    ] as const) {
      const elements = [fickle({ ...element }, member, later)];
      expect(ws2.TransmitPackets(client, elements as never, 1, 0, null, 0), member).toBe(true);
      expect(world.receiveAll(server, 4)).toBe('head');
    }
  });

  on.it('that connects takes no missing name for one, whatever its length is said to be', (world) => {
    const { ws2 } = world;
    const { bound } = sceneOf(world);
    for (const length of [0, NaN, undefined, null, '', false, '16', 16]) {
      expect(ws2.ConnectEx(bound, null as never, length as never, null, 0, null, new WSAOVERLAPPED())).toBe(false);
      expect(ws2.WSAGetLastError(), String(length)).toBe(WSAEFAULT);
    }
  });

  on.it('that finds addresses leaves alone what it has nowhere to put', (world) => {
    const { ws2 } = world;
    const bytes = new Uint8Array(88);
    const none = null as never;
    expect(() => ws2.GetAcceptExSockaddrs(bytes, 0, 44, 44, none, none, none, none)).not.toThrow();
    const remote = ref<Uint8Array | null>(null);
    for (const [, bad] of BAD_SIZES) {
      expect(() => ws2.GetAcceptExSockaddrs(bytes, bad as never, 44, 44, none, none, remote, none)).not.toThrow();
    }
    expect(remote.value).toBe(null);
  });
});
