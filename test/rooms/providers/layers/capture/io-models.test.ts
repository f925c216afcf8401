// That captures see each byte once, by whatever function and I/O model it passes.
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  DE_REUSE_SOCKET,
  ERROR_IO_PENDING,
  FD_CONNECT,
  FIONBIO,
  MSG_OOB,
  MSG_PEEK,
  ref,
  TF_DISCONNECT,
  WSA_IO_PENDING,
  WSAEMSGSIZE,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import { capture } from 'ws2spi/providers/layers/capture';
import { buffer, describeOnEveryProvider, loopback, type World } from '../../../../support/providers.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import { contentsOf, faultsOf, packetsOf, type Packet } from '../../../../support/tshark.js';

const PENDING = 0x103;
const folder = temporaryFolder();
let files = 0;

/** Captures what the body does with sockets that are opened on it, and reads what came of it. */
function captured(world: World, body: () => void): Packet[] {
  const file = join(folder, `${++files}.pcapng`);
  const layer = capture({ file });
  world.stack([layer], true);
  body();
  layer.stop();
  const packets = packetsOf(file);
  expect(faultsOf(packets)).toEqual([]);
  return packets;
}

/** A listener that is not captured: what it accepts is the plain end of a connection whose other one is. */
function plainListener(world: World, family: number = AF_INET): number {
  return world.listener(family).s;
}

describe.skipIf(withoutServer('tshark').skip)('a capture', () => {
  describeOnEveryProvider('by every I/O model', (on) => {
    on.onEveryFamily(
      'has overlapped transfers in the order in which they end, scattered and gathered',
      (world, family) => {
        const { ws2 } = world;
        const listener = plainListener(world, family);
        const packets = captured(world, () => {
          const client = world.tcpSocket(family);
          expect(world.connect(client, world.nameOf(listener))).toBe(0);
          const server = world.accept(listener);
          const pieces = [new Uint8Array(3), new Uint8Array(20)].map((buf) => ({ len: buf.length, buf }));
          const receiving = new WSAOVERLAPPED();
          expect(world.code(ws2.WSARecv(client, pieces, 2, null, ref(0), receiving, null))).toBe(WSA_IO_PENDING);
          const sending = new WSAOVERLAPPED();
          const parts = ['gat', '', 'hered'].map((text) => ({ len: text.length, buf: Buffer.from(text) }));
          expect(world.code(ws2.WSASend(client, parts, 3, null, 0, sending, null))).toBe(0);
          expect(world.receive(server)).toBe('gathered');
          world.send(server, 'scattered');
          world.until(() => receiving.Internal !== PENDING);
          expect(Buffer.concat(pieces.map(({ buf }) => buf)).toString()).toMatch(/^scattered/);
          const end = new WSAOVERLAPPED();
          expect(world.code(ws2.WSARecv(client, [buffer(5)], 1, null, ref(0), end, null))).toBe(WSA_IO_PENDING);
          ws2.closesocket(server);
          world.until(() => end.Internal !== PENDING);
          ws2.closesocket(client);
        });
        expect(contentsOf(packets, 0)).toEqual(['gathered', 'scattered']);
        expect(packets.map(({ flags }) => flags)).toEqual(['S', 'AS', 'A', 'AP', 'AP', 'AF', 'A', 'AF', 'A']);
      },
    );

    on.it('has a send that is queued behind a full one, and what follows behind both', (world) => {
      const { ws2 } = world;
      const listener = plainListener(world);
      const bytes = Buffer.alloc(9_000_000, 'queued ');
      const packets = captured(world, () => {
        const client = world.tcpSocket();
        expect(world.connect(client, world.nameOf(listener))).toBe(0);
        const server = world.accept(listener);
        const sends = [bytes.subarray(0, 8_000_000), bytes.subarray(8_000_000)].map((buf) => {
          const operation = new WSAOVERLAPPED();
          expect(world.code(ws2.WSASend(client, [{ len: buf.length, buf }], 1, null, 0, operation, null))).toBe(
            WSA_IO_PENDING,
          );
          return operation;
        });
        ws2.ioctlsocket(server, FIONBIO, ref(1));
        const room = new Uint8Array(1_000_000);
        for (let received = 0; received < bytes.length;) {
          const count = ws2.recv(server, room, room.length, 0);
          if (count < 0) expect(world.code(count)).toBe(WSAEWOULDBLOCK);
          received += Math.max(count, 0);
          world.settle();
        }
        world.until(() => sends.every(({ Internal }) => Internal !== PENDING));
        ws2.closesocket(client);
      });
      expect(contentsOf(packets, 0)[0]).toBe(bytes.toString('latin1'));
      expect(packets.at(-2)!.flags).toBe('AF');
    });

    on.it('has what is looked at once, and urgent bytes as such', (world) => {
      const listener = plainListener(world);
      const packets = captured(world, () => {
        const client = world.tcpSocket();
        expect(world.connect(client, world.nameOf(listener))).toBe(0);
        const server = world.accept(listener);
        world.send(server, 'looked at');
        expect(world.receive(client, 4, MSG_PEEK)).toBe('look');
        expect(world.receive(client)).toBe('looked at');
        world.send(client, '!', MSG_OOB);
        world.until(() => world.receive(server, 1, MSG_OOB) === '!');
      });
      expect(contentsOf(packets, 0)).toEqual(['!', 'looked at']);
      expect(packets.find(({ payload }) => payload === '21')!.flags).toBe('UAP');
    });

    on.it('has partial sends, and connects that do not wait', (world) => {
      const { ws2 } = world;
      const listener = plainListener(world);
      let sent = 0;
      const packets = captured(world, () => {
        const client = world.tcpSocket();
        ws2.ioctlsocket(client, FIONBIO, ref(1));
        const event = world.event();
        world.eventSelect(client, event, FD_CONNECT);
        const code = world.connect(client, world.nameOf(listener));
        expect([0, WSAEWOULDBLOCK]).toContain(code);
        expect(world.signalled(event, 60_000)).toBe(true);
        world.accept(listener);
        const bytes = new Uint8Array(1_000_000);
        for (let count = 0; (count = ws2.send(client, bytes, bytes.length, 0)) > 0;) sent += count;
        expect(world.code(-1)).toBe(WSAEWOULDBLOCK);
      });
      expect(packets.slice(0, 3).map(({ flags }) => flags)).toEqual(['S', 'AS', 'A']);
      expect(packets.reduce((sum, { length }) => sum + length, 0)).toBe(sent);
    });

    on.it('has AcceptEx with its first data, and sockets that are used again', (world) => {
      const { ws2 } = world;
      const peers = [world.tcpSocket(), world.tcpSocket()];
      const packets = captured(world, () => {
        const { s: listener, name } = world.listener();
        const server = world.tcpSocket();
        for (const [at, peer] of peers.entries()) {
          const operation = new WSAOVERLAPPED();
          const room = new Uint8Array(100 + 2 * 44);
          const begun = ws2.AcceptEx(listener, server, room, 100, 44, 44, ref(0), operation);
          expect(world.code(begun)).toBe(ERROR_IO_PENDING);
          expect(world.connect(peer, name)).toBe(0);
          world.send(peer, `first data ${at}`);
          world.until(() => operation.Internal !== PENDING);
          world.send(server, `answer ${at}`);
          expect(world.receive(peer)).toBe(`answer ${at}`);
          ws2.closesocket(peer);
          const disconnecting = new WSAOVERLAPPED();
          ws2.DisconnectEx(server, disconnecting, DE_REUSE_SOCKET, 0);
          world.until(() => disconnecting.Internal !== PENDING);
        }
        ws2.closesocket(server);
      });
      expect(contentsOf(packets, 0)).toEqual(['first data 0', 'answer 0']);
      expect(contentsOf(packets, 1)).toEqual(['first data 1', 'answer 1']);
      expect(packets.slice(0, 5).map(({ flags, direction }) => `${flags} ${direction}`)).toEqual([
        'S 1',
        'AS 2',
        'A 1',
        'AP 1',
        'AP 2',
      ]);
    });

    on.it('has ConnectEx with its data, and TransmitFile', (world) => {
      const { ws2 } = world;
      const listener = plainListener(world);
      const path = join(folder, `${++files}.txt`);
      writeFileSync(path, 'of a file');
      const packets = captured(world, () => {
        const client = world.tcpSocket();
        ws2.bind(client, world.freeName(), 16);
        const operation = new WSAOVERLAPPED();
        const data = Buffer.from('with it; ');
        const name = world.nameOf(listener);
        expect(world.code(ws2.ConnectEx(client, name, name.length, data, data.length, null, operation))).toBe(
          ERROR_IO_PENDING,
        );
        world.until(() => operation.Internal !== PENDING);
        const server = world.accept(listener);
        const file = openSync(path, 'r');
        expect(ws2.TransmitFile(client, file, 0, 0, null, null, TF_DISCONNECT)).toBe(true);
        expect(world.receiveAll(server, 18)).toBe('with it; of a file');
        closeSync(file);
      });
      expect(contentsOf(packets, 0)).toEqual(['with it; of a file', '']);
    });

    on.onEveryFamily(
      'has datagrams by every function, with the addresses that they were sent from and to',
      (world, family) => {
        const { ws2 } = world;
        const { s: peer, name } = world.boundDatagram(family);
        let port = 0;
        const packets = captured(world, () => {
          const s = world.datagramSocket(family);
          const to = (text: string): number => ws2.sendto(s, Buffer.from(text), text.length, 0, name, name.length);
          expect(to('sendto')).toBe(6);
          port = world.portOf(s);
          const from = new Uint8Array(28);
          const length = ref(28);
          const room = new Uint8Array(100);
          expect(ws2.recvfrom(peer, room, 100, 0, from, length)).toBe(6);
          const back = (text: string): number =>
            ws2.sendto(peer, Buffer.from(text), text.length, 0, from, length.value);
          back('recvfrom');
          expect(ws2.recvfrom(s, room, 100, 0, new Uint8Array(28), ref(28))).toBe(8);
          const receiving = new WSAOVERLAPPED();
          const pieces = [buffer(100)];
          expect(
            world.code(ws2.WSARecvFrom(s, pieces, 1, null, ref(0), new Uint8Array(28), ref(28), receiving, null)),
          ).toBe(WSA_IO_PENDING);
          back('overlapped');
          world.until(() => receiving.Internal !== PENDING);
          const message = {
            name,
            namelen: name.length,
            lpBuffers: [buffer('WSASendMsg')],
            dwBufferCount: 1,
            Control: buffer(0),
            dwFlags: 0,
          };
          expect(world.code(ws2.WSASendMsg(s, message, 0, ref(0), null, null))).toBe(0);
          back('WSARecvMsg');
          const received = {
            name: new Uint8Array(28),
            namelen: 28,
            lpBuffers: [buffer(100)],
            dwBufferCount: 1,
            Control: buffer(0),
            dwFlags: 0,
          };
          expect(world.code(ws2.WSARecvMsg(s, received, ref(0), null, null))).toBe(0);
          back('cut off');
          expect(ws2.recvfrom(s, room, 3, 0, new Uint8Array(28), ref(28))).toBe(-1);
          expect(world.code(-1)).toBe(WSAEMSGSIZE);
          expect(world.connect(s, name)).toBe(0);
          world.send(s, 'connected');
          world.send(s, '');
        });
        const host = family === AF_INET6 ? '::1' : '127.0.0.1';
        const own = `${host} ${port}`;
        const other = `${host} ${(name[2]! << 8) | name[3]!}`;
        expect(packets.map(({ source, payload }) => `${source} ${Buffer.from(payload, 'hex').toString()}`)).toEqual([
          `${own} sendto`,
          `${other} recvfrom`,
          `${other} overlapped`,
          `${own} WSASendMsg`,
          `${other} WSARecvMsg`,
          `${other} cut`,
          `${own} connected`,
          `${own} `,
        ]);
        expect(packets.map(({ direction }) => direction)).toEqual([2, 1, 1, 2, 1, 1, 2, 2]);
        expect(packets.every(({ destination, source }) => destination === (source === own ? other : own))).toBe(true);
      },
    );

    on.it('goes on where structures of the program throw as they are looked at', (world) => {
      const { ws2 } = world;
      const boom = (): never => {
        throw new Error('boom');
      };
      const listener = plainListener(world);
      const packets = captured(world, () => {
        const client = world.tcpSocket();
        expect(world.connect(client, world.nameOf(listener))).toBe(0);
        const server = world.accept(listener);
        const throwing = (): WSAOVERLAPPED => new Proxy(new WSAOVERLAPPED(), { get: boom, set: boom });
        const told: number[] = [];
        const routine = (error: number, bytes: number): void => void told.push(error, bytes);
        expect(world.code(ws2.WSARecv(client, [buffer(5)], 1, null, ref(0), throwing(), routine))).toBe(WSA_IO_PENDING);
        ws2.WSASend(client, [buffer('sent')], 1, null, 0, throwing(), null);
        world.send(server, 'first');
        world.until(() => {
          ws2.host.SleepEx(0, true);
          return told.length > 0;
        });
        expect(told).toEqual([0, 5]);

        const s = world.datagramSocket();
        expect(world.code(ws2.bind(s, loopback(), 16))).toBe(0);
        const own = world.nameOf(s);
        const messages = ['lpBuffers', 'name', 'namelen', 'dwFlags'].map((member) =>
          Object.defineProperty(
            { name: own, namelen: 16, lpBuffers: [buffer('text')], dwBufferCount: 1, Control: buffer(0), dwFlags: 0 },
            member,
            { get: boom },
          ),
        );
        for (const message of messages) {
          expect(ws2.WSASendMsg(s, message, 0, ref(0), null, null)).toBe(-1);
          expect(ws2.WSARecvMsg(s, message, ref(0), null, null)).toBe(-1);
        }
        world.takeDefects();
        expect(world.send(client, 'last')).toBe(4);
      });
      expect(contentsOf(packets, 0)).toEqual(['sentlast', 'first']);
    });
  });
});
