// Puts a slow network below a layer: every receive from the provider below yields one byte at most.
import type { InstanceHost, LPWSPRECV, LPWSPSTARTUP, WSPPROC_TABLE } from '../index.js';

/**
 * Makes a layer see what comes from below drop by drop.
 *
 * @param WSPStartup the layer's own
 * @returns a `WSPStartup` for the same layer, whose provider below hands out one byte per receive
 */
export function overSlowWire(WSPStartup: LPWSPSTARTUP): LPWSPSTARTUP {
  return (wVersionRequested, lpWSPData, lpProtocolInfo, UpcallTable, lpProcTable) => {
    const host: InstanceHost = Object.create(UpcallTable.host, {
      startProvider: {
        value: (...args: Parameters<InstanceHost['startProvider']>) => {
          const started = UpcallTable.host.startProvider(...args);
          return { ...started, procedures: started.procedures && slowed(started.procedures) };
        },
      },
    }) as InstanceHost;
    return WSPStartup(wVersionRequested, lpWSPData, lpProtocolInfo, { ...UpcallTable, host }, lpProcTable);
  };
}

function slowed(procedures: WSPPROC_TABLE): WSPPROC_TABLE {
  const lpWSPRecv: LPWSPRECV = (s, lpBuffers, dwBufferCount, ...rest) => {
    const first = lpBuffers.findIndex((buffer, i) => i < dwBufferCount && buffer.len > 0);
    if (first < 0) return procedures.lpWSPRecv(s, lpBuffers, dwBufferCount, ...rest);
    return procedures.lpWSPRecv(s, [{ len: 1, buf: lpBuffers[first]!.buf }], 1, ...rest);
  };
  return { ...procedures, lpWSPRecv };
}
