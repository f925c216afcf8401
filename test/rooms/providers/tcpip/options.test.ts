import { describe, expect, test } from 'vitest';
import * as spi from '../../../../dist/spi/index.js';
import { open } from './loopback.js';

const dword = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};

/** What is set, on which socket, and what the kernel then tells: it is the kernel that is asked here. */
const CARRIED: [string, number, number, 1 | 2, number, number, number?][] = [
  ['TCP_KEEPALIVE', spi.IPPROTO_TCP, spi.TCP_KEEPALIVE, 1, 2, 77],
  ['TCP_KEEPINTVL', spi.IPPROTO_TCP, spi.TCP_KEEPINTVL, 1, 2, 5],
  ['TCP_KEEPCNT', spi.IPPROTO_TCP, spi.TCP_KEEPCNT, 1, 2, 7],
  ['TCP_KEEPCNT beyond what Linux counts to', spi.IPPROTO_TCP, spi.TCP_KEEPCNT, 1, 2, 200, 127],
  ['TCP_MAXRT', spi.IPPROTO_TCP, spi.TCP_MAXRT, 1, 2, 9],
  ['TCP_MAXRTMS', spi.IPPROTO_TCP, spi.TCP_MAXRTMS, 1, 2, 9500],
  ['TCP_NODELAY', spi.IPPROTO_TCP, spi.TCP_NODELAY, 1, 2, 1],
  ['UDP_NOCHECKSUM', spi.IPPROTO_UDP, spi.UDP_NOCHECKSUM, 2, 2, 1],
  ['IP_UNICAST_IF', spi.IPPROTO_IP, spi.IP_UNICAST_IF, 2, 2, 0x01000000],
  ['IPV6_UNICAST_IF', spi.IPPROTO_IPV6, spi.IPV6_UNICAST_IF, 2, 23, 1],
  ['IP_MTU_DISCOVER', spi.IPPROTO_IP, spi.IP_MTU_DISCOVER, 2, 2, spi.IP_PMTUDISC_PROBE],
  ['IPV6_TCLASS', spi.IPPROTO_IPV6, spi.IPV6_TCLASS, 2, 23, 0x20],
  ['IPV6_DONTFRAG', spi.IPPROTO_IPV6, spi.IPV6_DONTFRAG, 2, 23, 1],
];

describe.runIf(process.platform === 'linux')('a core of the kernel', () => {
  test.each(CARRIED)('is set to %s', (_name, level, option, type, family, value, told = value) => {
    const core = open(family, type);
    expect(core.setOption(level, option, dword(value), 4)).toBe(0);
    const answer = new Uint8Array(4);
    expect(core.getOption(level, option, answer, 4)).toBe(4);
    expect(new DataView(answer.buffer).getUint32(0, true)).toBe(told);
    core.close();
  });

  test('joins a group over IPv6 for one source', () => {
    const core = open(23, 2);
    const request = spi.GROUP_SOURCE_REQ.encode({
      gsr_interface: 1,
      gsr_group: spi.sockaddr_in6('ff15::77', 0),
      gsr_source: spi.sockaddr_in6('::1', 0),
    });
    expect(core.setOption(spi.IPPROTO_IPV6, spi.MCAST_JOIN_SOURCE_GROUP, request, 264)).toBe(0);
    expect(core.setOption(spi.IPPROTO_IPV6, spi.MCAST_LEAVE_SOURCE_GROUP, request, 264)).toBe(0);
    expect(core.setOption(spi.IPPROTO_IPV6, spi.MCAST_LEAVE_SOURCE_GROUP, request, 264)).not.toBe(0);
    expect(core.setOption(spi.IPPROTO_IPV6, spi.MCAST_JOIN_SOURCE_GROUP, request, 263)).toBe(spi.WSAEFAULT);
    core.close();
  });
});
