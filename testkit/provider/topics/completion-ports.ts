// What programs rely on: completion ports.
import {
  ERROR_NETNAME_DELETED,
  ERROR_OPERATION_ABORTED,
  ref,
  WAIT_TIMEOUT,
  WSA_INVALID_HANDLE,
  WSA_IO_PENDING,
  WSAENOTCONN,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

interface Taken {
  ok: boolean;
  error: number;
  bytes: number;
  key: unknown;
  overlapped: WSAOVERLAPPED | null;
}

function take(world: ProviderWorld, port: number, ms = 60_000): Taken {
  const bytes = ref(-1);
  const key = ref<unknown>('untouched');
  const overlapped = ref<WSAOVERLAPPED | null>(null);
  const ok = world.ws2.host.GetQueuedCompletionStatus(port, bytes, key, overlapped, ms);
  return {
    ok,
    error: ok ? 0 : world.ws2.WSAGetLastError(),
    bytes: bytes.value,
    key: key.value,
    overlapped: overlapped.value,
  };
}

function receiveOverlapped(world: ProviderWorld, s: number, room: { len: number; buf: Uint8Array }): WSAOVERLAPPED {
  const overlapped = new WSAOVERLAPPED();
  const code = world.code(world.ws2.WSARecv(s, [room], 1, null, ref(0), overlapped, null));
  expect([0, WSA_IO_PENDING]).toContain(code);
  return overlapped;
}

/** What programs rely on: A completion port. */
export const aCompletionPort = topic('A completion port', [], (on) => {
  on.it('gets a packet with the key for every operation, whether it had to wait or not', (world) => {
    const { client, server } = world.connectedPair();
    const port = world.ws2.host.CreateIoCompletionPort(server, null, 'the key');
    expect(port).toBeGreaterThan(0);
    const first = receiveOverlapped(world, server, buffer(5));
    world.send(client, 'hello');
    expect(take(world, port)).toEqual({ ok: true, error: 0, bytes: 5, key: 'the key', overlapped: first });

    const sent = new WSAOVERLAPPED();
    expect(world.ws2.WSASend(server, [buffer('back')], 1, null, 0, sent, null)).toBe(0);
    expect(take(world, port)).toEqual({ ok: true, error: 0, bytes: 4, key: 'the key', overlapped: sent });
    world.ws2.host.CloseHandle(port);
  });

  // 31.4
  on.it('times out without touching bytes and key (31.4)', (world) => {
    const port = world.ws2.host.CreateIoCompletionPort(null, null, 0);
    expect(take(world, port, world.clock === null ? 5 : 1000)).toEqual({
      ok: false,
      error: WAIT_TIMEOUT,
      bytes: -1,
      key: 'untouched',
      overlapped: null,
    });
    world.ws2.host.CloseHandle(port);
  });

  // 31.1
  on.it('gets no packet for a call that fails at once (31.1)', (world) => {
    const s = world.streamSocket();
    const port = world.ws2.host.CreateIoCompletionPort(s, null, 1);
    const result = world.ws2.WSARecv(s, [buffer(5)], 1, null, ref(0), new WSAOVERLAPPED(), null);
    expect(world.code(result)).toBe(WSAENOTCONN);
    expect(take(world, port, 0).error).toBe(WAIT_TIMEOUT);
    world.ws2.host.CloseHandle(port);
  });

  // 31.2
  on.needs('resets').it('tells of a reset as ERROR_NETNAME_DELETED, once (31.2)', (world) => {
    const { client, server } = world.connectedPair();
    const port = world.ws2.host.CreateIoCompletionPort(server, null, 1);
    const overlapped = receiveOverlapped(world, server, buffer(5));
    world.ws2.setsockopt(client, 0xffff, 0x80, Uint8Array.of(1, 0, 0, 0), 4);
    world.ws2.closesocket(client);
    const taken = take(world, port);
    expect([taken.ok, taken.error, taken.bytes, taken.overlapped === overlapped]).toEqual([
      false,
      ERROR_NETNAME_DELETED,
      0,
      true,
    ]);
    expect(take(world, port, 0).error).toBe(WAIT_TIMEOUT);
    world.ws2.host.CloseHandle(port);
  });

  on.it('gets what closesocket cancels', (world) => {
    const { server } = world.connectedPair();
    const port = world.ws2.host.CreateIoCompletionPort(server, null, 1);
    const overlapped = receiveOverlapped(world, server, buffer(5));
    world.ws2.closesocket(server);
    const taken = take(world, port);
    expect([taken.ok, taken.error, taken.overlapped === overlapped]).toEqual([false, ERROR_OPERATION_ABORTED, true]);
    world.ws2.host.CloseHandle(port);
  });

  // 31.5
  on.it(
    'gets no packet when the event handle has its lowest bit set, and the event is set all the same (31.5)',
    (world) => {
      const { client, server } = world.connectedPair();
      const port = world.ws2.host.CreateIoCompletionPort(server, null, 1);
      const hEvent = world.event();
      const overlapped = new WSAOVERLAPPED();
      overlapped.hEvent = hEvent | 1;
      world.ws2.WSARecv(server, [buffer(5)], 1, null, ref(0), overlapped, null);
      world.send(client, 'x');
      expect(world.signalled(hEvent, 60_000)).toBe(true);
      expect(take(world, port, 0).error).toBe(WAIT_TIMEOUT);
      world.ws2.host.CloseHandle(port);
    },
  );

  on.it('carries packets of the application, and refuses handles that are none', (world) => {
    const port = world.ws2.host.CreateIoCompletionPort(null, null, 0);
    const key = { any: 'value' };
    expect(world.ws2.host.PostQueuedCompletionStatus(port, 42, key, null)).toBe(true);
    const taken = take(world, port);
    expect([taken.ok, taken.bytes, taken.key === key, taken.overlapped]).toEqual([true, 42, true, null]);
    expect(world.ws2.host.CreateIoCompletionPort(0xabc, port, 0)).toBe(0);
    expect(world.ws2.WSAGetLastError()).toBe(WSA_INVALID_HANDLE);
    expect(world.ws2.host.PostQueuedCompletionStatus(0xabc, 0, 0, null)).toBe(false);
    world.ws2.host.CloseHandle(port);
    expect(take(world, port).error).toBe(WSA_INVALID_HANDLE);
  });
});
