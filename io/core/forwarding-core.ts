import type { WSABUF, CountOrNegatedCode, ErrorCode } from '../../spi/index.js';
import type { FlowControl } from './flow-control.js';
import type { Flow } from './flow.js';
import type { AddressSlot, CoreNotice, DatagramDetails, SocketCore } from './socket-core.js';

const OPTIONAL_OPERATIONS = [
  'acceptConnection',
  'trySendMessage',
  'trySendFile',
  'endSendFile',
  'setConnectData',
  'connectData',
  'setDisconnectData',
  'disconnectData',
  'joinLeaf',
  'admitFlow',
  'endFlow',
  'flowConditions',
  'reserveFlow',
  'enterGroup',
  'joinGroup',
] as const satisfies readonly (keyof SocketCore)[];

const OPTIONAL_FACTS = [
  'optionLevels',
  'mostConnectData',
  'groupId',
  'hasQualityOfService',
  'isSessionRoot',
  'carriesFlows',
  'flowControl',
] as const satisfies readonly (keyof SocketCore)[];

/** A core that stands for another one: whatever is not overridden, that one does. */
export class ForwardingCore implements SocketCore {
  notice: CoreNotice | null = null;
  // There is each of these where the core has it: what is missing, programs are told.
  readonly acceptConnection?: NonNullable<SocketCore['acceptConnection']>;
  readonly trySendMessage?: NonNullable<SocketCore['trySendMessage']>;
  readonly trySendFile?: NonNullable<SocketCore['trySendFile']>;
  readonly endSendFile?: NonNullable<SocketCore['endSendFile']>;
  readonly setConnectData?: NonNullable<SocketCore['setConnectData']>;
  readonly connectData?: NonNullable<SocketCore['connectData']>;
  readonly setDisconnectData?: NonNullable<SocketCore['setDisconnectData']>;
  readonly disconnectData?: NonNullable<SocketCore['disconnectData']>;
  readonly joinLeaf?: NonNullable<SocketCore['joinLeaf']>;
  readonly enterGroup?: NonNullable<SocketCore['enterGroup']>;
  readonly joinGroup?: NonNullable<SocketCore['joinGroup']>;
  readonly optionLevels?: readonly number[];
  readonly mostConnectData?: number;
  readonly groupId?: number;
  readonly admitFlow?: NonNullable<SocketCore['admitFlow']>;
  readonly endFlow?: NonNullable<SocketCore['endFlow']>;
  readonly reserveFlow?: NonNullable<SocketCore['reserveFlow']>;
  readonly flowConditions?: NonNullable<SocketCore['flowConditions']>;
  readonly hasQualityOfService?: boolean;
  readonly isSessionRoot?: boolean;
  readonly carriesFlows?: boolean;
  readonly flowControl?: FlowControl;
  protected readonly core: SocketCore;

  /**
   * Makes a core that stands for another.
   *
   * @param core what it stands for; its `notice` is left alone
   */
  constructor(core: SocketCore) {
    this.core = core;
    for (const name of OPTIONAL_OPERATIONS) {
      const operation = core[name] as ((...args: never[]) => unknown) | undefined;
      if (operation !== undefined) Object.assign(this, { [name]: operation.bind(core) });
    }
    for (const name of OPTIONAL_FACTS) if (core[name] !== undefined) Object.assign(this, { [name]: core[name] });
  }

  get receivedPart(): boolean {
    return this.core.receivedPart === true;
  }

  get readiness(): number {
    return this.core.readiness;
  }

  set readiness(bits: number) {
    this.core.readiness = bits;
  }

  get flow(): Flow | null | undefined {
    return this.core.flow;
  }

  get flowError(): number {
    return this.core.flowError ?? 0;
  }

  get error(): number {
    return this.core.error;
  }

  set error(code: number) {
    this.core.error = code;
  }

  confirm(bits: number): number {
    return this.core.confirm(bits);
  }

  bind(name: Uint8Array, namelen: number): ErrorCode {
    return this.core.bind(name, namelen);
  }

  listen(backlog: number): ErrorCode {
    return this.core.listen(backlog);
  }

  tryConnect(name: Uint8Array, namelen: number): ErrorCode {
    return this.core.tryConnect(name, namelen);
  }

  tryAccept(peer: AddressSlot): SocketCore | ErrorCode {
    return this.core.tryAccept(peer);
  }

  tryReceive(buffers: WSABUF[], count: number, flags: number, from: AddressSlot | null): CountOrNegatedCode {
    return this.core.tryReceive(buffers, count, flags, from);
  }

  trySend(
    buffers: WSABUF[],
    count: number,
    flags: number,
    to: Uint8Array | null,
    tolen: number,
    offset: number,
  ): CountOrNegatedCode {
    return this.core.trySend(buffers, count, flags, to, tolen, offset);
  }

  trySendWhole(buffers: WSABUF[], count: number, flags: number): CountOrNegatedCode {
    const core = this.core;
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
  ): CountOrNegatedCode {
    const core = this.core;
    return core.tryReceiveMessage === undefined
      ? core.tryReceive(buffers, count, flags, from)
      : core.tryReceiveMessage(buffers, count, flags, from, details);
  }

  shutdown(how: number): ErrorCode {
    return this.core.shutdown(how);
  }

  abort(): void {
    this.core.abort();
  }

  close(): void {
    this.core.close();
  }

  available(): number {
    return this.core.available();
  }

  unsent(): number {
    return this.core.unsent();
  }

  atMark(): boolean {
    return this.core.atMark();
  }

  localName(slot: AddressSlot): ErrorCode {
    return this.core.localName(slot);
  }

  peerName(slot: AddressSlot): ErrorCode {
    return this.core.peerName(slot);
  }

  setOption(level: number, optname: number, value: Uint8Array, length: number): ErrorCode {
    return this.core.setOption(level, optname, value, length);
  }

  getOption(level: number, optname: number, value: Uint8Array, length: number): CountOrNegatedCode {
    return this.core.getOption(level, optname, value, length);
  }

  ioctl(
    code: number,
    input: Uint8Array | null,
    inputLength: number,
    output: Uint8Array | null,
    outputLength: number,
  ): CountOrNegatedCode {
    return this.core.ioctl(code, input, inputLength, output, outputLength);
  }
}
