import {
  FD_ACCEPT,
  FD_ACCEPT_BIT,
  FD_ADDRESS_LIST_CHANGE,
  FD_ADDRESS_LIST_CHANGE_BIT,
  FD_CLOSE,
  FD_CLOSE_BIT,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_GROUP_QOS,
  FD_GROUP_QOS_BIT,
  FD_MAX_EVENTS,
  FD_OOB,
  FD_OOB_BIT,
  FD_QOS,
  FD_QOS_BIT,
  FD_READ,
  FD_READ_BIT,
  FD_ROUTING_INTERFACE_CHANGE,
  FD_ROUTING_INTERFACE_CHANGE_BIT,
  FD_WRITE,
  FD_WRITE_BIT,
  MAKELONG,
  type InstanceHost,
} from '../../spi/index.js';

/** What re-enables the reporting of an event: a call of this kind, even one that fails. */
export type Reenabling = 'receive' | 'send' | 'accept' | 'getQos' | 'getGroupQos' | 'ioctl' | 'never';

/** One row of the table of network events. */
export interface NetworkEventRow {
  readonly name: string;
  readonly bit: number;
  /** Index into `WSANETWORKEVENTS.iErrorCode`. */
  readonly index: number;
  /**
   * `level`: reported again after the re-enabling call while the condition holds; `edge`: once per change; `once`:
   * once.
   */
  readonly trigger: 'level' | 'edge' | 'once';
  readonly reenabledBy: Reenabling;
}

/**
 * The table of network events (WSAAsyncSelect, WSAEventSelect). How the two registrations differ is measured behaviour,
 * section 19: an event object gets a history, in which an event that was fetched comes again only when something new
 * happens; a window gets what holds at the time of each registration, and one message per event until it is re-enabled.
 */
export const NETWORK_EVENTS: readonly NetworkEventRow[] = [
  { name: 'FD_READ', bit: FD_READ, index: FD_READ_BIT, trigger: 'level', reenabledBy: 'receive' },
  { name: 'FD_WRITE', bit: FD_WRITE, index: FD_WRITE_BIT, trigger: 'edge', reenabledBy: 'send' },
  { name: 'FD_OOB', bit: FD_OOB, index: FD_OOB_BIT, trigger: 'level', reenabledBy: 'receive' },
  { name: 'FD_ACCEPT', bit: FD_ACCEPT, index: FD_ACCEPT_BIT, trigger: 'level', reenabledBy: 'accept' },
  { name: 'FD_CONNECT', bit: FD_CONNECT, index: FD_CONNECT_BIT, trigger: 'once', reenabledBy: 'never' },
  { name: 'FD_CLOSE', bit: FD_CLOSE, index: FD_CLOSE_BIT, trigger: 'once', reenabledBy: 'never' },
  { name: 'FD_QOS', bit: FD_QOS, index: FD_QOS_BIT, trigger: 'edge', reenabledBy: 'getQos' },
  { name: 'FD_GROUP_QOS', bit: FD_GROUP_QOS, index: FD_GROUP_QOS_BIT, trigger: 'edge', reenabledBy: 'getGroupQos' },
  {
    name: 'FD_ROUTING_INTERFACE_CHANGE',
    bit: FD_ROUTING_INTERFACE_CHANGE,
    index: FD_ROUTING_INTERFACE_CHANGE_BIT,
    trigger: 'edge',
    reenabledBy: 'ioctl',
  },
  {
    name: 'FD_ADDRESS_LIST_CHANGE',
    bit: FD_ADDRESS_LIST_CHANGE,
    index: FD_ADDRESS_LIST_CHANGE_BIT,
    trigger: 'edge',
    reenabledBy: 'ioctl',
  },
];

/** For each bit's index, whether the event is level-triggered; derived from the table once. */
const LEVEL_TRIGGERED = NETWORK_EVENTS.reduce((bits, row) => (row.trigger === 'level' ? bits | row.bit : bits), 0);

/** For each kind of call, the events that it re-enables; derived from the table once. */
export const REENABLED: Readonly<Record<Reenabling, number>> = {
  receive: eventsReenabledBy('receive'),
  send: eventsReenabledBy('send'),
  accept: eventsReenabledBy('accept'),
  getQos: eventsReenabledBy('getQos'),
  getGroupQos: eventsReenabledBy('getGroupQos'),
  ioctl: eventsReenabledBy('ioctl'),
  never: eventsReenabledBy('never'),
};

function eventsReenabledBy(call: Reenabling): number {
  return NETWORK_EVENTS.reduce((bits, row) => (row.reenabledBy === call ? bits | row.bit : bits), 0);
}

/** What holds until the application has looked, and is told to each window that is registered before. */
const UNSEEN = REENABLED.getQos | REENABLED.getGroupQos;

/** Who is told: nobody, an event object, or a window. */
export const EventRegistration = { NONE: 0, EVENT: 1, MESSAGE: 2 } as const;

/** The network events of one socket: what is wanted, what is recorded or posted, and each one's error. */
export class NetworkEventRecord {
  registration: number = EventRegistration.NONE;
  /** The events wanted. */
  mask = 0;
  /** The event object's handle, or the window's. */
  target = 0;
  /** The message to post. */
  message = 0;
  /** Events that happened and were not fetched (event objects), or not posted yet (messages). */
  pending = 0;
  /** Events posted to the window and not yet re-enabled. */
  posted = 0;
  /** Events that happened and were not re-enabled since, fetched or not. */
  told = 0;
  /** A send found no room: room is news. */
  #roomAwaited = false;
  /** Each event's error; made when there is one. */
  #errors: number[] | null = null;

  constructor(
    private readonly host: InstanceHost,
    /** The handle by which the application knows the socket. */
    private readonly socket: number,
  ) {}

  /** Records that an event happened, and tells who wants to know. */
  indicate(bit: number, index: number, error: number): void {
    this.keepError(index, error);
    this.told |= bit;
    if (this.registration === EventRegistration.MESSAGE) {
      if ((this.mask & bit) === 0) this.pending |= bit;
      else if ((this.posted & bit) === 0) this.post(bit, index);
    } else {
      this.pending |= bit;
      if ((this.mask & bit) !== 0) this.host.setEvent(this.target);
    }
    if (this.host.isObserved(this.socket)) this.host.notifyNetworkEvent(this.socket, bit, error);
  }

  /**
   * Takes note of a call that re-enables events; the front then indicates again what still holds.
   *
   * @param left events that are known to hold still, and stay recorded
   */
  reenable(bits: number, left = 0): void {
    this.posted &= ~bits;
    this.told &= ~bits;
    this.pending &= ~(bits & LEVEL_TRIGGERED & ~left);
    // Nobody was to be told of what the application has found out by itself.
    this.pending &= ~(bits & UNSEEN & ~this.mask);
  }

  /** Begins with what holds now: that has happened, and was told to nobody. */
  begin(holds: number): void {
    this.pending = this.told = holds;
  }

  /** The socket is as good as new: what was told of before may be told again. */
  restart(): void {
    this.posted = this.told = 0;
  }

  /** Reports nothing any more. */
  silence(): void {
    this.registration = EventRegistration.NONE;
  }

  /** A send found no room: FD_WRITE follows once there is some. */
  awaitRoom(): void {
    this.#roomAwaited = true;
  }

  /** There is room to send: records FD_WRITE if that is awaited. */
  indicateRoom(): void {
    if (!this.#roomAwaited) return;
    this.#roomAwaited = false;
    this.indicate(FD_WRITE, FD_WRITE_BIT, 0);
  }

  /** Registers an event object. What happened and was not fetched is signalled at once. */
  selectEvent(hEvent: number, mask: number): void {
    this.registration = mask === 0 ? EventRegistration.NONE : EventRegistration.EVENT;
    this.mask = mask;
    this.target = mask === 0 ? 0 : hEvent;
    if ((this.pending & mask) !== 0) this.host.setEvent(hEvent);
  }

  /** Registers a window. What holds now is posted at once. */
  selectMessage(hWnd: number, message: number, mask: number, holds: number): void {
    this.registration = mask === 0 ? EventRegistration.NONE : EventRegistration.MESSAGE;
    this.mask = mask;
    this.target = hWnd;
    this.message = message;
    this.posted = 0;
    const wanted = mask & (holds | (this.told & UNSEEN));
    for (const row of NETWORK_EVENTS) {
      if ((wanted & row.bit) !== 0) this.post(row.bit, row.index);
    }
  }

  /** The record as `WSAEnumNetworkEvents` gives it: what is wanted and happened, which is then forgotten. */
  fetch(errors: number[]): number {
    const happened = this.pending & this.mask;
    if (happened !== 0) {
      this.pending &= ~happened;
      for (let index = 0; index < FD_MAX_EVENTS; index++) {
        if ((happened & (1 << index)) !== 0) errors[index] = this.errorOf(index);
      }
    }
    return happened;
  }

  /** Takes note of an event's error. */
  keepError(index: number, error: number): void {
    if (error === 0 && this.#errors === null) return;
    this.#errors ??= new Array<number>(FD_MAX_EVENTS).fill(0);
    this.#errors[index] = error;
  }

  private errorOf(index: number): number {
    return this.#errors === null ? 0 : this.#errors[index]!;
  }

  private post(bit: number, index: number): void {
    this.posted |= bit;
    this.pending &= ~bit;
    this.host.postMessage(this.target, this.message, this.socket, MAKELONG(bit, this.errorOf(index)));
  }
}
