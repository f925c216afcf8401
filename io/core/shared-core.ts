import type { WSABUF } from '../../spi/index.js';
import type { AddressSlot, CoreNotice, DatagramDetails, SocketCore } from './socket-core.js';

/** A core that several sockets share, because one was duplicated: it lives as long as one of them. */
class SharedCore implements CoreNotice {
  readonly views = new Set<CoreView>();

  constructor(readonly core: SocketCore) {
    core.notice = this;
  }

  /** That of the first: they are one socket to a codec. */
  get handle(): number {
    for (const { notice } of this.views) if (notice?.handle !== undefined) return notice.handle;
    return 0;
  }

  changed(edges: number): void {
    for (const view of this.views) view.notice?.changed(edges);
  }
}

const OPTIONAL_OPERATIONS = [
  'trySendMessage',
  'trySendFile',
  'setConnectData',
  'connectData',
  'setDisconnectData',
  'disconnectData',
  'joinLeaf',
] as const satisfies readonly (keyof SocketCore)[];

const OPTIONAL_FACTS = [
  'optionLevels',
  'groupId',
  'hasQualityOfService',
] as const satisfies readonly (keyof SocketCore)[];

/** What one of the sockets has of a shared core. */
class CoreView implements SocketCore {
  notice: CoreNotice | null = null;
  // There is each of these where the core has it: what is missing, programs are told.
  readonly trySendMessage?: NonNullable<SocketCore['trySendMessage']>;
  readonly trySendFile?: NonNullable<SocketCore['trySendFile']>;
  readonly setConnectData?: NonNullable<SocketCore['setConnectData']>;
  readonly connectData?: NonNullable<SocketCore['connectData']>;
  readonly setDisconnectData?: NonNullable<SocketCore['setDisconnectData']>;
  readonly disconnectData?: NonNullable<SocketCore['disconnectData']>;
  readonly joinLeaf?: NonNullable<SocketCore['joinLeaf']>;
  readonly optionLevels?: readonly number[];
  readonly groupId?: number;
  readonly hasQualityOfService?: boolean;
  readonly #core: SocketCore;
  readonly #shared: SharedCore;

  constructor(shared: SharedCore) {
    const { core } = shared;
    this.#shared = shared;
    this.#core = core;
    for (const name of OPTIONAL_OPERATIONS) {
      const operation = core[name] as ((...args: never[]) => unknown) | undefined;
      if (operation !== undefined) Object.assign(this, { [name]: operation.bind(core) });
    }
    for (const name of OPTIONAL_FACTS) if (core[name] !== undefined) Object.assign(this, { [name]: core[name] });
    shared.views.add(this);
  }

  /** One more view of the same core. */
  again(): CoreView {
    return new CoreView(this.#shared);
  }

  get readiness(): number {
    return this.#core.readiness;
  }

  set readiness(bits: number) {
    this.#core.readiness = bits;
  }

  get error(): number {
    return this.#core.error;
  }

  set error(code: number) {
    this.#core.error = code;
  }

  confirm(bits: number): number {
    return this.#core.confirm(bits);
  }

  bind(name: Uint8Array, namelen: number): number {
    return this.#core.bind(name, namelen);
  }

  listen(backlog: number): number {
    return this.#core.listen(backlog);
  }

  tryConnect(name: Uint8Array, namelen: number): number {
    return this.#core.tryConnect(name, namelen);
  }

  tryAccept(peer: AddressSlot): SocketCore | number {
    return this.#core.tryAccept(peer);
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): number {
    return this.#core.tryReceive(buffers, count, flags, from);
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): number {
    return this.#core.trySend(buffers, count, flags, to, tolen, offset);
  }

  trySendWhole(buffers: WSABUF[], count: number, flags: number): number {
    const core = this.#core;
    return core.trySendWhole === undefined
      ? core.trySend(buffers, count, flags, null, 0, 0)
      : core.trySendWhole(buffers, count, flags);
  }

  tryReceiveMessage(
    buffers: WSABUF[],
    count: number,
    flags: number,
    from: AddressSlot | null,
    details: DatagramDetails,
  ): number {
    const core = this.#core;
    return core.tryReceiveMessage === undefined
      ? core.tryReceive(buffers, count, flags, from)
      : core.tryReceiveMessage(buffers, count, flags, from, details);
  }

  shutdown(how: number): number {
    return this.#core.shutdown(how);
  }

  /** The last one ends the connection; the others leave it to those that still have it. */
  abort(): void {
    if (this.#leave()) this.#core.abort();
  }

  close(): void {
    if (this.#leave()) this.#core.close();
  }

  #leave(): boolean {
    this.notice = null;
    return this.#shared.views.delete(this) && this.#shared.views.size === 0;
  }

  available(): number {
    return this.#core.available();
  }

  /** Nobody lingers for what others may still deliver. */
  unsent(): number {
    return this.#shared.views.size > 1 ? 0 : this.#core.unsent();
  }

  atMark(): boolean {
    return this.#core.atMark();
  }

  localName(slot: AddressSlot): number {
    return this.#core.localName(slot);
  }

  peerName(slot: AddressSlot): number {
    return this.#core.peerName(slot);
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): number {
    return this.#core.setOption(level, optname, value, length);
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): number {
    return this.#core.getOption(level, optname, value, length);
  }

  ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    outputLength: number,
  ): number {
    return this.#core.ioctl(code, input, inputLength, output, outputLength);
  }
}

/**
 * Makes a second core of one that is in use, for a duplicate of its socket.
 *
 * @param core the socket's core
 * @returns the core that the socket has from now on, and the duplicate's
 */
export function shareCore(core: SocketCore): { own: SocketCore; other: SocketCore } {
  if (core instanceof CoreView) return { own: core, other: core.again() };
  const shared = new SharedCore(core);
  return { own: new CoreView(shared), other: new CoreView(shared) };
}
