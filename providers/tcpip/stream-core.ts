// TCP over a descriptor.
import {
  ERROR_INVALID_HANDLE,
  MSG_OOB,
  MSG_PEEK,
  WSAEINVAL,
  WSAENOTCONN,
  WSAEOPNOTSUPP,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  type WSABUF,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { Readiness, State, totalLength, type AddressSlot, type SocketCore } from '../../io/index.js';
import { PollEvents } from '../../platform/index.js';
import type { CoreSurroundings } from './descriptor-core.js';
import { StreamPhase, RARE_POLL_EVENTS, StreamConnection } from './stream-connection.js';

/** A stream socket. */
export class StreamCore extends StreamConnection {
  tryAccept(peer: AddressSlot): SocketCore | ErrorCode {
    if (this.phase !== StreamPhase.LISTENING) return WSAEINVAL;
    const descriptor = this.sockets.accept(this.descriptor, peer);
    if (descriptor < 0) {
      if (descriptor === -WSAEWOULDBLOCK) this.readiness &= ~Readiness.ACCEPTABLE;
      return -descriptor;
    }
    const core = new StreamCore(this.around, descriptor, this.af, this.type, this.protocol);
    core.adopt(this.inlineUrgent, peer);
    const watched = core.watch();
    if (watched === 0) return core;
    core.close();
    return watched;
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, _from: AddressSlot | null): CountOrNegatedCode {
    if (this.forgetsReceived) return -this.error;
    // One buffer without flags, and something reported to be there, is the path that counts.
    if (count === 1 && flags === 0 && !this.urgentNear && (this.readiness & Readiness.READABLE) !== 0) {
      const buffer = buffers[0]!;
      const wanted = buffer.len;
      if (wanted !== 0 && this.phase === StreamPhase.CONNECTED) {
        const received = this.sockets.receive(this.descriptor, buffer.buf, wanted, 0);
        return received === wanted ? received : this.received(received, 0);
      }
    }
    return this.receiveOtherwise(buffers, count, flags);
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    _to: Uint8Array | null,
    _tolen: number,
    offset: number,
  ): CountOrNegatedCode {
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.phase !== StreamPhase.CONNECTED) return -WSAENOTCONN;
    if (count === 1 && offset === 0) {
      const buffer = buffers[0]!;
      const wanted = buffer.len;
      const sent = this.sockets.send(this.descriptor, buffer.buf, wanted, flags);
      return sent === wanted ? sent : this.sent(sent);
    }
    const wanted = totalLength(buffers, count) - offset;
    const sent = this.sockets.sendVector(this.descriptor, buffers, count, flags, null, 0, offset);
    return sent === wanted ? sent : this.sent(sent);
  }

  trySendFile(file: number, position: number, length: number): CountOrNegatedCode {
    if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
    if (this.phase !== StreamPhase.CONNECTED) return -WSAENOTCONN;
    const sent = this.sockets.sendFile(this.descriptor, file, position, length);
    // Less than asked for may be the end of the file as well; only "would block" says that there is no room.
    const isOfFile = sent === -WSAEOPNOTSUPP || sent === -ERROR_INVALID_HANDLE;
    return sent >= 0 || isOfFile ? sent : this.sent(sent);
  }

  endSendFile(): void {
    this.sockets.endSendFile?.(this.descriptor);
  }

  override available(): number {
    if (this.phase !== StreamPhase.CONNECTED) return 0;
    return this.sockets.available(this.descriptor) + (this.inlineUrgent ? this.asideSize : 0);
  }

  override unsent(): number {
    return this.phase === StreamPhase.CONNECTED ? this.sockets.unsent(this.descriptor) : 0;
  }

  atMark(): boolean {
    if (this.phase !== StreamPhase.CONNECTED) return true;
    if (this.asideSize > 0) return false;
    const urgent = (this.sockets.look(this.descriptor, PollEvents.PRIORITY) & PollEvents.PRIORITY) !== 0;
    // A byte that travels beside the stream is pending wherever the stream stands; one within it has a place.
    return !urgent || (this.inlineUrgent && this.sockets.atMark(this.descriptor));
  }

  /** Draws the conclusions from a receive that did not fill the buffers. */
  protected received(result: number, flags: number): CountOrNegatedCode {
    if (result > 0) {
      // Less than wanted: the queue is empty, and the next arrival is a new edge. The end of the stream gives none.
      if (!this.urgentSeen && (this.readiness & (Readiness.PEER_CLOSED | Readiness.RESET)) === 0) {
        this.readiness &= ~Readiness.READABLE;
      }
      return result;
    }
    if (result === 0) {
      // A reset that came after the end, which our own data met: the kernel goes on to tell of the end.
      if ((this.readiness & Readiness.RESET) === 0) {
        const code = this.sockets.takeError(this.descriptor);
        if (code !== 0) {
          this.readiness |= Readiness.PEER_CLOSED;
          return this.failed(-code);
        }
      }
      if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
      this.readiness |= Readiness.PEER_CLOSED | Readiness.READABLE;
      return 0;
    }
    if (result === -WSAEWOULDBLOCK) {
      if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
      this.readiness &= ~((flags & MSG_OOB) !== 0 ? Readiness.OUT_OF_BAND : Readiness.READABLE);
      return result;
    }
    return this.failed(result);
  }

  private receiveOtherwise(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode {
    if (this.phase !== StreamPhase.CONNECTED) return -WSAENOTCONN;
    const wanted = totalLength(buffers, count);
    if ((flags & MSG_OOB) !== 0) return this.receiveUrgent(buffers, count, flags);
    // Nothing was reported: a receive on the off chance would drop an urgent byte that the poller has not told of yet.
    if ((this.readiness & Readiness.READABLE) === 0 && wanted !== 0 && !this.urgentNear) {
      const events = this.sockets.look(this.descriptor, PollEvents.IN | PollEvents.PRIORITY | PollEvents.PEER_HANG_UP);
      if ((events & PollEvents.PRIORITY) !== 0) this.ready(events);
      else if ((events & (PollEvents.IN | RARE_POLL_EVENTS)) === 0) return -WSAEWOULDBLOCK;
    }
    if (this.urgentNear && wanted !== 0) {
      if (this.inlineUrgent) {
        if (this.asideBits() !== 0) return this.takeAside(buffers, count, (flags & MSG_PEEK) !== 0);
        this.passTaken();
      } else {
        this.keepUrgent();
      }
    }
    if (wanted === 0) {
      // Zero bytes are there as soon as any are.
      if ((this.readiness & Readiness.RESET) !== 0) return -this.error;
      return (this.confirm(Readiness.READABLE) & Readiness.READABLE) !== 0 ? 0 : -WSAEWOULDBLOCK;
    }
    const received =
      count === 1
        ? this.sockets.receive(this.descriptor, buffers[0]!.buf, wanted, flags)
        : this.sockets.receiveVector(this.descriptor, buffers, count, flags);
    if (received === wanted) return received;
    // A look leaves everything where it is, so that less than wanted does not mean that nothing is left.
    if (received > 0 && (flags & MSG_PEEK) !== 0) return received;
    return this.received(received, flags);
  }

  private sent(result: number): CountOrNegatedCode {
    if (result >= 0 || result === -WSAEWOULDBLOCK) {
      // Only part of it, or nothing: the queue is full, and room is a new edge.
      this.readiness &= ~Readiness.WRITABLE;
      return result;
    }
    // The kernel gives one error for our own end of sending and for a lost connection.
    return this.sendingEnded ? -WSAESHUTDOWN : this.failed(result);
  }
}

/** Makes the core of a new stream socket. */
export function openStreamCore(
  around: CoreSurroundings,
  af: number,
  type: number,
  protocol: number,
): SocketCore | number {
  const descriptor = around.sockets.socket(af, type, protocol);
  return descriptor < 0 ? -descriptor : new StreamCore(around, descriptor, af, type, protocol);
}

/** Makes the core of a socket that somebody else opened. */
export function adoptStream(
  around: CoreSurroundings,
  descriptor: number,
  af: number,
  type: number,
  protocol: number,
): { core: SocketCore; state: number; active: boolean } | number {
  const core = new StreamCore(around, descriptor, af, type, protocol);
  const { state, active } = core.resume();
  // A fresh socket is watched once it connects or listens.
  const watched = state === State.UNBOUND || state === State.BOUND ? 0 : core.begin();
  if (watched === 0) return { core, state, active };
  core.close();
  return watched;
}
