// Networks below a layer that hand out what comes in pieces of their own.
import type { InstanceHost, LPWSPRECV, LPWSPSTARTUP, SOCKET, WSPPROC_TABLE } from '../index.js';

/**
 * Makes a layer see what comes from below drop by drop.
 *
 * @param WSPStartup the layer's own
 * @returns a `WSPStartup` for the same layer, whose provider below hands out one byte per receive
 */
export function overSlowWire(WSPStartup: LPWSPSTARTUP): LPWSPSTARTUP {
  return overWire(WSPStartup, () => 1);
}

/** A network that cuts what each socket receives in two, once. */
export class CutWire {
  /** The most bytes that a socket has received. */
  longest = 0;
  readonly #received = new Map<SOCKET, number>();

  /** @param at behind how many bytes; `Infinity` for nowhere */
  constructor(private readonly at: number) {}

  /** A `WSPStartup` for the same layer, over this network. */
  under(WSPStartup: LPWSPSTARTUP): LPWSPSTARTUP {
    return overWire(
      WSPStartup,
      (s) => {
        const received = this.#received.get(s) ?? 0;
        return received < this.at ? this.at - received : Infinity;
      },
      (s, bytes) => {
        const received = (this.#received.get(s) ?? 0) + bytes;
        this.#received.set(s, received);
        this.longest = Math.max(this.longest, received);
      },
    );
  }
}

/** A `WSPStartup` whose provider below hands out no more than so many bytes per receive. */
function overWire(
  WSPStartup: LPWSPSTARTUP,
  most: (s: SOCKET) => number,
  received?: (s: SOCKET, bytes: number) => void,
): LPWSPSTARTUP {
  return (wVersionRequested, lpWSPData, lpProtocolInfo, UpcallTable, lpProcTable) => {
    const host: InstanceHost = Object.create(UpcallTable.host, {
      startProvider: {
        value: (...args: Parameters<InstanceHost['startProvider']>) => {
          const started = UpcallTable.host.startProvider(...args);
          return { ...started, procedures: started.procedures && cutting(started.procedures, most, received) };
        },
      },
    }) as InstanceHost;
    return WSPStartup(wVersionRequested, lpWSPData, lpProtocolInfo, { ...UpcallTable, host }, lpProcTable);
  };
}

function cutting(
  procedures: WSPPROC_TABLE,
  most: (s: SOCKET) => number,
  received?: (s: SOCKET, bytes: number) => void,
): WSPPROC_TABLE {
  const lpWSPRecv: LPWSPRECV = (s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, ...rest) => {
    const first = lpBuffers.findIndex((buffer, i) => i < dwBufferCount && buffer.len > 0);
    if (first < 0) return procedures.lpWSPRecv(s, lpBuffers, dwBufferCount, lpNumberOfBytesRecvd, ...rest);
    const { buf, len } = lpBuffers[first]!;
    const piece = [{ len: Math.min(len, most(s)), buf }];
    const result = procedures.lpWSPRecv(s, piece, 1, lpNumberOfBytesRecvd, ...rest);
    if (result === 0) received?.(s, lpNumberOfBytesRecvd?.value ?? 0);
    return result;
  };
  return { ...procedures, lpWSPRecv };
}
