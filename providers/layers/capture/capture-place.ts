import type { LayerContext } from '../../../chain/index.js';
import { memberOf } from '../../../spi/arguments.js';
import {
  FD_CONNECT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEMSGSIZE,
  WSAENETRESET,
  WSS_OPERATION_IN_PROGRESS,
  type SOCKET,
  type WSABUF,
  type WSAOVERLAPPED,
} from '../../../spi/index.js';
import { CaptureClock } from './capture-clock.js';
import { CaptureFile, programName, type CaptureFileSettings } from './capture-file.js';
import type { CaptureInterface } from './capture-interface.js';
import { interfaceNameOf } from './interface-name.js';
import { CapturedSocket, Origin, type TransferUnderWay } from './captured-socket.js';
import type { TcpStream } from './tcp-stream.js';
import { endpointOf, isUnspecified, type Endpoint } from './packet-header.js';
import { SocketEnds } from './socket-ends.js';

/** What a layer captures, and where to. */
export interface CaptureSettings extends CaptureFileSettings {
  /** The layer's name. */
  readonly name: string;
  /** Bytes of a packet's contents that are kept. */
  readonly snaplen: number;
  /** Whether secrets of TLS are written. */
  readonly secrets: boolean;
}

/**
 * One start of a capturing layer: what is seen at its place in a chain becomes packets. What goes wrong here ends the
 * capture, and nothing else.
 */
export class CapturePlace {
  readonly clock: CaptureClock;
  #file: CaptureFile | null = null;
  #at: CaptureInterface | null = null;
  readonly #sockets = new Map<SOCKET, CapturedSocket>();
  readonly #ends: SocketEnds;

  constructor(
    private readonly context: LayerContext,
    private readonly settings: CaptureSettings,
    /** Whether its sockets are of connections; else they are of datagrams. */
    readonly isOfStreams: boolean,
  ) {
    this.clock = new CaptureClock(context.host.clock);
    this.#ends = new SocketEnds(context);
  }

  /** Whether it captures. */
  get isOn(): boolean {
    return this.#at !== null;
  }

  /**
   * Captures from now on.
   *
   * @throws Error when the file cannot be opened
   */
  turnOn(): void {
    if (this.#at !== null) return;
    const { settings, context } = this;
    const file = (this.#file = CaptureFile.use(settings, context.host));
    if (settings.secrets) file.takeSecrets(context.host.keyLog);
    const [key, name] = interfaceNameOf(context, settings.name);
    const description = `${programName()} (process ${process.pid}): ${name} in ${context.chain.szProtocol}`;
    this.#at = file.interfaceOf(key, name, description, settings.snaplen);
  }

  /** Captures no more. */
  turnOff(): void {
    const at = this.#at;
    const file = this.#file;
    if (at === null || file === null) return;
    for (const socket of this.#sockets.values()) socket.forget(at, false);
    this.#sockets.clear();
    this.#at = this.#file = null;
    if (this.settings.secrets) file.forgetSecrets(this.context.host.keyLog);
    file.release(this.context.host);
  }

  /** Writes what was gathered. */
  flush(): void {
    this.#file?.flush();
  }

  /** Ends what is captured of all sockets, which are closed. */
  end(): void {
    for (const s of [...this.#sockets.keys()]) this.closed(s, false);
    this.turnOff();
  }

  // — Sockets —

  /** A socket was opened. */
  opened(s: SOCKET, isDuplicate: boolean): void {
    this.#contained(() => {
      const socket = new CapturedSocket(s);
      if (!isDuplicate) socket.comes(Origin.FRESH);
      this.#sockets.set(s, socket);
    });
  }

  /**
   * A connect returned.
   *
   * @param code 0, or why it is not connected yet, or at all
   * @param began when it was called
   */
  connected(s: SOCKET, name: Uint8Array, namelen: number, code: number, isUnderWay: boolean, began: number): void {
    this.#contained((at) => {
      const socket = this.#socketOf(s);
      const peer = endpointOf(name, namelen);
      if (!this.isOfStreams) {
        if (code !== 0) return;
        socket.forgetNames();
        if (peer !== null && !isUnspecified(peer)) socket.knows(null, peer);
        return;
      }
      if (peer === null || (code !== 0 && !isUnderWay && code !== WSAECONNREFUSED)) return;
      if (socket.origin !== Origin.CONNECTING) this.#renew(socket, at);
      socket.comes(Origin.CONNECTING);
      socket.knows(null, peer);
      const host = this.context.host.destinationName();
      if (host !== null) at.file.name(peer.address, host);
      this.clock.set(began);
      this.#join(socket, at)?.connecting(this.clock, socket.side, socket.side);
      this.clock.read();
      if (isUnderWay) this.#observe(socket);
      else if (code === 0) this.#established(socket, at);
      else this.#refused(socket, at);
    });
  }

  /** A connection was accepted as a socket. */
  accepted(s: SOCKET): void {
    this.#contained((at) => {
      const socket = this.#socketOf(s);
      this.#renew(socket, at);
      socket.comes(Origin.SERVER);
      this.clock.read();
      this.#established(socket, at);
    });
  }

  /** AcceptEx is about to make a socket of a connection, whose names the socket does not know yet. */
  accepting(s: SOCKET, caller: WSABUF | null, callee: WSABUF | null): void {
    this.#contained((at) => {
      const peer = caller === null ? null : endpointOf(caller.buf, caller.len);
      const local = callee === null ? null : endpointOf(callee.buf, callee.len);
      if (peer === null || local === null) return;
      const socket = this.#socketOf(s);
      this.#renew(socket, at);
      socket.comes(Origin.SERVER);
      socket.knows(local, peer);
      this.clock.read();
      this.#established(socket, at);
    });
  }

  /** The socket has ended its direction. */
  ended(s: SOCKET): void {
    this.#contained((at) => {
      const socket = this.#sockets.get(s);
      if (socket === undefined) return;
      this.clock.read();
      this.#established(socket, at);
      socket.ends(this.clock);
    });
  }

  /** The socket is closed; abruptly, when it has no time to linger. */
  closed(s: SOCKET, isAbrupt: boolean): void {
    this.#contained((at) => {
      const socket = this.#sockets.get(s);
      if (socket === undefined) return;
      this.#sockets.delete(s);
      this.clock.read();
      if (isAbrupt) socket.resets(this.clock);
      else socket.endsNow(this.clock);
      socket.forget(at, true);
    });
  }

  // — Data —

  /**
   * Bytes were sent.
   *
   * @param to the peer of a datagram; `null` for that of the connection
   */
  sent(s: SOCKET, buffers: readonly WSABUF[], length: number, isUrgent: boolean, to: Endpoint | null): void {
    const at = this.#at;
    if (at === null) return;
    try {
      const socket = this.#socketOf(s);
      this.clock.read();
      if (!this.isOfStreams) return this.#datagram(socket, at, buffers, length, to, false);
      this.#established(socket, at);
      socket.sent(this.clock, buffers, length, isUrgent);
    } catch (cause) {
      this.#broke(at, cause);
    }
  }

  /**
   * Bytes were received, or none: the end of the stream.
   *
   * @param from the peer of a datagram; `null` for that of the connection
   */
  received(s: SOCKET, buffers: readonly WSABUF[], length: number, isUrgent: boolean, from: Endpoint | null): void {
    const at = this.#at;
    if (at === null) return;
    try {
      const socket = this.#socketOf(s);
      this.clock.read();
      if (!this.isOfStreams) return this.#datagram(socket, at, buffers, length, from, true);
      this.#established(socket, at);
      if (length > 0) socket.received(this.clock, buffers, length, isUrgent);
      else socket.peerEnded(this.clock);
    } catch (cause) {
      this.#broke(at, cause);
    }
  }

  /** A send or receive failed: of connections some codes say that they are broken. */
  failed(s: SOCKET, code: number): void {
    if (!this.isOfStreams || !(code === WSAECONNRESET || code === WSAENETRESET || code === WSAECONNABORTED)) return;
    this.#contained(() => {
      const socket = this.#sockets.get(s);
      if (socket === undefined || socket.stream?.isOpen !== true) return;
      this.clock.read();
      if (code === WSAECONNABORTED) socket.resets(this.clock);
      else socket.peerReset(this.clock);
    });
  }

  /** An overlapped transfer is under way, or was over before the call returned. */
  begun(s: SOCKET, overlapped: WSAOVERLAPPED, transfer: TransferUnderWay): void {
    this.#contained(() => {
      const socket = this.#socketOf(s);
      socket.begins(overlapped, transfer);
      this.#observe(socket);
      // It is the caller's, who may not let it be read.
      const [status, transferred] = [memberOf(overlapped, 'Internal'), memberOf(overlapped, 'InternalHigh')];
      if (status !== WSS_OPERATION_IN_PROGRESS && typeof transferred === 'number')
        this.#over(socket, overlapped, 0, transferred);
    });
  }

  /** The end that a name says. */
  peerOf(s: SOCKET, name: Uint8Array | null, length: number): Endpoint | null {
    return name === null ? null : this.#socketOf(s).peerOf(name, length);
  }

  #over(socket: CapturedSocket, overlapped: object, error: number, transferred: number): void {
    const transfer = socket.takeOver(overlapped);
    if (transfer === undefined) return;
    const { isSend, isUrgent, buffers, total } = transfer;
    const length = Math.min(transferred, total);
    if (isSend) {
      if (length > 0 || (error === 0 && !this.isOfStreams)) {
        const to = transfer.to === null ? null : socket.peerOf(transfer.to, transfer.to.length);
        this.sent(socket.s, buffers, length, isUrgent, to);
      }
      socket.sendIsOver(this.clock);
    } else if (error === 0 || error === WSAEMSGSIZE) {
      // Without room for a byte, none says nothing of the end.
      if (total > 0 || !this.isOfStreams) {
        this.received(socket.s, buffers, length, isUrgent, transfer.from?.() ?? null);
      }
    }
    if (error !== 0) this.failed(socket.s, error);
  }

  #observe(socket: CapturedSocket): void {
    socket.observeBy(() =>
      this.context.host.observe(socket.s, {
        completed: (_s, overlapped, error, transferred) => {
          this.#contained(() => this.#over(socket, overlapped, error, transferred));
        },
        networkEvent: (_s, event, error) => {
          if (event !== FD_CONNECT || socket.origin !== Origin.CONNECTING) return;
          this.#contained((at) => {
            this.clock.read();
            if (error === 0) this.#established(socket, at);
            else if (error === WSAECONNREFUSED) this.#refused(socket, at);
          });
        },
      }),
    );
  }

  #socketOf(s: SOCKET): CapturedSocket {
    const known = this.#sockets.get(s);
    if (known !== undefined) return known;
    const socket = new CapturedSocket(s);
    this.#sockets.set(s, socket);
    return socket;
  }

  /** What the socket had before is over: it has another connection. */
  #renew(socket: CapturedSocket, at: CaptureInterface): void {
    if (socket.stream !== null) {
      this.clock.read();
      socket.endsNow(this.clock);
      socket.peerEnded(this.clock);
      socket.leave(at);
    }
    socket.forgetNames();
  }

  /** The socket's connection is there. */
  #established(socket: CapturedSocket, at: CaptureInterface): void {
    if (!this.isOfStreams || socket.stream?.isOpen === true) return;
    const stream = this.#join(socket, at);
    if (stream === null || stream.isOpen) return;
    const { side } = socket;
    switch (socket.origin) {
      case Origin.CONNECTING:
      case Origin.CLIENT:
        stream.connected(this.clock, side, side);
        socket.comes(Origin.CLIENT);
        return;
      case Origin.UNKNOWN:
        return stream.foundConnected();
      default:
        stream.connected(this.clock, side === 0 ? 1 : 0, side);
        socket.comes(Origin.SERVER);
    }
  }

  #refused(socket: CapturedSocket, at: CaptureInterface): void {
    socket.peerReset(this.clock);
    socket.leave(at);
    socket.comes(Origin.FRESH);
  }

  /** The stream of a socket, as soon as both of its names are known. */
  #join(socket: CapturedSocket, at: CaptureInterface): TcpStream | null {
    if (socket.stream !== null) return socket.stream;
    const { origin } = socket;
    const peer = socket.peer ?? this.#ends.peer(socket.s);
    const local = socket.local ?? this.#ends.localEnd(socket, peer);
    if (peer === null || local === null || local.port === 0 || peer.address.length !== local.address.length)
      return null;
    const isClient = origin === Origin.UNKNOWN ? null : origin === Origin.CONNECTING || origin === Origin.CLIENT;
    const role = isClient === null ? 'under way before' : isClient ? 'connects' : 'is accepted';
    const about = `${at.name}: socket ${socket.s} of ${programName()} ${role}`;
    return socket.joins(at, local, peer, isClient, about);
  }

  #datagram(
    socket: CapturedSocket,
    at: CaptureInterface,
    buffers: readonly WSABUF[],
    length: number,
    named: Endpoint | null,
    isInbound: boolean,
  ): void {
    const peer = named ?? socket.peer ?? this.#ends.connectedTo(socket);
    let way = socket.wayTo(peer);
    if (way === null) {
      const bound = socket.local ?? this.#ends.local(socket.s);
      if (bound === null) return;
      socket.knows(bound, socket.peer);
      const local = isUnspecified(bound) ? this.#ends.routed(socket.s, bound, peer) : bound;
      if (peer.address.length !== local.address.length) return;
      way = socket.setWay(local, peer);
    }
    if (isInbound) at.datagram(this.clock, way.back, peer, way.local, buffers, length, true);
    else at.datagram(this.clock, way.out, way.local, peer, buffers, length, false);
  }

  // — Containment —

  /** Does what it is told to if it captures; what is thrown ends the capture at this place. */
  #contained(work: (at: CaptureInterface) => void): void {
    const at = this.#at;
    if (at === null) return;
    try {
      work(at);
    } catch (cause) {
      this.#broke(at, cause);
    }
  }

  #broke(at: CaptureInterface, cause: unknown): void {
    this.context.host.report({ message: `${at.name}: the capture ends here, and traffic goes on`, cause });
    try {
      this.turnOff();
    } catch {
      // It was told why.
    }
  }
}
