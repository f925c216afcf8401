import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SIO_KEEP_RECEIVED } from 'ws2spi';
import { systemSockets } from 'ws2spi/platform';
import { addressSlot, Readiness, type SocketCore } from '../../../../dist/io/index.js';
import { createTcpipCoreFactory } from '../../../../dist/providers/tcpip/core-factory.js';
import {
  bindLoopback,
  buffers,
  bytes,
  connectedPair,
  factory,
  has,
  localName,
  loopback,
  open,
  poller,
  pump,
  receive,
  send,
  until,
} from './loopback.js';

// Where the tests' own imports come from: a child process has to load the same.
const distribution = new URL('../../../../dist/', import.meta.url);
const WOULD_BLOCK = -10035;
const descriptorCount = (): number => readdirSync('/proc/self/fd').length;

describe.runIf(process.platform === 'linux')('a stream core', () => {
  for (const [family, af] of [
    ['IPv4', 2],
    ['IPv6', 23],
  ] as const) {
    it(`connects, accepts, sends and receives over ${family}`, () => {
      const listener = open(af, 1);
      const name = bindLoopback(listener, af);
      expect(name[0]).toBe(af);
      expect(listener.listen(5)).toBe(0);
      expect(listener.tryAccept(addressSlot())).toBe(10035);
      const client = open(af, 1);
      expect([0, 10035]).toContain(client.tryConnect(name, name.length));
      until(client, Readiness.CONNECTED | Readiness.WRITABLE);
      until(listener, Readiness.ACCEPTABLE);
      const peer = addressSlot();
      const server = listener.tryAccept(peer) as SocketCore;
      expect(peer.bytes.slice(0, peer.length)).toEqual(localName(client));
      expect(listener.tryAccept(peer)).toBe(10035);
      expect(has(listener, Readiness.ACCEPTABLE)).toBe(false);
      const clientsPeer = addressSlot();
      expect(client.peerName(clientsPeer)).toBe(0);
      expect(clientsPeer.bytes.slice(0, clientsPeer.length)).toEqual(name);
      expect(send(client, 'hello')).toBe(5);
      until(server, Readiness.READABLE);
      expect(server.available()).toBe(5);
      expect(receive(server)).toBe('hello');
      expect(has(server, Readiness.READABLE)).toBe(false);
      for (const core of [listener, client, server]) core.close();
    });
  }

  it('tells nothing of a fresh socket, which the kernel calls hung up and writable', () => {
    const core = open(2, 1);
    poller.poll(0);
    expect(core.confirm(0xffff)).toBe(0);
    const slot = addressSlot();
    expect(core.localName(slot)).toBe(10022);
    expect(core.peerName(slot)).toBe(10057);
    core.close();
  });

  it('can connect again after a connect that was refused', () => {
    const vacant = open(2, 1);
    const nobody = bindLoopback(vacant, 2);
    vacant.close();
    const core = open(2, 1);
    const code = core.tryConnect(nobody, 16);
    if (code === 10035) until(core, Readiness.CONNECT_FAILED);
    else expect(code).toBe(10061);
    expect(core.error).toBe(10061);
    expect(has(core, Readiness.CONNECT_FAILED)).toBe(true);
    const listener = open(2, 1);
    const name = bindLoopback(listener, 2);
    listener.listen(5);
    expect([0, 10035]).toContain(core.tryConnect(name, 16));
    until(core, Readiness.CONNECTED);
    expect(has(core, Readiness.CONNECT_FAILED)).toBe(false);
    expect(core.error).toBe(0);
    core.close();
    listener.close();
  });

  it('refuses to connect to nowhere', () => {
    const core = open(2, 1);
    const name = loopback(2, 9);
    name.fill(0, 4, 8);
    expect(core.tryConnect(name, 16)).toBe(10049);
    core.close();
  });

  it('keeps half of a connection open when the other half has ended', () => {
    const { client, server, close } = connectedPair();
    expect(send(client, 'last')).toBe(4);
    expect(client.shutdown(1)).toBe(0);
    until(server, Readiness.PEER_CLOSED);
    expect(receive(server)).toBe('last');
    expect(has(server, Readiness.READABLE)).toBe(true);
    expect(receive(server)).toBe('');
    expect(receive(server)).toBe('');
    expect(send(server, 'answer')).toBe(6);
    until(client, Readiness.READABLE);
    expect(receive(client)).toBe('answer');
    expect(has(client, Readiness.PEER_CLOSED)).toBe(false);
    expect(send(client, 'more')).toBe(-10058);
    expect(has(client, Readiness.RESET)).toBe(false);
    close();
  });

  it('forgets at a reset what was not received, as Windows does', () => {
    const { client, server, close } = connectedPair();
    send(client, 'data');
    until(server, Readiness.READABLE);
    client.abort();
    until(server, Readiness.RESET);
    expect([receive(server), receive(server)]).toEqual([-10054, -10054]);
    close();
  });

  it('keeps it where it is asked to, and tells of the reset behind it', () => {
    const { client, server, close } = connectedPair();
    expect(server.ioctl(SIO_KEEP_RECEIVED, null, 0, null, 0)).toBe(0);
    send(client, 'data');
    until(server, Readiness.READABLE);
    client.abort();
    until(server, Readiness.RESET);
    expect([receive(server), receive(server), send(server, 'x')]).toEqual(['data', -10054, -10054]);
    close();
  });

  it('tells a graceful close from a reset', () => {
    const graceful = connectedPair();
    graceful.client.close();
    until(graceful.server, Readiness.PEER_CLOSED);
    expect(has(graceful.server, Readiness.RESET)).toBe(false);
    expect(receive(graceful.server)).toBe('');
    graceful.close();
    const reset = connectedPair();
    reset.client.abort();
    until(reset.server, Readiness.RESET);
    expect(reset.server.error).toBe(10054);
    expect(has(reset.server, Readiness.PEER_CLOSED)).toBe(false);
    for (let time = 0; time < 2; time++) {
      expect(receive(reset.server)).toBe(-10054);
      expect(send(reset.server, 'x')).toBe(-10054);
    }
    reset.close();
  });

  it('finds out about a reset by a call, if no poll has told before', () => {
    const { client, server, close } = connectedPair();
    const edges: number[] = [];
    server.notice = { changed: (bits) => void edges.push(bits) };
    client.abort();
    expect(receive(server)).toBe(-10054);
    expect(has(server, Readiness.RESET)).toBe(true);
    expect(edges.some((bits) => (bits & Readiness.RESET) !== 0)).toBe(true);
    expect(receive(server)).toBe(-10054);
    close();
  });

  it('is reset when the peer has closed and more is sent', () => {
    const { client, server, close } = connectedPair();
    client.close();
    until(server, Readiness.PEER_CLOSED);
    expect(send(server, 'too late')).toBe(8);
    until(server, Readiness.RESET);
    expect([-10054, -10053]).toContain(send(server, 'x'));
    close();
  });

  it('would block when nothing is there, and says more than once that there is more', () => {
    const { client, server, close } = connectedPair();
    let edges = 0;
    server.notice = { changed: (bits) => void (edges += bits & Readiness.READABLE) };
    expect(receive(server)).toBe(WOULD_BLOCK);
    send(client, 'a');
    pump(() => edges === 1);
    send(client, 'b');
    pump(() => edges === 2);
    expect(receive(server, 1)).toBe('a');
    expect(has(server, Readiness.READABLE)).toBe(true);
    expect(receive(server, 1)).toBe('b');
    expect(receive(server, 1)).toBe(WOULD_BLOCK);
    close();
  });

  it('confirms a bit that has become stale', () => {
    const { client, server, close } = connectedPair();
    send(client, 'ab');
    until(server, Readiness.READABLE);
    expect(receive(server, 2)).toBe('ab');
    expect(has(server, Readiness.READABLE)).toBe(true);
    expect(server.confirm(Readiness.READABLE) & Readiness.READABLE).toBe(0);
    close();
  });

  it('takes zero bytes as soon as there are any', () => {
    const { client, server, close } = connectedPair();
    expect(receive(server, 0)).toBe(WOULD_BLOCK);
    send(client, 'x');
    until(server, Readiness.READABLE);
    expect(receive(server, 0)).toBe('');
    expect(receive(server)).toBe('x');
    close();
  });

  it('stops when the queue is full and says when there is room again', () => {
    const { client, server, close } = connectedPair();
    const chunk = [{ len: 65536, buf: new Uint8Array(65536) }];
    let sent = 0;
    for (;;) {
      const count = client.trySend(chunk, 1, 0, null, 0, 0);
      if (count === WOULD_BLOCK) break;
      expect(count).toBeGreaterThan(0);
      sent += count;
    }
    expect(has(client, Readiness.WRITABLE)).toBe(false);
    expect(client.unsent()).toBeGreaterThan(0);
    let edge = false;
    client.notice = { changed: (bits) => void (edge ||= (bits & Readiness.WRITABLE) !== 0) };
    const into = buffers(65536);
    let received = 0;
    pump(() => {
      for (let count; (count = server.tryReceive(into, 1, 0, null)) > 0;) received += count;
      return received === sent && edge;
    });
    expect(has(client, Readiness.WRITABLE)).toBe(true);
    close();
  });

  it('gathers and scatters, and leaves out what was sent before', () => {
    const { client, server, close } = connectedPair();
    const parts = bytes('abc', '', 'defg', 'h');
    expect(client.trySend(parts, 4, 0, null, 0, 0)).toBe(8);
    expect(client.trySend(parts, 4, 0, null, 0, 4)).toBe(4);
    expect(client.trySend(bytes('0123'), 1, 0, null, 0, 2)).toBe(2);
    until(server, Readiness.READABLE);
    pump(() => server.available() === 14);
    const into = buffers(2, 5, 1, 100);
    expect(server.tryReceive(into, 4, 0, null)).toBe(14);
    expect(into.map((part) => Buffer.from(part.buf).toString().replaceAll('\0', ''))).toEqual([
      'ab',
      'cdefg',
      'h',
      'efgh23',
    ]);
    close();
  });

  it('respects the offset of a view, and a length below its own', () => {
    const { client, server, close } = connectedPair();
    const whole = Buffer.from('0123456789');
    expect(client.trySend([{ len: 3, buf: whole.subarray(4) }], 1, 0, null, 0, 0)).toBe(3);
    until(server, Readiness.READABLE);
    const target = Buffer.alloc(8, '.');
    expect(server.tryReceive([{ len: 2, buf: target.subarray(3) }], 1, 0, null)).toBe(2);
    expect(target.toString()).toBe('...45...');
    close();
  });

  it('looks without taking', () => {
    const { client, server, close } = connectedPair();
    send(client, 'peek');
    until(server, Readiness.READABLE);
    expect(receive(server, 100, 2)).toBe('peek');
    expect(has(server, Readiness.READABLE)).toBe(true);
    expect(receive(server)).toBe('peek');
    close();
  });

  it('receives out-of-band data beside the stream', () => {
    const { client, server, close } = connectedPair();
    expect(server.atMark()).toBe(true);
    expect(receive(server, 1, 1)).toBe(WOULD_BLOCK);
    send(client, 'before');
    expect(send(client, '!', 1)).toBe(1);
    send(client, 'after');
    until(server, Readiness.OUT_OF_BAND | Readiness.READABLE);
    expect(server.atMark()).toBe(false);
    expect(receive(server, 1, 1)).toBe('!');
    expect(has(server, Readiness.OUT_OF_BAND)).toBe(false);
    expect(server.atMark()).toBe(true);
    expect(receive(server)).toBe('before');
    expect(receive(server)).toBe('after');
    close();
  });

  it('receives out-of-band data within the stream when asked to', () => {
    const { client, server, close } = connectedPair();
    expect(server.setOption(0xffff, 0x100, Uint8Array.of(1, 0, 0, 0), 4)).toBe(0);
    send(client, '!', 1);
    until(server, Readiness.READABLE);
    expect(has(server, Readiness.OUT_OF_BAND)).toBe(false);
    expect(receive(server, 1, 1)).toBe(-10022);
    expect(receive(server)).toBe('!');
    close();
  });

  it('stays unbound when a bind fails, and may rebind an address with past connections', () => {
    const listener = open(2, 1);
    const name = bindLoopback(listener, 2);
    const other = open(2, 1);
    expect(other.bind(name, 16)).toBe(10048);
    listener.listen(5);
    expect(other.bind(name, 16)).toBe(10048);
    expect(other.listen(1)).toBe(10022);
    const client = open(2, 1);
    client.tryConnect(name, 16);
    until(client, Readiness.CONNECTED);
    until(listener, Readiness.ACCEPTABLE);
    const server = listener.tryAccept(addressSlot()) as SocketCore;
    server.shutdown(1);
    until(client, Readiness.PEER_CLOSED);
    client.close();
    until(server, Readiness.PEER_CLOSED);
    server.close();
    listener.close();
    expect(other.bind(name, 16)).toBe(0);
    expect(other.listen(1)).toBe(0);
    other.close();
  });

  it('shares an address only with those that ask for it too', () => {
    const share = Uint8Array.of(1, 0, 0, 0);
    const [first, second, plain, asking] = [open(2, 1), open(2, 1), open(2, 1), open(2, 1)];
    expect(first.setOption(0xffff, 4, share, 4)).toBe(0);
    expect(second.setOption(0xffff, 4, share, 4)).toBe(0);
    const name = bindLoopback(first, 2);
    expect(second.bind(name, 16)).toBe(0);
    expect(plain.bind(name, 16)).toBe(10048);
    const taken = bindLoopback(plain, 2);
    expect(asking.setOption(0xffff, 4, share, 4)).toBe(0);
    expect(asking.bind(taken, 16)).toBe(10013);
    expect(asking.setOption(0xffff, -5, share, 4)).toBe(10022);
    for (const core of [first, second, plain, asking]) core.close();
  });

  it('reads and writes options with the values of Windows', () => {
    const core = open(23, 1);
    const value = new Uint8Array(4);
    const read = (level: number, name: number): number => {
      expect(core.getOption(level, name, value, 4)).toBe(4);
      return new DataView(value.buffer).getInt32(0, true);
    };
    expect(read(41, 27)).toBe(1);
    expect(read(0xffff, 0x1008)).toBe(1);
    expect(core.setOption(6, 1, Uint8Array.of(1), 1)).toBe(0);
    expect(read(6, 1)).toBe(1);
    expect(core.setOption(6, 1, Uint8Array.of(0, 1, 0, 0), 4)).toBe(0);
    expect(read(6, 1)).toBe(0);
    expect(core.setOption(0xffff, 0x1002, Uint8Array.of(0, 0x80, 0, 0), 4)).toBe(0);
    expect(read(0xffff, 0x1002)).toBe(0x8000);
    expect(core.setOption(0xffff, 0x1006, Uint8Array.of(0xb8, 0x0b, 0, 0), 4)).toBe(0);
    expect(read(0xffff, 0x1006)).toBe(3000);
    expect(core.setOption(0xffff, 0x80, value, 4)).toBe(10042);
    expect(core.getOption(77, 1, value, 4)).toBe(-10042);
    core.close();
  });

  it('is refused, not connected to itself, when the kernel chooses the very port that was asked for', () => {
    const sockets = systemSockets();
    let asked = 0;
    const choosy = new Proxy(sockets, {
      get(_target, property) {
        if (property === 'connect') {
          return (descriptor: number, name: Uint8Array, namelen: number): number => {
            asked++;
            sockets.bind(descriptor, name, namelen);
            return sockets.connect(descriptor, name, namelen);
          };
        }
        const value: unknown = Reflect.get(sockets, property);
        return typeof value === 'function' ? (value.bind(sockets) as unknown) : value;
      },
    });
    const choosing = createTcpipCoreFactory(poller, choosy);
    for (const af of [2, 23]) {
      const listener = open(af, 1);
      const nobody = bindLoopback(listener, af);
      listener.close();
      const core = choosing.createCore(af, 1, 6, null, 0, 0) as SocketCore;
      expect(core.tryConnect(nobody, nobody.length)).toBe(10061);
      expect(core.peerName(addressSlot())).toBe(10057);
      core.close();
    }
    expect(asked).toBeGreaterThan(2);
    choosing.close?.();
  });

  it('frees every descriptor, and may be closed twice', () => {
    connectedPair().close();
    const before = descriptorCount();
    for (let round = 0; round < 20; round++) {
      const { client, server } = connectedPair(round % 2 === 0 ? 2 : 23);
      server.abort();
      client.close();
      client.close();
      const refused = open(2, 1);
      refused.tryConnect(loopback(2, 1), 16);
      refused.close();
    }
    expect(descriptorCount()).toBe(before);
    expect(poller.size).toBe(0);
  });

  it('reports that there are no more descriptors, and goes on when there are again', () => {
    const script = `
      const { threadPoller } = await import(process.argv[1]);
      const { createTcpipCoreFactory } = await import(process.argv[2]);
      const factory = createTcpipCoreFactory(threadPoller());
      const cores = [];
      let core;
      while (typeof (core = factory.createCore(2, 2, 17, null, 0, 0)) !== 'number') cores.push(core);
      cores.pop().close();
      console.log(core, typeof factory.createCore(2, 2, 17, null, 0, 0));`;
    const modules = ['platform/index.js', 'providers/tcpip/core-factory.js'];
    const urls = modules.map((path) => new URL(path, distribution).href);
    const output = execFileSync(
      'sh',
      ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$@"', process.execPath, script, ...urls],
      { encoding: 'utf8' },
    );
    expect(output.trim()).toBe('10024 object');
  });

  it('says which family or protocol the system lacks', () => {
    expect(factory.createCore(2, 1, 17, null, 0, 0)).toBe(10043);
    expect([10047, 10043]).toContain(factory.createCore(77, 1, 6, null, 0, 0));
  });
});
