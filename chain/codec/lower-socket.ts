import { answerFault } from '../../spi/answers.js';
import {
  FD_CLOSE,
  FD_CONNECT,
  FD_READ,
  FD_WRITE,
  FIONBIO,
  INVALID_SOCKET,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  LINGER,
  MSG_PEEK,
  SD_SEND,
  SIO_ENTER_SOCKET_GROUP,
  SIO_KEEP_RECEIVED,
  SIOCATMARK,
  SO_GROUP_ID,
  SO_LINGER,
  SOL_SOCKET,
  WSAENOTCONN,
  WSAEWOULDBLOCK,
  type Ref,
  type WSABUF,
  type WSANETWORKEVENTS,
  type CountOrNegatedCode,
  type ErrorCode,
} from '../../spi/index.js';
import { addressSlot, totalLength, type AddressSlot } from '../../io/index.js';
import { isCount, isHandle, type LayerContext } from '../layer/index.js';
import { copyName, type LastName } from './last-name.js';
import { LowerCalls } from './lower-calls.js';
import { Parting, PARTING_PIECE } from './parting.js';
import type { CodecScratch } from './scratch.js';

/** Everything that can be asked of the provider below. */
const ALL_EVENTS = 0x3ff;

const abortively = LINGER.encode({ l_onoff: 1, l_linger: 0 });
const atLeisure = LINGER.encode({ l_onoff: 0, l_linger: 0 });
const off = new Uint8Array(4);

/** How often in a row the provider below may have taken nothing of what it was given to send. */
const MOST_EMPTY_SENDS = 1000;

/**
 * The socket of the provider below under a codec's: what is asked of it besides the data that the codec works on, with
 * the conventions of a core (codes as results, negated where a result of 0 or more is one). It is under `WSPEventSelect`
 * with all events on an event object of its own.
 */
export class LowerSocket extends LowerCalls {
  readonly #event: number;
  #lastLocal: LastName | null = null;
  #lastPeer: LastName | null = null;
  #emptySends = 0;
  /** It was reset and is closed already, or parts from its peer by itself. */
  gone = false;
  #parting: Parting | null = null;
  #keepsReceived = false;
  /** How often something was received. */
  receives = 0;
  /** Whether there may be something to receive; until the first event tells, nobody knows. */
  readable = true;
  /** FD_CLOSE was told, which is told once: the end is behind what can be received. */
  #ends = false;
  /** Whether there may be room to send. */
  writable = true;
  /** 0, or why nothing will ever be told of it: the code of its `WSPEventSelect`. */
  readonly unwatched: number;

  /** @param handle its handle in the provider below */
  constructor(context: LayerContext, scratch: CodecScratch, handle: number, noticed: () => void) {
    super(context, scratch, handle);
    const { host } = context;
    this.#event = host.createEvent();
    host.onEvent(this.#event, noticed);
    this.unwatched = this.#select(this.#event, ALL_EVENTS);
  }

  /**
   * What was received before a reset is still to be had where the system keeps it: the peer may have said why. Providers may not know of it.
   */
  keepReceived(): void {
    this.#keepsReceived = true;
    this.ioctl(SIO_KEEP_RECEIVED, null, 0, null, 0);
  }

  /** The connection broke: whether what was received before may still be had. It is offered once. */
  offersReceived(): boolean {
    const offers = this.#keepsReceived;
    this.#keepsReceived = false;
    if (offers) this.readable = true;
    return offers;
  }

  #select(event: number, mask: number): number {
    return this.call('lpWSPEventSelect', this.handle, event, mask, this.scratch.errno);
  }

  /** Takes the network events recorded since they were last asked for into the layer's own structure. */
  networkEvents(events: WSANETWORKEVENTS): number {
    const { errno } = this.scratch;
    events.lNetworkEvents = 0;
    errno.value = 0;
    try {
      const result = this.context.lower.lpWSPEnumNetworkEvents(this.handle, this.#event, events, errno);
      const code = result === 0 ? 0 : this.code('lpWSPEnumNetworkEvents', result);
      const happened = events.lNetworkEvents;
      if ((happened & (FD_READ | FD_CLOSE | FD_CONNECT)) !== 0) this.readable = true;
      if ((happened & FD_CLOSE) !== 0) this.#ends = true;
      if ((happened & (FD_WRITE | FD_CLOSE | FD_CONNECT)) !== 0) this.writable = true;
      return code;
    } catch (cause) {
      return this.threw('lpWSPEnumNetworkEvents', cause);
    }
  }

  /** There may be something to receive though no event has told of it. */
  expectToReceive(): void {
    this.readable = true;
  }

  /** There is nothing more to receive before an event tells of it. */
  expectNothing(): void {
    this.readable = false;
  }

  /** There is no room to send before an event tells of it. */
  expectNoRoom(): void {
    this.writable = false;
  }

  bind(name: Uint8Array, namelen: number): ErrorCode {
    return this.call('lpWSPBind', this.handle, name, namelen, this.scratch.errno);
  }

  listen(backlog: number): ErrorCode {
    return this.call('lpWSPListen', this.handle, backlog, this.scratch.errno);
  }

  /** Has an IPv6 socket reach IPv4 addresses too, where it has no name yet. */
  reachIPv4(): void {
    this.setOption(IPPROTO_IPV6, IPV6_V6ONLY, off, 4);
  }

  connect(name: Uint8Array, namelen: number): ErrorCode {
    return this.call('lpWSPConnect', this.handle, name, namelen, null, null, null, null, this.scratch.errno);
  }

  /** Takes the next connection. Returns its handle, or a negated code when there is none to be had. */
  accept(peer: AddressSlot): CountOrNegatedCode {
    const { addressLength, errno } = this.scratch;
    addressLength.value = peer.bytes.length;
    errno.value = 0;
    let handle: unknown;
    try {
      handle = this.context.lower.lpWSPAccept(this.handle, peer.bytes, addressLength, null, 0, errno);
    } catch (cause) {
      return -this.threw('lpWSPAccept', cause);
    }
    if (!isHandle(handle) || handle === this.handle) {
      const fault = answerFault(handle, INVALID_SOCKET, errno.value);
      return fault === null ? -errno.value : -this.defect('lpWSPAccept', fault);
    }
    peer.length = isCount(addressLength.value, peer.bytes.length) ? addressLength.value : 0;
    return handle;
  }

  /** Receives into a buffer. Returns how many bytes, 0 at the end of the stream, or a negated code. */
  receive(into: Uint8Array): CountOrNegatedCode {
    const { inputBuffers } = this.scratch;
    inputBuffers[0]!.buf = into;
    inputBuffers[0]!.len = into.length;
    const received = this.#receive(inputBuffers, 1, 0, into.length);
    // Less than asked for: nothing is left below but perhaps the end, and FD_READ or FD_CLOSE tells when there is.
    if (received !== into.length && !(this.#ends && received > 0)) this.readable = false;
    if (received > 0) this.receives++;
    return received;
  }

  #receive(buffers: WSABUF[], count: number, flags: number, most: number): number {
    const { byteCount, errno, flags: lpFlags } = this.scratch;
    const { lower } = this.context;
    lpFlags.value = flags;
    byteCount.value = 0;
    errno.value = 0;
    let result: number;
    try {
      result = lower.lpWSPRecv(this.handle, buffers, count, byteCount, lpFlags, null, null, null, errno);
    } catch (cause) {
      return -this.threw('lpWSPRecv', cause);
    }
    return this.outcome('lpWSPRecv', result, errno.value, byteCount.value, most);
  }

  /** Sends the first `count` of the layer's output buffers, `most` bytes in all. Returns how many, or a negated code. */
  send(count: number, most: number): CountOrNegatedCode {
    const sent = this.#send(this.scratch.outputBuffers, count, 0, most);
    // FD_WRITE tells when there is room again.
    if (sent === -WSAEWOULDBLOCK) this.writable = false;
    if (sent !== 0) this.#emptySends = 0;
    else if (++this.#emptySends > MOST_EMPTY_SENDS) return -this.defect('lpWSPSend', 'took nothing, again and again');
    return sent;
  }

  #send(buffers: WSABUF[], count: number, flags: number, most: number): number {
    const { byteCount, errno } = this.scratch;
    const { lower } = this.context;
    byteCount.value = 0;
    errno.value = 0;
    let result: number;
    try {
      result = lower.lpWSPSend(this.handle, buffers, count, byteCount, flags, null, null, null, errno);
    } catch (cause) {
      return -this.threw('lpWSPSend', cause);
    }
    return this.outcome('lpWSPSend', result, errno.value, byteCount.value, most);
  }

  /** Receives urgent data, which passes the codec by. Returns how many bytes, or a negated code. */
  receiveUrgent(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode {
    return this.#receive(buffers, count, flags, totalLength(buffers, count));
  }

  /** What has broken the connection since its end was received: 0, or an error that no event tells of any more. */
  errorAfterEnd(): number {
    if (this.gone) return 0;
    const received = this.receiveUrgent([{ len: 1, buf: new Uint8Array(1) }], 1, MSG_PEEK);
    return received >= 0 || received === -WSAEWOULDBLOCK ? 0 : -received;
  }

  /** Sends urgent data, which passes the codec by. Returns how many bytes, or a negated code. */
  sendUrgent(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode {
    return this.#send(buffers, count, flags, totalLength(buffers, count));
  }

  atMark(): boolean {
    if (this.gone) return true;
    const answer = new Uint8Array(4);
    this.ioctl(SIOCATMARK, null, 0, answer, 4);
    return answer[0] !== 0;
  }

  localName(slot: AddressSlot): ErrorCode {
    return this.#lastLocal !== null ? copyName(this.#lastLocal, slot) : this.#name('lpWSPGetSockName', slot);
  }

  peerName(slot: AddressSlot): ErrorCode {
    return this.#lastPeer !== null ? copyName(this.#lastPeer, slot) : this.#name('lpWSPGetPeerName', slot);
  }

  #name(function_: 'lpWSPGetSockName' | 'lpWSPGetPeerName', slot: AddressSlot): number {
    const { addressLength, errno } = this.scratch;
    addressLength.value = slot.bytes.length;
    slot.length = 0;
    const code = this.call(function_, this.handle, slot.bytes, addressLength, errno);
    if (code !== 0) return code;
    const length = this.counted(function_, addressLength.value, slot.bytes.length);
    if (length < 0) return -length;
    slot.length = length;
    return 0;
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    return this.call('lpWSPSetSockOpt', this.handle, level, optname, value, length, this.scratch.errno);
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    if (this.gone) return -WSAENOTCONN;
    const size: Ref<number> = { value: length };
    const error = this.call('lpWSPGetSockOpt', this.handle, level, optname, value, size, this.scratch.errno);
    return error !== 0 ? -error : this.counted('lpWSPGetSockOpt', size.value, length);
  }

  /** SO_GROUP_ID of the socket below; 0 when it has none. */
  groupId(): number {
    const value = new Uint8Array(4);
    if (this.getOption(SOL_SOCKET, SO_GROUP_ID, value, 4) !== 4) return 0;
    return new DataView(value.buffer).getUint32(0, true);
  }

  /** Puts the socket below into a group. Returns 0 or a WinSock code. */
  enterGroup(g: number): number {
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, g, true);
    return Math.max(-this.ioctl(SIO_ENTER_SOCKET_GROUP, value, 4, null, 0), 0);
  }

  ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    room: number,
  ): CountOrNegatedCode {
    if (this.gone) return -WSAENOTCONN;
    const { byteCount, errno } = this.scratch;
    byteCount.value = 0;
    const { handle } = this;
    const none = null;
    const error = this.call(
      'lpWSPIoctl',
      handle,
      code,
      input,
      inputLength,
      output,
      room,
      byteCount,
      none,
      none,
      none,
      errno,
    );
    return error !== 0 ? -error : this.counted('lpWSPIoctl', byteCount.value, room);
  }

  /** Nothing more will be sent. */
  endSending(): number {
    return this.call('lpWSPShutdown', this.handle, SD_SEND, this.scratch.errno);
  }

  /** Takes SO_LINGER off: nobody waits for the socket to be closed any more. */
  lingerNoMore(): void {
    this.setOption(SOL_SOCKET, SO_LINGER, atLeisure, 4);
  }

  /** Resets the connection at once, and lets the socket go; its names stay known. */
  reset(): void {
    if (this.gone) return;
    this.#goes();
    this.#resetAndClose();
  }

  /**
   * Lets the socket go as `reset` does, but its connection only once the peer has heard: a reset would overtake what was sent
   * last. The end of it has been sent.
   *
   * @param leaving has it as long as it takes
   */
  part(leaving: Set<{ abort(): void }>): void {
    if (this.gone) return;
    this.#goes();
    const { host } = this.context;
    const over = (reset: boolean): void => {
      this.#parting = null;
      leaving.delete(parting);
      if (reset) this.#resetAndClose();
      else this.#close();
      host.closeEvent(this.#event);
    };
    const parting = new Parting(host, () => this.receive(new Uint8Array(PARTING_PIECE)), over);
    this.#parting = parting;
    leaving.add(parting);
    host.onEvent(this.#event, () => {
      this.networkEvents(this.scratch.networkEvents);
      parting.listen();
    });
    parting.listen();
  }

  /** Its names stay known. */
  #goes(): void {
    const [local, peer] = [addressSlot(), addressSlot()];
    const localError = this.localName(local);
    const peerError = this.peerName(peer);
    this.#lastLocal = { slot: local, error: localError };
    this.#lastPeer = { slot: peer, error: peerError };
    this.gone = true;
  }

  #resetAndClose(): void {
    this.setOption(SOL_SOCKET, SO_LINGER, abortively, 4);
    this.#close();
  }

  /**
   * Closes the socket, if it was not reset before, and its event object.
   *
   * @param lingering whether to close it as one that waits: until its data is acknowledged, or its time over
   */
  close(lingering: boolean): void {
    if (!this.gone) {
      if (lingering) this.#haveWait();
      this.#close();
    }
    if (this.#parting === null) this.context.host.closeEvent(this.#event);
  }

  #close(): void {
    this.context.host.onEvent(this.#event, null);
    this.call('lpWSPCloseSocket', this.handle, this.scratch.errno);
  }

  /** Makes it a blocking one: a non-blocking one that is to linger would refuse to be closed. */
  #haveWait(): void {
    this.#select(0, 0);
    this.ioctl(FIONBIO, off, 4, null, 0);
  }
}
