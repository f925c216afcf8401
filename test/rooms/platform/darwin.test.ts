// The binding to macOS, over a stand-in for its libSystem: nothing here was run on macOS.
import { readdirSync, rmSync } from 'node:fs';
import koffi from 'koffi';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import * as spi from 'ws2spi/spi';
import { PollEvents, type SocketOffer } from 'ws2spi/platform';
import { GROUP_REQUEST } from '../../../dist/platform/darwin/groups.js';
import { KEVENT } from '../../../dist/platform/darwin/kevents.js';
import { darwinNumbers } from '../../../dist/platform/darwin/numbers.js';
import { CONNECTION_INFO_SIZE, toTcpInfo } from '../../../dist/platform/darwin/tcp-info.js';
import { systemBinding } from '../../../dist/platform/systems.js';
import { connected, folder, integer, name, offered, open, slot, text } from '../../support/darwin-sockets.js';
import { DarwinProcess } from '../../support/darwin-system.js';

afterEach(() => expect(readdirSync(folder)).toEqual([]));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the layouts of macOS', () => {
  const offsets = (definition: Record<string, string>, made = koffi.struct(definition)) =>
    Object.fromEntries(Object.keys(definition).map((member) => [member, koffi.offsetof(made, member)]));

  it('are those of the C rules for the declarations of its headers', () => {
    const kevent = {
      ident: 'uintptr_t',
      filter: 'int16_t',
      flags: 'uint16_t',
      fflags: 'uint32_t',
      data: 'intptr_t',
      udata: 'void *',
    };
    expect({ ...KEVENT }).toEqual({
      IDENT: offsets(kevent)['ident'],
      FILTER: offsets(kevent)['filter'],
      FLAGS: offsets(kevent)['flags'],
      FFLAGS: offsets(kevent)['fflags'],
      DATA: offsets(kevent)['data'],
      UDATA: offsets(kevent)['udata'],
      SIZE: koffi.sizeof(koffi.struct(kevent)),
    });
    const msghdr = {
      name: 'void *',
      namelen: 'uint32_t',
      iov: 'void *',
      iovlen: 'int',
      control: 'void *',
      controllen: 'uint32_t',
      flags: 'int',
    };
    const { message, control } = darwinNumbers;
    expect([message.NAME, message.NAMELEN, message.IOV, message.IOVLEN, message.CONTROL]).toEqual(
      ['name', 'namelen', 'iov', 'iovlen', 'control'].map((member) => offsets(msghdr)[member]! / 4),
    );
    expect([message.CONTROLLEN * 4, message.FLAGS * 4]).toEqual([
      offsets(msghdr)['controllen'],
      offsets(msghdr)['flags'],
    ]);
    expect(message.SIZE).toBe(koffi.sizeof(koffi.struct(msghdr)));
    const cmsghdr = { len: 'uint32_t', level: 'int', type: 'int' };
    expect([control.LEVEL, control.TYPE]).toEqual([offsets(cmsghdr)['level'], offsets(cmsghdr)['type']]);
    expect(control.DATA).toBe(koffi.sizeof(koffi.struct(cmsghdr)));
    const request = { index: 'uint32_t', group: koffi.array('uint32_t', 32), source: koffi.array('uint32_t', 32) };
    const made = koffi.struct(request);
    expect({ ...GROUP_REQUEST }).toEqual({
      INTERFACE: 0,
      GROUP: koffi.offsetof(made, 'group'),
      SOURCE: koffi.offsetof(made, 'source'),
      SIZE: koffi.sizeof(made),
    });
  });

  it('have the counts of a connection where `tcp_connection_info` has them', () => {
    const info = new DataView(new ArrayBuffer(CONNECTION_INFO_SIZE));
    info.setUint8(0, 5);
    info.setUint32(4, 1, true);
    info.setUint32(16, 1448, true);
    info.setUint32(44, 3, true);
    info.setBigUint64(64, 5_000_000_000n, true);
    info.setBigUint64(88, 7n, true);
    expect(toTcpInfo(info)).toMatchObject({
      State: 7,
      TimestampsEnabled: 1,
      Mss: 1448,
      RttUs: 3000,
      BytesOut: 5_000_000_000n,
      BytesIn: 7n,
    });
  });

  it('is chosen by the system, on both of its processors', () => {
    expect(systemBinding('darwin', 'arm64')).toBe('./darwin/index.js');
    expect(systemBinding('darwin', 'x64')).toBe('./darwin/index.js');
  });

  it('declares with dots what has dots, and asks for nothing that Linux alone has', () => {
    const { system } = open();
    expect([...system.variadic].sort()).toEqual(['fcntl', 'ioctl']);
  });
});

describe('a stream on macOS', () => {
  it('connects, is accepted, and carries data both ways', () => {
    const at = open();
    const { sockets, portOf } = at;
    const { listener, client, server, peer } = connected(at);
    expect(peer).toMatchObject({ length: 16 });
    expect([...peer.bytes.subarray(0, 2)]).toEqual([spi.AF_INET, 0]);
    expect((peer.bytes[2]! << 8) | peer.bytes[3]!).toBe(portOf(client));
    expect(sockets.isListening(listener)).toBe(true);
    const bytes = Buffer.from('hello');
    expect(sockets.send(client, bytes, 5, 0)).toBe(5);
    expect(sockets.send(client, bytes, 5, 0)).toBe(5);
    expect(sockets.unsent(client)).toBe(10);
    expect(sockets.available(server)).toBe(10);
    const room = new Uint8Array(16);
    expect(sockets.receive(server, room, 16, spi.MSG_PEEK)).toBe(10);
    expect(text(room, 10)).toBe('hellohello');
    const pieces = [new Uint8Array(3), new Uint8Array(16)].map((buf) => ({ len: buf.length, buf }));
    expect(sockets.receiveVector(server, pieces, 2, 0)).toBe(10);
    expect(text(pieces[1]!.buf, 7)).toBe('lohello');
    expect(sockets.receive(server, room, 16, 0)).toBe(-spi.WSAEWOULDBLOCK);
    expect(sockets.shutdownSend(client)).toBe(0);
    expect(sockets.receive(server, room, 16, 0)).toBe(0);
    expect(sockets.send(client, bytes, 5, 0)).toBe(-spi.WSAECONNRESET);
  });

  it('gives no signal, is not inherited, and never waits, opened or accepted', () => {
    const at = open();
    for (const fd of Object.values(connected(at)).filter((each) => typeof each === 'number')) {
      expect(at.socketOf(fd).nonblocking).toBe(true);
      expect(at.system.closeOnExec.has(fd)).toBe(true);
      expect(at.socketOf(fd).options.get('65535/4130')?.readInt32LE(0)).toBe(1);
    }
  });

  it('sends a part of a file, from a place or from its own, and what there is room for', () => {
    const at = open();
    const { client, server } = connected(at);
    at.system.files.set(99, { bytes: Buffer.from('0123456789'), at: 8 });
    expect(at.sockets.sendFile(client, 99, 2, 3)).toBe(3);
    expect(at.sockets.sendFile(client, 99, -1, 5)).toBe(2);
    expect(at.sockets.sendFile(client, 99, -1, 5)).toBe(0);
    expect(at.sockets.sendFile(client, 98, 0, 5)).toBe(-spi.ERROR_INVALID_HANDLE);
    for (const odd of [NaN, 0, -1]) expect(at.sockets.sendFile(client, 99, 0, odd)).toBe(0);
    const room = new Uint8Array(16);
    expect(text(room, at.sockets.receive(server, room, 16, 0))).toBe('23489');
    at.socketOf(server).room = 4;
    expect(at.sockets.sendFile(client, 99, 0, 10)).toBe(4);
    expect(at.sockets.sendFile(client, 99, 4, 10)).toBe(-spi.WSAEWOULDBLOCK);
  });

  it('connects again after a refusal, by a fresh socket under its number, with its options and its name, watched as before', () => {
    const at = open();
    const { sockets, set, wait, portOf } = at;
    const { listener } = connected(at);
    const stream = sockets.socket(spi.AF_INET, spi.SOCK_STREAM, spi.IPPROTO_TCP);
    expect(sockets.setOption(stream, spi.SOL_SOCKET, spi.SO_KEEPALIVE, integer(1), 4)).toBe(0);
    expect(sockets.bind(stream, name(0), 16)).toBe(0);
    const port = portOf(stream);
    expect(sockets.connect(stream, name(1), 16)).toBe(spi.WSAEWOULDBLOCK);
    expect(set.add(stream, 7, 3)).toBe(true);
    expect(wait().reduce((all, [, , events]) => all | events, 0) & PollEvents.ERROR).not.toBe(0);
    expect(sockets.takeError(stream)).toBe(spi.WSAECONNREFUSED);
    // The stand-in refuses this for ever, as macOS does.
    expect(sockets.connect(stream, name(portOf(listener)), 16)).toBe(spi.WSAEINVAL);
    const before = at.system.descriptors.size;
    expect(sockets.disconnect(stream)).toBe(0);
    expect(at.system.descriptors.size).toBe(before);
    expect(portOf(stream)).toBe(port);
    expect(at.socketOf(stream).options.get('65535/8')?.readInt32LE(0)).toBe(1);
    expect(at.socketOf(stream).nonblocking).toBe(true);
    expect(at.system.closeOnExec.has(stream)).toBe(true);
    expect(sockets.connect(stream, name(portOf(listener)), 16)).toBe(spi.WSAEWOULDBLOCK);
    expect(wait()).toContainEqual([7, 3, PollEvents.OUT]);
  });

  it('is told once of what is new, of the end, and of a reset', () => {
    const at = open();
    const { sockets, set, wait } = at;
    const { client, server } = connected(at);
    expect(set.add(server, 1, 9)).toBe(true);
    expect(wait()).toEqual([[1, 9, PollEvents.OUT]]);
    sockets.send(client, Buffer.from('ab'), 2, 0);
    expect(wait()).toEqual([[1, 9, PollEvents.IN]]);
    expect(wait()).toEqual([]);
    expect(sockets.look(server, PollEvents.IN | PollEvents.OUT)).toBe(PollEvents.IN | PollEvents.OUT);
    expect(sockets.look(server, PollEvents.OUT)).toBe(PollEvents.OUT);
    sockets.send(client, Buffer.from('!'), 1, spi.MSG_OOB);
    expect(wait().reduce((all, [, , events]) => all | events, 0)).toBe(PollEvents.IN | PollEvents.PRIORITY);
    sockets.shutdownSend(client);
    expect(wait()).toEqual([[1, 9, PollEvents.IN | PollEvents.PEER_HANG_UP]]);
    // Half of it is left: to send is still possible.
    expect(sockets.look(server, 0)).toBe(0);
    sockets.closeWillReset(client);
    sockets.close(client);
    const events = wait().reduce((all, [, , each]) => all | each, 0);
    expect(events & (PollEvents.ERROR | PollEvents.HANG_UP)).toBe(PollEvents.ERROR | PollEvents.HANG_UP);
    expect(sockets.takeError(server)).toBe(spi.WSAECONNRESET);
    set.remove(server);
    expect(wait()).toEqual([]);
  });
});

describe('datagrams on macOS', () => {
  function pair() {
    const at = open();
    const [from, to] = [0, 1].map(() => at.sockets.socket(spi.AF_INET, spi.SOCK_DGRAM, spi.IPPROTO_UDP)) as [
      number,
      number,
    ];
    for (const each of [from, to]) expect(at.sockets.bind(each, name(0), 16)).toBe(0);
    return { ...at, from, to };
  }

  it('come with their source, and say that they were cut off', () => {
    const { sockets, from, to, portOf } = pair();
    const bytes = Buffer.from('abcdef');
    for (let i = 0; i < 3; i++) expect(sockets.sendTo(from, bytes, 6, 0, name(portOf(to)), 16)).toBe(6);
    const room = new Uint8Array(16);
    const source = slot();
    expect(sockets.receiveDatagram(to, room, 16, 0, source)).toBe(6);
    expect((source.bytes[2]! << 8) | source.bytes[3]!).toBe(portOf(from));
    expect([...source.bytes.subarray(0, 2)]).toEqual([spi.AF_INET, 0]);
    expect(sockets.receiveDatagram(to, room, 4, spi.MSG_PEEK, null)).toBe(-spi.WSAEMSGSIZE);
    expect(sockets.receiveDatagram(to, room, 4, 0, null)).toBe(-spi.WSAEMSGSIZE);
    expect(sockets.receiveDatagramVector(to, [{ len: 2, buf: room }], 1, 0, source)).toBe(-spi.WSAEMSGSIZE);
    expect(sockets.receiveDatagram(to, room, 16, 0, null)).toBe(-spi.WSAEWOULDBLOCK);
  });

  it('tell what control data say of them, and go with a hop limit of their own', () => {
    const { sockets, from, to, portOf } = pair();
    for (const option of [spi.IP_RECVTTL, spi.IP_PKTINFO]) {
      expect(sockets.setOption(to, spi.IPPROTO_IP, option, integer(1), 4)).toBe(0);
    }
    const details = () => ({ address: slot(), interfaceIndex: -1, hopLimit: -1, trafficClass: -1 });
    const out = { ...details(), hopLimit: 9 };
    const buffers = [{ len: 2, buf: Buffer.from('hi') }];
    expect(sockets.sendMessage(from, spi.AF_INET, buffers, 1, 0, name(portOf(to)), 16, out)).toBe(2);
    expect(out.hopLimit).toBe(9);
    const told = details();
    expect(sockets.receiveMessage(to, [{ len: 16, buf: new Uint8Array(16) }], 1, 0, slot(), told)).toBe(2);
    expect(told).toMatchObject({ hopLimit: 9, interfaceIndex: 1 });
    expect([...told.address.bytes.subarray(0, 8)]).toEqual([2, 0, 0, 0, 127, 0, 0, 1]);
    expect(sockets.sendMessage(from, spi.AF_INET, buffers, 1, 0, name(portOf(to)), 16, details())).toBe(2);
    sockets.receiveMessage(to, [{ len: 16, buf: new Uint8Array(16) }], 1, 0, slot(), told);
    expect(told.hopLimit).toBe(0);
  });

  it('lose their peer although the system calls that an error', () => {
    const { sockets, from, to, portOf } = pair();
    expect(sockets.connect(from, name(portOf(to)), 16)).toBe(0);
    expect(sockets.send(from, Buffer.from('x'), 1, 0)).toBe(1);
    expect(sockets.disconnect(from)).toBe(0);
    expect(sockets.send(from, Buffer.from('x'), 1, 0)).toBe(-spi.WSAENOTCONN);
  });

  it('are joined to groups by requests as macOS packs them', () => {
    const { sockets, socketOf, to } = pair();
    const request = Uint8Array.of(239, 1, 2, 3, 0, 0, 0, 5);
    expect(sockets.setOption(to, spi.IPPROTO_IP, spi.IP_ADD_MEMBERSHIP, request, 8)).toBe(0);
    const written = socketOf(to).options.get('0/80')!;
    expect(written.length).toBe(132);
    expect(written.readUInt32LE(0)).toBe(5);
    expect([...written.subarray(4, 12)]).toEqual([16, 2, 0, 0, 239, 1, 2, 3]);
  });
});

describe('options on macOS', () => {
  it('have its levels, numbers and forms', () => {
    const { sockets, socketOf } = open();
    const stream = sockets.socket(spi.AF_INET6, spi.SOCK_STREAM, spi.IPPROTO_TCP);
    expect(socketOf(stream).domain).toBe(30);
    expect(socketOf(stream).options.get('41/27')?.readInt32LE(0)).toBe(1);
    expect(sockets.setOption(stream, spi.SOL_SOCKET, spi.SO_RCVTIMEO, integer(1500), 4)).toBe(0);
    const time = socketOf(stream).options.get('65535/4102')!;
    expect([time.readBigInt64LE(0), time.readInt32LE(8)]).toEqual([1n, 500_000]);
    const value = new Uint8Array(4);
    expect(sockets.getOption(stream, spi.SOL_SOCKET, spi.SO_RCVTIMEO, value, 4)).toBe(4);
    expect(new DataView(value.buffer).getInt32(0, true)).toBe(1500);
    expect(sockets.setOption(stream, spi.SOL_SOCKET, spi.SO_SNDBUF, integer(65_536), 4)).toBe(0);
    sockets.getOption(stream, spi.SOL_SOCKET, spi.SO_SNDBUF, value, 4);
    expect(new DataView(value.buffer).getInt32(0, true)).toBe(65_536);
    expect(sockets.keepAlive(stream, true, 7000, 2000)).toBe(0);
    expect(socketOf(stream).options.get('6/16')?.readInt32LE(0)).toBe(7);
    expect(socketOf(stream).options.get('6/257')?.readInt32LE(0)).toBe(2);
    expect(sockets.setOption(stream, spi.IPPROTO_IP, spi.IP_MTU_DISCOVER, integer(1), 4)).toBe(spi.WSAENOPROTOOPT);
    sockets.shareAddress(stream, true);
    expect(socketOf(stream).options.get('65535/512')?.readInt32LE(0)).toBe(1);
    expect(socketOf(stream).options.has('65535/4')).toBe(false);
  });

  it('are refused for what is no socket', () => {
    const { sockets } = open();
    expect(sockets.setOption(77, spi.SOL_SOCKET, spi.SO_KEEPALIVE, integer(1), 4)).toBe(spi.WSAENOTSOCK);
    expect(sockets.socket(9, 1, 6)).toBe(-spi.WSAEAFNOSUPPORT);
    expect(() => sockets.close(NaN)).not.toThrow();
  });
});

describe('the descriptor set of macOS', () => {
  it('rings once when the alarm is due, and not when it was taken away', () => {
    const { set, wait } = open();
    set.setAlarm(5);
    expect(wait(1000)).toEqual([]);
    expect([set.takeAlarm(), set.takeAlarm()]).toEqual([true, false]);
    set.setAlarm(1);
    set.setAlarm(Infinity);
    expect(wait(3)).toEqual([]);
    expect(set.takeAlarm()).toBe(false);
  });

  it('refuses what is no descriptor, and closes everything', () => {
    const { set, system } = open();
    expect(set.add(55, 0, 0)).toBe(false);
    set.close();
    expect([...system.descriptors.keys()]).toEqual([]);
    expect(set.add(3, 0, 0)).toBe(false);
  });
});

describe('a duplicate on macOS', () => {
  const other = 4_000_000;

  it('is had in the process itself as long as the offer lasts, once', () => {
    const at = open();
    const { client } = connected(at);
    const offer = at.sockets.offer(client, process.pid) as SocketOffer;
    expect(at.set.add(offer.offerTaken, 1, 1)).toBe(true);
    const copy = at.sockets.takeOffer(offer);
    expect(at.system.descriptors.get(copy)).toBe(at.system.descriptors.get(client));
    expect(at.wait()).toContainEqual([1, 1, PollEvents.IN]);
    at.sockets.endOffer(offer);
    expect(at.sockets.takeOffer(offer)).toBe(-spi.WSAEINVAL);
  });

  it('is refused for a process that there is not, and its offer ends with the process', () => {
    const at = open();
    const { client } = connected(at);
    expect(at.sockets.offer(client, 123)).toBe(spi.WSAEINVAL);
    new DarwinProcess(at.kernel, other);
    const offer = at.sockets.offer(client, other) as SocketOffer;
    expect(at.set.add(offer.processEnded, 2, 2)).toBe(true);
    expect(at.wait()).toEqual([]);
    at.kernel.processes.delete(other);
    expect(at.wait()).toEqual([[2, 2, PollEvents.IN]]);
    const before = at.system.descriptors.size;
    at.sockets.endOffer(offer);
    expect(at.system.descriptors.size).toBe(before - 3);
  });

  it('goes to the process that it is for, and to no other', () => {
    const at = open();
    const { client } = connected(at);
    for (const [asker, gets] of [
      [other, true],
      [other + 1, false],
    ] as const) {
      const { offer, there } = offered(at, client, other, asker);
      const taken = there.sockets.takeOffer(offer);
      expect(taken >= 0).toBe(gets);
      if (gets) {
        expect(there.system.descriptors.get(taken)).toBe(at.system.descriptors.get(client));
        expect(there.system.closeOnExec.has(taken)).toBe(true);
      } else expect(taken).toBe(-spi.WSAEINVAL);
    }
  });
});
