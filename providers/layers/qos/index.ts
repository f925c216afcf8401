/**
 * The layer of quality of service: gives sockets of TCP/IP what protocols with XP1_QOS_SUPPORTED have. Their sends are held
 * to the token bucket of the flow that they ask for, capacity is reserved and refused when it is spent, and packets are
 * marked and paced where the system can do that.
 *
 * @module
 */
import { defineLayer, type Layer, type LayerContext, type LayerOverrides } from '../../../chain/index.js';
import {
  checkFlow,
  checkFlowBytes,
  FLOWS_RESERVED,
  reservedRate,
  Reservations,
  SIO_BEGIN_FLOWS,
  type Flow,
  type Reserver,
} from '../../../io/index.js';
import {
  INVALID_SOCKET,
  QOS,
  SIO_CHK_QOS,
  SIO_GET_GROUP_QOS,
  SIO_GET_QOS,
  SIO_SET_GROUP_QOS,
  SIO_SET_QOS,
  SOCKET_ERROR,
  WSAEACCES,
  WSAEFAULT,
  WSAENOPROTOOPT,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  WSAEWOULDBLOCK,
  XP1_QOS_SUPPORTED,
  type LPWSPSTARTUP,
} from '../../../spi/index.js';
import { checkOptions, isObject, numberThat, textThat, type OptionRule } from '../../../spi/option-check.js';
import { withMarks, type Marking, type ServiceMarks } from './marks.js';

export type { Marking, ServiceMarks } from './marks.js';

/** What the layer promises, and how it marks packets. */
export interface QosOptions {
  /**
   * Bytes per second of the line that may be reserved in all, by whatever sockets use this layer in this process. Without it
   * guaranteed and controlled-load service are the business of the provider below: TCP/IP refuses them.
   */
  readonly capacity?: number;
  /**
   * The differentiated-services field, 0 to 63, of the packets of each service; `false` for no marks. Windows' own if
   * absent: 40 for guaranteed, 24 for controlled-load service, 0 for the others.
   */
  readonly dscp?: Marking;
  /**
   * The priority on the link, 0 to 7, of the packets of each service; `false` for none. Windows' own if absent: 5 for
   * guaranteed, 4 for controlled-load service, 0 for the others.
   */
  readonly priority?: Marking;
  /** The layer's name; `qos` if absent. */
  readonly name?: string;
}

const SERVICES = ['bestEffort', 'controlledLoad', 'guaranteed', 'qualitative'];

function marking(most: number): OptionRule {
  const isMark = (value: unknown): boolean =>
    value === undefined || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most);
  return {
    fits: (value) =>
      value === false ||
      (isObject(value) && Object.entries(value).every(([name, mark]) => SERVICES.includes(name) && isMark(mark))),
    expected: `false, or an object with numbers from 0 to ${most} for some of ${SERVICES.join(', ')}`,
  };
}

const RULES: Readonly<Record<keyof QosOptions, OptionRule>> = {
  capacity: numberThat((value) => value > 0 && value < Infinity, 'bytes per second, more than 0'),
  dscp: marking(63),
  priority: marking(7),
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

const DSCP: ServiceMarks = { guaranteed: 40, controlledLoad: 24 };
const PRIORITY: ServiceMarks = { guaranteed: 5, controlledLoad: 4 };

/**
 * Makes a layer of quality of service, to lie directly over the base protocol.
 *
 * @param options what it promises, and how it marks packets
 * @throws TypeError for an option that there is not, or that cannot be so; it names the option and what it must be
 */
export function qos(options: QosOptions = {}): Layer {
  checkOptions('qos', options, RULES);
  const { capacity, dscp = DSCP, priority = PRIORITY, name = 'qos' } = options;
  const reservations = capacity === undefined ? null : new Reservations(capacity);
  return defineLayer({
    name,
    version: '1.0.0',
    services: XP1_QOS_SUPPORTED,
    overrides: (context) => overridesOf(new Flows(context, reservations, { dscp, priority })),
  });
}

/** The layer as a provider, for catalogs: without a capacity of its own. */
export const WSPStartup: LPWSPSTARTUP = qos().WSPStartup;

const CODES: ReadonlySet<number> = new Set([
  SIO_GET_QOS,
  SIO_SET_QOS,
  SIO_GET_GROUP_QOS,
  SIO_SET_GROUP_QOS,
  SIO_CHK_QOS,
]);

/** What one socket has of the layer's capacity. */
class Reservation implements Reserver {
  /** Bytes per second. */
  rate = 0;

  revoked(): void {
    this.rate = 0;
  }
}

/** The flows of the sockets of one start of the layer. */
class Flows {
  readonly #held = new Map<number, Reservation>();
  readonly #begin = new Uint8Array(4);

  constructor(
    private readonly context: LayerContext,
    readonly reservations: Reservations | null,
    readonly marks: { readonly dscp: Marking; readonly priority: Marking },
  ) {
    if (reservations !== null) this.#begin[0] = FLOWS_RESERVED;
  }

  /**
   * Has the provider below hold the socket to flows.
   *
   * @returns 0; WSAENOTSOCK, or WSAEOPNOTSUPP from a provider that cannot
   */
  begin(s: number): number {
    const errno = { value: 0 };
    const { lower } = this.context;
    const begun = lower.lpWSPIoctl(
      s,
      SIO_BEGIN_FLOWS,
      this.#begin,
      4,
      null,
      0,
      { value: 0 },
      null,
      null,
      this.context.host.thread,
      errno,
    );
    if (begun === 0) return 0;
    return errno.value === WSAENOTSOCK ? WSAENOTSOCK : WSAEOPNOTSUPP;
  }

  /**
   * Reserves what a flow asks to be guaranteed, as long as `take` succeeds.
   *
   * @returns whether there was enough
   */
  reserve(s: number, flow: Flow, take: () => boolean): boolean {
    const { reservations } = this;
    if (reservations === null) {
      take();
      return true;
    }
    const held = this.#held.get(s) ?? new Reservation();
    const before = held.rate;
    const rate = reservedRate(flow.sending);
    if (!reservations.reserve(held, rate)) return false;
    this.#held.set(s, held);
    held.rate = rate;
    if (!take()) {
      reservations.reserve(held, before);
      held.rate = before;
    }
    return true;
  }

  closed(s: number): void {
    const held = this.#held.get(s);
    if (held === undefined) return;
    this.reservations?.release(held);
    this.#held.delete(s);
  }

  ended(): void {
    for (const s of [...this.#held.keys()]) this.closed(s);
  }
}

function overridesOf(flows: Flows): LayerOverrides {
  /** Asks for a flow with marks, and without where they cannot be had. */
  function ask(
    given: QOS,
    flow: Flow,
    call: (qos: QOS) => number,
    failure: number,
    lpErrno: { value: number },
  ): number {
    const marked = withMarks(given, flow, flows.marks);
    const result = call(marked);
    const unmarked = marked !== given && result === failure && MARK_FAILURES.has(lpErrno.value);
    return unmarked ? call(given) : result;
  }

  /** Connects or joins with what is asked for along with that. */
  function askAlong(
    s: number,
    lpSQOS: QOS | null,
    call: (qos: QOS | null) => number,
    failure: number,
    lpErrno: { value: number },
  ): number {
    const refused = flows.begin(s);
    if (refused !== 0) return fail(lpErrno, refused, failure);
    if (lpSQOS === null) return call(null);
    const flow = checkFlow(lpSQOS, null, false);
    if (typeof flow === 'number') return call(lpSQOS);
    let result = 0;
    const enough = flows.reserve(s, flow, () => {
      // Copies, for whoever refuses them writes into them what there is.
      let told = lpSQOS;
      result = ask(lpSQOS, flow, (wanted) => call((told = { ...wanted })), failure, lpErrno);
      const { SendingFlowspec, ReceivingFlowspec } = told;
      Object.assign(lpSQOS, { SendingFlowspec, ReceivingFlowspec });
      return result !== failure || lpErrno.value === WSAEWOULDBLOCK;
    });
    return enough ? result : fail(lpErrno, WSAEOPNOTSUPP, failure);
  }

  return {
    WSPIoctl(lower, ...args) {
      const [s, code, input, inputLength, output, room, lpBytes, overlapped, routine, thread, lpErrno] = args;
      if (!CODES.has(code >>> 0)) return lower.lpWSPIoctl(...args);
      const refused = flows.begin(s);
      if (refused === WSAENOTSOCK) return fail(lpErrno, refused);
      if (refused !== 0) return fail(lpErrno, code >>> 0 === SIO_SET_QOS ? refused : WSAENOPROTOOPT);
      if (code >>> 0 !== SIO_SET_QOS) return lower.lpWSPIoctl(...args);
      if (!(input instanceof Uint8Array) || !(inputLength <= input.length)) return fail(lpErrno, WSAEFAULT);
      // What is wrong with it, the provider below says.
      const flow = checkFlowBytes(input.subarray(0, inputLength), null, false);
      if (typeof flow === 'number') return lower.lpWSPIoctl(...args);
      const set = (wanted: QOS): number => {
        const bytes = QOS.encode(wanted);
        return lower.lpWSPIoctl(
          s,
          code,
          bytes,
          bytes.length,
          output,
          room,
          lpBytes,
          overlapped,
          routine,
          thread,
          lpErrno,
        );
      };
      let result = 0;
      const enough = flows.reserve(s, flow, () => {
        result = ask(QOS.decode(input.subarray(0, inputLength)), flow, set, SOCKET_ERROR, lpErrno);
        return result === 0;
      });
      return enough ? result : fail(lpErrno, WSAEOPNOTSUPP);
    },

    WSPConnect(lower, s, name, namelen, callerData, calleeData, lpSQOS, lpGQOS, lpErrno) {
      const connect = (wanted: QOS | null): number =>
        lower.lpWSPConnect(s, name, namelen, callerData, calleeData, wanted, lpGQOS, lpErrno);
      if (lpSQOS === null && lpGQOS === null) return connect(null);
      return askAlong(s, lpSQOS, connect, SOCKET_ERROR, lpErrno);
    },

    WSPJoinLeaf(lower, s, name, namelen, callerData, calleeData, lpSQOS, lpGQOS, dwFlags, lpErrno) {
      const join = (wanted: QOS | null): number =>
        lower.lpWSPJoinLeaf(s, name, namelen, callerData, calleeData, wanted, lpGQOS, dwFlags, lpErrno);
      if (lpSQOS === null && lpGQOS === null) return join(null);
      return askAlong(s, lpSQOS, join, INVALID_SOCKET, lpErrno);
    },

    WSPCloseSocket(lower, s, lpErrno) {
      const result = lower.lpWSPCloseSocket(s, lpErrno);
      if (result === 0) flows.closed(s);
      return result;
    },

    WSPCleanup(lower, lpErrno) {
      flows.ended();
      return lower.lpWSPCleanup(lpErrno);
    },
  };
}

/** What a system says that cannot mark packets as it was asked to. */
const MARK_FAILURES: ReadonlySet<number> = new Set([WSAEACCES, WSAENOPROTOOPT, WSAEOPNOTSUPP]);

function fail(lpErrno: { value: number }, error: number, failure: number = SOCKET_ERROR): number {
  lpErrno.value = error;
  return failure;
}
