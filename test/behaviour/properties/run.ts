// One sequence of calls on a world of its own: the sockets that there are, what is known of them, and what went wrong.
import {
  AF_INET6,
  createWs2_32,
  INVALID_SOCKET,
  ref,
  seededRandom,
  SOCKET_ERROR,
  sockaddr_in,
  sockaddr_in6,
  WSAENOTSOCK,
  winsockErrorName,
  type Ws2_32,
} from 'ws2spi';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { NO_LAYERS, World, type Base } from '../../support/providers.js';
import type { Begun, Datagram, SocketModel } from './model.js';

/** STATUS_PENDING: what an overlapped structure holds until its operation has ended. */
export const PENDING = 0x103;

/** A sequence broke a rule. */
export class Violation extends Error {}

/** A step of a sequence: what is to be done, and the seed of all that it chooses. */
export interface Call {
  readonly name: string;
  readonly seed: number;
}

/** Chances and choices of one step. */
export class Choices {
  readonly #random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** An integer from 0 up to but not including a number. */
  below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** What a call is made on: a handle, and what is known of the socket; `null` when it is none. */
export interface Target {
  readonly handle: number;
  readonly model: SocketModel | null;
}

/** What came of a call: 0 and its result, or its error. */
export interface Outcome {
  readonly code: number;
  readonly result: number;
}

/** An instance that sequences only borrow handles from: theirs begin where those of sequences never come. */
export class Foreign {
  readonly ws2: Ws2_32 = createWs2_32({ base: 'memory', catalog: 'memory', network: createMemoryNetwork() });
  readonly socket: number;
  readonly event: number;

  constructor() {
    this.ws2.WSAStartup(0x0202, {});
    for (let count = 0; count < 3000; count++) this.ws2.WSACreateEvent();
    this.event = this.ws2.WSACreateEvent();
    this.socket = this.ws2.socket(2, 1, 0);
  }

  /** Whether nothing was done to the socket. */
  untouched(): boolean {
    return this.ws2.getsockname(this.socket, new Uint8Array(16), ref(16)) === SOCKET_ERROR;
  }

  close(): boolean {
    const closed = this.ws2.closesocket(this.socket) === 0;
    this.ws2[Symbol.dispose]();
    return closed;
  }
}

/** A running sequence. */
export class Run {
  readonly world: World;
  readonly ws2: Ws2_32;
  readonly log: string[] = [];
  /** The sockets that are open. */
  sockets: SocketModel[] = [];
  readonly closed: number[] = [];
  events: number[] = [];
  readonly windows: number[] = [];
  readonly ports: number[] = [];
  /** Between which ports there have been connections of a family: the system may remember them for a while. */
  readonly ways = new Set<string>();
  /** Overlapped operations begun. */
  readonly begun: Begun[] = [];
  /** The name of a port that is bound and never listens. */
  readonly #dead = new Map<number, Uint8Array>();
  readonly #reserved: number[] = [];

  constructor(
    readonly base: Base,
    readonly foreign: Foreign,
  ) {
    this.world = new World(base, NO_LAYERS);
    this.ws2 = this.world.ws2;
    for (const family of [2, AF_INET6]) {
      const s = this.ws2.socket(family, 1, 0);
      const any = loopbackName(family, 0);
      this.ws2.bind(s, any, any.length);
      this.#dead.set(family, this.nameOf(s)!);
      this.#reserved.push(s);
    }
    this.events.push(this.ws2.WSACreateEvent(), this.ws2.WSACreateEvent());
    this.windows.push(this.ws2.host.CreateWindow(null));
    this.ports.push(this.ws2.host.CreateIoCompletionPort(INVALID_SOCKET, null, null));
  }

  get native(): boolean {
    return this.base === 'tcpip';
  }

  /** The name of a port of a family that refuses connections. */
  deadName(family: number): Uint8Array {
    return this.#dead.get(family)!;
  }

  /** A value that is no open socket of this instance. */
  badHandle(choices: Choices): number {
    const candidates: unknown[] = [
      ...this.closed.slice(-5),
      this.foreign.socket,
      this.foreign.event,
      ...this.events,
      ...this.windows,
      ...this.ports,
      0,
      -1,
      3,
      4.5,
      INVALID_SOCKET,
      NaN,
      Infinity,
      null,
      undefined,
      '4',
      'socket',
      {},
      10n,
    ];
    return choices.of(candidates) as number;
  }

  /** What to make a call on: mostly a socket for which it makes sense, sometimes any, sometimes none at all. */
  target(choices: Choices, wanted: (model: SocketModel) => boolean): Target {
    const fitting = this.sockets.filter(wanted);
    if (this.sockets.length === 0 || choices.chance(0.05)) return { handle: this.badHandle(choices), model: null };
    const model = choices.of(fitting.length > 0 && choices.chance(0.8) ? fitting : this.sockets);
    return { handle: model.handle, model };
  }

  /**
   * Makes a call that must not throw, and whose outcome must be one of those allowed.
   *
   * @param allowed 0 for success, and WinSock codes
   */
  call(text: string, allowed: Iterable<number>, perform: () => number | boolean): Outcome {
    const codes = new Set(allowed);
    this.ws2.WSASetLastError(0);
    let result: number | boolean;
    try {
      result = perform();
    } catch (cause) {
      this.log.push(`${text} threw`);
      throw new Violation(`it threw ${String(cause)}`, { cause });
    }
    const failed = result === SOCKET_ERROR || result === INVALID_SOCKET || result === false;
    const code = failed ? this.ws2.WSAGetLastError() : 0;
    this.log.push(`${text} → ${failed ? nameOfCode(code) : String(result)}`);
    if (failed && code === 0) throw new Violation('it failed without an error');
    this.lookForDefects();
    if (!codes.has(code)) throw new Violation(`expected ${[...codes].map(nameOfCode).join(' or ')}`);
    return { code, result: Number(result) };
  }

  /** The same for a call on a handle: on what is not a socket it is WSAENOTSOCK, whatever else. */
  callOn(target: Target, name: string, rest: string, allowed: () => Iterable<number>, perform: () => number | boolean) {
    const codes = target.model === null ? [WSAENOTSOCK] : allowed();
    return this.call(`${name}(${describe(target)}${rest === '' ? '' : `, ${rest}`})`, codes, perform);
  }

  lookForDefects(): void {
    const defects = this.world.takeDefects();
    if (defects.length > 0) throw new Violation(`a defect was reported: ${defects.join('; ')}`);
  }

  /** Takes a new handle in, which must not be one that is in use. */
  admit(model: SocketModel): void {
    const used = [...this.sockets.map(({ handle }) => handle), ...this.events, ...this.windows, ...this.ports];
    if (used.includes(model.handle)) throw new Violation(`the handle ${model.handle} is in use`);
    this.sockets.push(model);
    const at = this.closed.indexOf(model.handle);
    if (at >= 0) this.closed.splice(at, 1);
  }

  /** The local name, asked for without a trace; `null` when there is none. */
  nameOf(s: number): Uint8Array | null {
    const name = new Uint8Array(28);
    const length = ref(28);
    return this.ws2.getsockname(s, name, length) === 0 ? name.slice(0, length.value) : null;
  }

  /** Notes the local address of a socket that has one by now. */
  learnName(model: SocketModel): void {
    const name = this.nameOf(model.handle);
    if (name === null) return;
    model.port = portOf(name);
    model.any = name
      .subarray(model.family === AF_INET6 ? 8 : 4, model.family === AF_INET6 ? 24 : 8)
      .every((b) => b === 0);
  }

  /** Lets a datagram arrive wherever it has to. */
  deliver(from: SocketModel, port: number, bytes: Uint8Array): void {
    if (from.port === 0) this.learnName(from);
    const datagram: Datagram = { bytes: bytes.slice(), fromPort: from.port };
    const receivers = this.sockets.filter(
      (each) => !each.stream && each.family === from.family && each.port === port && port !== 0,
    );
    if (receivers.length > 1) {
      // Who of them gets it is not determined, and neither is anything after that.
      for (const each of [...receivers, from]) each.vague = true;
      return;
    }
    const [receiver] = receivers;
    if (receiver === undefined || (receiver.is('connected') && receiver.peerPort !== from.port)) {
      from.unreachable = true;
      // Where others share the sender's port, Linux chooses which of them is told.
      const neighbours = this.sockets.filter(
        (each) => !each.stream && each.family === from.family && each.port === from.port,
      );
      if (this.native) for (const each of neighbours) each.unreachable = true;
      return;
    }
    receiver.datagrams.push(datagram);
    receiver.arrived();
  }

  /** Takes note of overlapped operations that have ended since. */
  reconcile(): void {
    for (const model of this.sockets) {
      while (model.receives.length > 0 && model.receives[0]!.overlapped.Internal !== PENDING) {
        const { overlapped, buffer } = model.receives.shift()!;
        if (overlapped.Internal === 0) this.takeReceived(model, buffer.subarray(0, overlapped.InternalHigh));
        else if (model.stream && model.open && !model.vague)
          throw new Violation(`a receive that waited on #${model.handle} failed`);
        else model.vague = true;
        model.receivedSome();
      }
      while (model.sends.length > 0 && model.sends[0]!.overlapped.Internal !== PENDING) {
        if (model.sends.shift()!.overlapped.Internal !== 0) model.vague = true;
      }
    }
  }

  /** Takes received bytes off what waits, which they must be the beginning of. */
  takeReceived(model: SocketModel, bytes: Uint8Array): void {
    if (model.stream) {
      const wrong = model.in === null ? null : model.in.take(bytes);
      if (wrong !== null) throw new Violation(wrong);
      return;
    }
    if (model.vague) return;
    const datagram = model.datagrams.shift();
    if (datagram === undefined) throw new Violation('a datagram came that nobody sent');
    if (!Buffer.from(bytes).equals(datagram.bytes)) throw new Violation('a datagram came changed');
  }

  /** Gives the operating system the time to bring what was sent: it may put that off. All of it has to come. */
  awaitReadable(model: SocketModel): void {
    if (!this.native || model.mustBeReadable !== true) return;
    const { handle } = model;
    const expected = model.stream && !model.is('listening') ? model.in!.waiting : 0;
    this.world.until(() => {
      const set = { fd_count: 1, fd_array: [handle] };
      if (this.ws2.select(0, set, null, null, { tv_sec: 0, tv_usec: 0 }) !== 1) return false;
      const there = ref(0);
      return expected === 0 || (this.ws2.ioctlsocket(handle, 0x4004667f, there) === 0 && there.value >= expected);
    });
  }

  /** Lets everything happen that is due, and every connect end that can. */
  settle(): void {
    this.world.settle();
    for (const model of this.sockets) {
      if (!model.stream || model.phases.length < 2 || model.stuck) continue;
      const { handle } = model;
      if (this.native) {
        this.world.until(() => {
          const set = (): { fd_count: number; fd_array: number[] } => ({ fd_count: 1, fd_array: [handle] });
          return this.ws2.select(0, null, set(), set(), { tv_sec: 0, tv_usec: 0 }) > 0;
        });
      }
      model.phases = [model.phases[1]!];
    }
    this.world.settle();
    this.reconcile();
    this.lookForDefects();
  }

  /** Closes everything, after which nothing may be left. */
  finish(): void {
    for (const model of [...this.sockets]) {
      let code = this.ws2.closesocket(model.handle);
      if (code !== 0) {
        // It lingers, and does not wait: without lingering it must go.
        this.ws2.setsockopt(model.handle, 0xffff, 0x80, Uint8Array.of(1, 0, 0, 0), 4);
        code = this.ws2.closesocket(model.handle);
      }
      if (code !== 0) throw new Violation(`closesocket(#${model.handle}) at the end failed`);
    }
    for (const s of this.#reserved) this.ws2.closesocket(s);
    for (let round = 0; round < 3; round++) this.ws2.host.SleepEx(0, true);
    this.drainPorts();
    for (const { overlapped, told, completions, socket } of this.begun) {
      if (overlapped.Internal === PENDING) throw new Violation(`an operation on #${socket.handle} never ended`);
      const expected = told === 'nobody' ? 0 : 1;
      if (completions !== expected) throw new Violation(`an operation told ${told} of its end ${completions} times`);
    }
    if (!this.foreign.untouched()) throw new Violation('a socket of another instance was touched');
    for (const hWnd of this.windows) this.ws2.host.DestroyWindow(hWnd);
    for (const handle of [...this.events, ...this.ports]) this.ws2.host.CloseHandle(handle);
    this.lookForDefects();
  }

  /** Takes every packet that waits at the completion ports. */
  drainPorts(): void {
    for (const port of this.ports) while (this.dequeue(port));
  }

  /** Takes one packet, which must be that of an operation that has ended and was not told of before. */
  dequeue(port: number): boolean {
    const overlapped = ref<Begun['overlapped'] | null>(null);
    const key = ref<unknown>(null);
    const ok = this.ws2.host.GetQueuedCompletionStatus(port, ref(0), key, overlapped, 0);
    if (!ok && overlapped.value === null) return false;
    const operation = this.begun.find((each) => each.overlapped === overlapped.value);
    if (operation === undefined) throw new Violation('a packet came of an operation that was never begun');
    operation.completions++;
    if (operation.overlapped.Internal === PENDING) throw new Violation('a packet came of an operation under way');
    if (key.value !== operation.socket.handle) throw new Violation('a packet came with the key of another socket');
    return true;
  }
}

/** A socket in words. */
export function describe({ handle, model }: Target): string {
  if (model === null) return typeof handle === 'number' ? String(handle) : `${typeof handle} ${String(handle)}`;
  const kind = `${model.stream ? 'stream' : 'datagram'}${model.family === AF_INET6 ? '6' : ''}`;
  return `#${handle} ${kind} ${model.phases.join('|')}${model.blocking ? ' blocking' : ''}${model.vague ? ' vague' : ''}`;
}

/** An address of this machine alone. */
export function loopbackName(family: number, port: number): Uint8Array {
  return family === AF_INET6 ? sockaddr_in6('::1', port) : sockaddr_in('127.0.0.1', port);
}

/** The port of a name. */
export function portOf(name: Uint8Array): number {
  return (name[2]! << 8) | name[3]!;
}

function nameOfCode(code: number): string {
  return code === 0 ? 'success' : (winsockErrorName(code) ?? String(code));
}
