// WSAGetOverlappedResult by the status in the structure (measured behaviour 35), and cancelling (35.2).
import { expect } from 'vitest';
import * as winsock from 'ws2spi';
import { ref, WSAEINVAL, WSAENOTSOCK, WSAOVERLAPPED } from 'ws2spi';
import { buffer, describeOnEveryChain, describeOnEveryProvider } from '../../support/providers.js';

/** The whole table of 35: WinSock's error, and the statuses that mean it. */
const TABLE: Record<string, string> = {
  WSA_IO_INCOMPLETE: 'PENDING',
  WSAEMSGSIZE: 'BUFFER_OVERFLOW INVALID_BUFFER_SIZE',
  WSAEOPNOTSUPP: 'NOT_IMPLEMENTED NOT_SUPPORTED',
  WSAEFAULT: 'ACCESS_VIOLATION BUFFER_TOO_SMALL DATATYPE_MISALIGNMENT_ERROR',
  WSAENOBUFS:
    'PAGEFILE_QUOTA NO_MEMORY CONFLICTING_ADDRESSES QUOTA_EXCEEDED TOO_MANY_PAGING_FILES INSUFFICIENT_RESOURCES ' +
    'WORKING_SET_QUOTA COMMITMENT_LIMIT REMOTE_RESOURCES TOO_MANY_ADDRESSES',
  WSAENOTSOCK: 'INVALID_HANDLE OBJECT_TYPE_MISMATCH',
  WSAENETDOWN:
    'NO_SUCH_DEVICE NO_SUCH_FILE OBJECT_NAME_NOT_FOUND OBJECT_PATH_NOT_FOUND NETWORK_BUSY INVALID_NETWORK_RESPONSE ' +
    'UNEXPECTED_NETWORK_ERROR',
  WSAEACCES: 'ACCESS_DENIED',
  WSAEADDRINUSE: 'SHARING_VIOLATION ADDRESS_ALREADY_EXISTS',
  WSAEWOULDBLOCK: 'DEVICE_NOT_READY REQUEST_NOT_ACCEPTED',
  WSAESHUTDOWN: 'PIPE_DISCONNECTED',
  WSAETIMEDOUT: 'IO_TIMEOUT LINK_TIMEOUT',
  WSAECONNREFUSED: 'REMOTE_NOT_LISTENING CONNECTION_REFUSED',
  WSAENETUNREACH: 'BAD_NETWORK_PATH NETWORK_UNREACHABLE PROTOCOL_UNREACHABLE',
  WSA_OPERATION_ABORTED: 'CANCELLED',
  WSAECONNABORTED: 'LOCAL_DISCONNECT TRANSACTION_ABORTED CONNECTION_ABORTED',
  WSAECONNRESET: 'REMOTE_DISCONNECT LINK_FAILED CONNECTION_DISCONNECTED CONNECTION_RESET PORT_UNREACHABLE',
  WSAENOTCONN: 'INVALID_CONNECTION',
  WSAEADDRNOTAVAIL: 'INVALID_ADDRESS INVALID_ADDRESS_COMPONENT',
  WSAEDISCON: 'GRACEFUL_DISCONNECT',
  WSAEISCONN: 'CONNECTION_ACTIVE',
  WSAEHOSTUNREACH: 'HOST_UNREACHABLE',
  WSAEINTR: 'REQUEST_ABORTED',
  WSAEHOSTDOWN: 'HOST_DOWN',
};

const constant = (name: string): number => (winsock as unknown as Record<string, number>)[name]!;

describeOnEveryProvider('WSAGetOverlappedResult', ({ it }) => {
  // 35
  it('makes of every status what Windows makes of it', (world) => {
    const s = world.tcpSocket();
    for (const [error, statuses] of Object.entries(TABLE)) {
      for (const name of statuses.split(' ')) {
        const status = constant(`STATUS_${name}`);
        expect(status, name).toBeTypeOf('number');
        // As Windows has it, unsigned, or as a signed number.
        for (const Internal of [status, status | 0]) {
          const overlapped = Object.assign(new WSAOVERLAPPED(), { Internal, InternalHigh: 7 });
          const bytes = ref(0);
          const result = world.ws2.WSAGetOverlappedResult(s, overlapped, bytes, false, ref(0));
          expect([name, result, world.ws2.WSAGetLastError()]).toEqual([name, false, constant(error)]);
          if (name !== 'PENDING') expect(bytes.value).toBe(7);
        }
      }
    }
  });

  // 35
  it('takes any other failure for WSAEINVAL, and anything that is none for success', (world) => {
    const s = world.tcpSocket();
    for (const Internal of [0xc0000001, 0xc00000ff, 0x80000001, 0xc0070000]) {
      const overlapped = Object.assign(new WSAOVERLAPPED(), { Internal });
      expect(world.code(world.ws2.WSAGetOverlappedResult(s, overlapped, ref(0), false, ref(0)))).toBe(WSAEINVAL);
    }
    for (const Internal of [0, 1, 0x102, 0x104, 0x40000000, 0x7fffffff]) {
      const overlapped = Object.assign(new WSAOVERLAPPED(), { Internal, InternalHigh: 7 });
      const bytes = ref(0);
      expect(world.ws2.WSAGetOverlappedResult(s, overlapped, bytes, false, ref(0))).toBe(true);
      expect([bytes.value, world.ws2.WSAGetLastError()]).toEqual([7, 0]);
    }
  });

  // 35.1
  it('wants a socket', (world) => {
    for (const s of [0xdeadbeef, 0xffffffff, world.event(), 2]) {
      expect(world.code(world.ws2.WSAGetOverlappedResult(s, new WSAOVERLAPPED(), ref(0), false, ref(0)))).toBe(
        WSAENOTSOCK,
      );
    }
  });
});

describeOnEveryChain('WSAGetOverlappedResult that waits', ({ it }) => {
  // 35.2
  it('runs no routine', (world) => {
    const { client, server } = world.connectedPair();
    let ran = 0;
    world.ws2.host.QueueUserAPC(() => void ran++, null);
    const overlapped = Object.assign(new WSAOVERLAPPED(), { hEvent: world.event() });
    world.ws2.WSARecv(server, [buffer(1)], 1, null, ref(0), overlapped, null);
    world.send(client, 'x');
    const bytes = ref(0);
    expect(world.ws2.WSAGetOverlappedResult(server, overlapped, bytes, true, ref(0))).toBe(true);
    expect([bytes.value, ran]).toEqual([1, 0]);
    world.ws2.host.SleepEx(0, true);
    expect(ran).toBe(1);
  });
});
