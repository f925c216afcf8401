import {
  FIONBIO,
  INVALID_SOCKET,
  LINGER,
  MSG_PEEK,
  SD_SEND,
  SIOCATMARK,
  SO_LINGER,
  SOL_SOCKET,
  WSAENOTCONN,
  WSASYSCALLFAILURE,
  WSAEWOULDBLOCK,
  type Ref,
  type WSABUF,
  type WSANETWORKEVENTS,
} from '../spi/index.js';
import { addressSlot, type AddressSlot } from '../io/index.js';
import type { LayerContext } from './pass-through.js';

/** Everything that can be asked of the provider below. */
const ALL_EVENTS = 0x3ff;

const abortively = LINGER.encode({ l_onoff: 1, l_linger: 0 });
const atLeisure = LINGER.encode({ l_onoff: 0, l_linger: 0 });
const blocking = new Uint8Array(4);

/**
 * What the calls to the provider below are made with. One per layer: the provider below may be a codec layer too, and is
 * inside its own calls while it serves this one's.
 */
export class CodecScratch {
  /** Room for what is read below; somebody's alone while `reading` is set. */
  readonly input = new Uint8Array(64 * 1024);
  reading = false;
  readonly inputBuffers: WSABUF[] = [{ len: this.input.length, buf: this.input }];
  readonly outputBuffers: WSABUF[] = [];
  readonly byteCount: Ref<number> = { value: 0 };
  readonly flags: Ref<number> = { value: 0 };
  readonly errno: Ref<number> = { value: 0 };
  readonly addressLength: Ref<number> = { value: 0 };
  readonly networkEvents: WSANETWORKEVENTS = { lNetworkEvents: 0, iErrorCode: new Array<number>(10).fill(0) };
}

/** A name as it was when the socket below went. */
interface LastName {
  readonly slot: AddressSlot;
  readonly error: number;
}

/**
 * The socket of the provider below under a codec's: what is asked of it besides the data that the codec works on, with
 * the conventions of a core (codes as results, negated where a result of 0 or more is one). It is under `WSPEventSelect`
 * with all events on an event object of its own.
 */
export class LowerSocket {
  readonly #event: number;
  #lastLocal: LastName | null = null;
  #lastPeer: LastName | null = null;
  /** It was reset and is closed already. */
  gone = false;

  constructor(
    private readonly context: LayerContext,
    private readonly scratch: CodecScratch,
    /** Its handle in the provider below. */
    readonly handle: number,
    noticed: () => void,
  ) {
    const { host, lower } = context;
    this.#event = host.createEvent();
    host.onEvent(this.#event, noticed);
    lower.lpWSPEventSelect(handle, this.#event, ALL_EVENTS, scratch.errno);
  }

  /** The network events recorded since they were last asked for; `null` when they cannot be told. */
  networkEvents(): WSANETWORKEVENTS | null {
    const { networkEvents, errno } = this.scratch;
    const result = this.context.lower.lpWSPEnumNetworkEvents(this.handle, this.#event, networkEvents, errno);
    return result === 0 ? networkEvents : null;
  }

  bind(name: Uint8Array, namelen: number): number {
    return this.#code(this.context.lower.lpWSPBind(this.handle, name, namelen, this.scratch.errno));
  }

  listen(backlog: number): number {
    return this.#code(this.context.lower.lpWSPListen(this.handle, backlog, this.scratch.errno));
  }

  connect(name: Uint8Array, namelen: number): number {
    const { lower } = this.context;
    return this.#code(lower.lpWSPConnect(this.handle, name, namelen, null, null, null, null, this.scratch.errno));
  }

  /** Takes the next connection. Returns its handle, or INVALID_SOCKET when there is none to be had. */
  accept(peer: AddressSlot): number {
    const { addressLength, errno } = this.scratch;
    addressLength.value = peer.bytes.length;
    const handle = this.context.lower.lpWSPAccept(this.handle, peer.bytes, addressLength, null, 0, errno);
    if (handle !== INVALID_SOCKET) peer.length = addressLength.value;
    return handle;
  }

  /** Receives into a buffer. Returns how many bytes, 0 at the end of the stream, or a negated code. */
  receive(into: Uint8Array): number {
    const { inputBuffers, byteCount, errno, flags } = this.scratch;
    const { lower } = this.context;
    flags.value = 0;
    inputBuffers[0]!.buf = into;
    inputBuffers[0]!.len = into.length;
    const result = lower.lpWSPRecv(this.handle, inputBuffers, 1, byteCount, flags, null, null, null, errno);
    if (result !== 0) return -(errno.value || WSASYSCALLFAILURE);
    return this.#counted(byteCount.value, into.length, 'WSPRecv');
  }

  /** Sends the first `count` of the layer's output buffers, `most` bytes in all. Returns how many, or a negated code. */
  send(count: number, most: number): number {
    const { outputBuffers, byteCount, errno } = this.scratch;
    const { lower } = this.context;
    const result = lower.lpWSPSend(this.handle, outputBuffers, count, byteCount, 0, null, null, null, errno);
    if (result !== 0) return -(errno.value || WSASYSCALLFAILURE);
    return this.#counted(byteCount.value, most, 'WSPSend');
  }

  /** What the provider below says that it did must be possible. */
  #counted(bytes: number, most: number, name: string): number {
    if (Number.isInteger(bytes) && bytes >= 0 && bytes <= most) return bytes;
    const { host, entry } = this.context;
    host.report({
      message: `${entry.szProtocol}: ${name} of the provider below reported ${String(bytes)} of ${most} bytes`,
      provider: entry.szProtocol,
      socket: this.handle,
    });
    return -WSASYSCALLFAILURE;
  }

  /** Receives urgent data, which passes the codec by. Returns how many bytes, or a negated code. */
  receiveUrgent(buffers: WSABUF[], count: number, flags: number): number {
    const { byteCount, errno, flags: lpFlags } = this.scratch;
    lpFlags.value = flags;
    const { lower } = this.context;
    const result = lower.lpWSPRecv(this.handle, buffers, count, byteCount, lpFlags, null, null, null, errno);
    return result === 0 ? byteCount.value : -errno.value;
  }

  /** What has broken the connection since its end was received: 0, or an error that no event tells of any more. */
  errorAfterEnd(): number {
    if (this.gone) return 0;
    const received = this.receiveUrgent([{ len: 1, buf: new Uint8Array(1) }], 1, MSG_PEEK);
    return received >= 0 || received === -WSAEWOULDBLOCK ? 0 : -received;
  }

  /** Sends urgent data, which passes the codec by. Returns how many bytes, or a negated code. */
  sendUrgent(buffers: WSABUF[], count: number, flags: number): number {
    const { byteCount, errno } = this.scratch;
    const { lower } = this.context;
    const result = lower.lpWSPSend(this.handle, buffers, count, byteCount, flags, null, null, null, errno);
    return result === 0 ? byteCount.value : -errno.value;
  }

  atMark(): boolean {
    if (this.gone) return true;
    const answer = new Uint8Array(4);
    this.ioctl(SIOCATMARK, null, 0, answer, 4);
    return answer[0] !== 0;
  }

  localName(slot: AddressSlot): number {
    if (this.#lastLocal !== null) return copyName(this.#lastLocal, slot);
    const { addressLength, errno } = this.scratch;
    addressLength.value = slot.bytes.length;
    return this.#named(slot, this.context.lower.lpWSPGetSockName(this.handle, slot.bytes, addressLength, errno));
  }

  peerName(slot: AddressSlot): number {
    if (this.#lastPeer !== null) return copyName(this.#lastPeer, slot);
    const { addressLength, errno } = this.scratch;
    addressLength.value = slot.bytes.length;
    return this.#named(slot, this.context.lower.lpWSPGetPeerName(this.handle, slot.bytes, addressLength, errno));
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): number {
    const { lower } = this.context;
    return this.#code(lower.lpWSPSetSockOpt(this.handle, level, optname, value, length, this.scratch.errno));
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): number {
    if (this.gone) return -WSAENOTCONN;
    const size: Ref<number> = { value: length };
    const { errno } = this.scratch;
    const result = this.context.lower.lpWSPGetSockOpt(this.handle, level, optname, value, size, errno);
    return result === 0 ? size.value : -errno.value;
  }

  ioctl(code: number, input: Uint8Array | null, inputLength: number, output: Uint8Array | null, room: number): number {
    if (this.gone) return -WSAENOTCONN;
    const { lower } = this.context;
    const { byteCount, errno } = this.scratch;
    const result = lower.lpWSPIoctl(
      this.handle,
      code,
      input,
      inputLength,
      output,
      room,
      byteCount,
      null,
      null,
      null,
      errno,
    );
    return result === 0 ? byteCount.value : -errno.value;
  }

  /** Nothing more will be sent. */
  endSending(): void {
    this.context.lower.lpWSPShutdown(this.handle, SD_SEND, this.scratch.errno);
  }

  /** Takes SO_LINGER off: nobody waits for the socket to be closed any more. */
  lingerNoMore(): void {
    this.setOption(SOL_SOCKET, SO_LINGER, atLeisure, 4);
  }

  /** Resets the connection at once, and lets the socket go; its names stay known. */
  reset(): void {
    if (this.gone) return;
    const [local, peer] = [addressSlot(), addressSlot()];
    const localError = this.localName(local);
    const peerError = this.peerName(peer);
    this.#lastLocal = { slot: local, error: localError };
    this.#lastPeer = { slot: peer, error: peerError };
    this.gone = true;
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
    this.context.host.closeEvent(this.#event);
  }

  #close(): void {
    this.context.host.onEvent(this.#event, null);
    this.context.lower.lpWSPCloseSocket(this.handle, this.scratch.errno);
  }

  /** Makes it a blocking one: a non-blocking one that is to linger would refuse to be closed. */
  #haveWait(): void {
    this.context.lower.lpWSPEventSelect(this.handle, 0, 0, this.scratch.errno);
    this.ioctl(FIONBIO, blocking, 4, null, 0);
  }

  #code(result: number): number {
    return result === 0 ? 0 : this.scratch.errno.value;
  }

  #named(slot: AddressSlot, result: number): number {
    slot.length = result === 0 ? this.scratch.addressLength.value : 0;
    return this.#code(result);
  }
}

function copyName(from: LastName, to: AddressSlot): number {
  to.bytes.set(from.slot.bytes);
  to.length = from.slot.length;
  return from.error;
}
