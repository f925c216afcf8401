// The least of an instance that cores need: a clock that is moved by hand, timers, and deferred work.
import { addressSlot, type CoreFactory, type SocketCore } from '../../../../dist/io/index.js';
import { createMemoryCoreFactory } from '../../../../dist/providers/memory/core-factory.js';
import type { MemoryNetwork } from '../../../../dist/providers/memory/index.js';
import type { MemoryHost } from '../../../../dist/providers/memory/wire/index.js';
import { seededRandom } from '../../../../dist/host/index.js';
import {
  AF_INET,
  type DeferredWork,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  parseSockaddr,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  SOL_SOCKET,
  type Timer,
  type WSABUF,
  WSAEWOULDBLOCK,
} from '../../../../dist/spi/index.js';

export class FakeInstance implements MemoryHost {
  time: number;
  readonly clock;
  readonly random;
  timers: { when: number; order: number; callback: () => void }[] = [];
  deferred: DeferredWork[] = [];
  readonly factory: CoreFactory;
  #order = 0;

  constructor(network: MemoryNetwork, start = 0, seed = 1) {
    this.time = start;
    this.clock = { now: (): number => this.time, virtual: true };
    this.random = seededRandom(seed);
    this.factory = createMemoryCoreFactory(network, this);
  }

  defer(work: DeferredWork): void {
    if (work.queued) return;
    work.queued = true;
    this.deferred.push(work);
  }

  setTimer(when: number, callback: () => void): Timer {
    const timer = { when, order: this.#order++, callback };
    this.timers.push(timer);
    return { cancel: () => void (this.timers = this.timers.filter((each) => each !== timer)) };
  }

  /** Does the deferred work, and moves the clock on, timer by timer. */
  advance(milliseconds = 0): void {
    const end = this.time + milliseconds;
    for (;;) {
      for (let work = this.deferred.shift(); work !== undefined; work = this.deferred.shift()) {
        work.queued = false;
        work.run();
      }
      this.timers.sort((left, right) => left.when - right.when || left.order - right.order);
      const next = this.timers[0];
      if (next === undefined || next.when > end) break;
      this.timers.shift();
      this.time = Math.max(this.time, next.when);
      next.callback();
    }
    this.time = end;
  }

  socket(af: number, type: number): SocketCore {
    const core = this.factory.createCore(af, type, 0, null, 0, 0);
    if (typeof core === 'number') throw new Error(`createCore: ${core}`);
    return core;
  }

  stream(af: number = AF_INET): SocketCore {
    return this.socket(af, SOCK_STREAM);
  }

  datagram(af: number = AF_INET): SocketCore {
    return this.socket(af, SOCK_DGRAM);
  }

  /** A listener, and its name. */
  listener(address = '127.0.0.1', backlog = 5): { core: SocketCore; name: Uint8Array } {
    const core = this.stream(family(address));
    const error = bind(core, address, 0) || core.listen(backlog);
    if (error !== 0) throw new Error(`listener: ${error}`);
    return { core, name: localName(core) };
  }
}

function family(address: string): number {
  return nameOf(address, 0)[0]!;
}

export function nameOf(address: string, port: number): Uint8Array {
  return address.includes(':') ? sockaddr_in6(address, port) : sockaddr_in(address, port);
}

export function bind(core: SocketCore, address: string, port: number): number {
  const name = nameOf(address, port);
  return core.bind(name, name.length);
}

export function localName(core: SocketCore): Uint8Array {
  const slot = addressSlot();
  const error = core.localName(slot);
  if (error !== 0) throw new Error(`localName: ${error}`);
  return slot.bytes.slice(0, slot.length);
}

export function peerName(core: SocketCore): Uint8Array {
  const slot = addressSlot();
  const error = core.peerName(slot);
  if (error !== 0) throw new Error(`peerName: ${error}`);
  return slot.bytes.slice(0, slot.length);
}

export function portOf(name: Uint8Array): number {
  return (name[2]! << 8) | name[3]!;
}

export function textOf(name: Uint8Array): string {
  const parsed = parseSockaddr(name);
  return `${parsed?.address} ${parsed?.port}`;
}

export function accept(listener: SocketCore): SocketCore {
  const core = listener.tryAccept(addressSlot());
  if (typeof core === 'number') throw new Error(`accept: ${core}`);
  return core;
}

/** A connection: the side that asked for it, and the side that accepted. */
export function connection(
  instance: FakeInstance,
  address = '127.0.0.1',
): { client: SocketCore; server: SocketCore; listener: SocketCore } {
  const { core: listener, name } = instance.listener(address);
  const client = instance.stream(family(address));
  const begun = client.tryConnect(name, name.length);
  if (begun !== WSAEWOULDBLOCK) throw new Error(`tryConnect: ${begun}`);
  instance.advance();
  return { client, server: accept(listener), listener };
}

export function buffersOf(...contents: (string | Uint8Array)[]): WSABUF[] {
  return contents.map((content) => {
    const buf = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return { len: buf.length, buf };
  });
}

export function send(core: SocketCore, content: string | Uint8Array, flags = 0): number {
  return core.trySend(buffersOf(content), 1, flags, null, 0, 0);
}

export function sendTo(core: SocketCore, content: string | Uint8Array, to: Uint8Array): number {
  return core.trySend(buffersOf(content), 1, 0, to, to.length, 0);
}

/** What a receive gives: text, or the negated code. */
export function receive(core: SocketCore, most = 100, flags = 0): string | number {
  const buf = new Uint8Array(most);
  const result = core.tryReceive([{ len: most, buf }], 1, flags, null);
  return result < 0 ? result : new TextDecoder().decode(buf.subarray(0, result));
}

export function option(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

export function set(core: SocketCore, optname: number, value = 1): number {
  return core.setOption(SOL_SOCKET, optname, option(value), 4);
}

export function setDual(core: SocketCore): number {
  return core.setOption(IPPROTO_IPV6, IPV6_V6ONLY, option(0), 4);
}

/** Notes the edges that a core tells of. */
export function watch(core: SocketCore): number[] {
  const edges: number[] = [];
  core.notice = { changed: (bits) => void edges.push(bits) };
  return edges;
}
