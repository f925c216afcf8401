// Overlapped operations: events, completion routines, WSAGetOverlappedResult.
import { Group, type T } from '../scenario.js';
import { int32, nameOf, type Variable } from '../values.js';

export const overlapped = new Group('overlapped');
const { scenario } = overlapped;

/** Waits for an event object, and shows how the operation ended. */
function ended(t: T, s: Variable, e: Variable, ov: Variable): void {
  t.WSAWaitForMultipleEvents(1, [e], 1, 'LONG', 0);
  t.WSAGetOverlappedResult(s, ov, 77, 0, 77);
  t.showOverlapped(ov);
}

scenario('WSARecv pending, then data', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  const room = t.room(16);
  t.WSARecv(server, [room], 1, 77, 0, ov, null);
  t.WSAGetOverlappedResult(server, ov, 77, 0, 77);
  t.showOverlapped(ov);
  t.say(client, 'hello');
  ended(t, server, e, ov);
  t.show(room);
});

scenario('WSARecv with data there', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.say(client, 'hello');
  t.waitFor(server, 'readable');
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  ended(t, server, e, ov);
});

scenario('WSASend completes', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSASend(client, ['hel', 'lo'], 2, 77, 0, ov, null);
  ended(t, client, e, ov);
  t.hear(server);
});

scenario('WSASend without a place for the count', (t) => {
  const { client } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSASend(client, ['hello'], 1, null, 0, ov, null);
  ended(t, client, e, ov);
});

scenario('WSARecv on a non-blocking socket pends all the same', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.nonBlocking(server);
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.say(client, 'x');
  ended(t, server, e, ov);
});

scenario('two receives are served in their order', (t) => {
  const { client, server } = t.pair();
  const e1 = t.event();
  const e2 = t.event();
  const ov1 = t.overlapped(e1);
  const ov2 = t.overlapped(e2);
  const first = t.room(4);
  const second = t.room(4);
  t.WSARecv(server, [first], 1, 77, 0, ov1, null);
  t.WSARecv(server, [second], 1, 77, 0, ov2, null);
  t.say(client, 'onetwo!!');
  ended(t, server, e1, ov1);
  ended(t, server, e2, ov2);
  t.show(first);
  t.show(second);
});

scenario('a pending receive scatters', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  const a = t.room(2);
  const b = t.room(8);
  t.WSARecv(server, [a, b], 2, 77, 0, ov, null);
  t.say(client, 'hello');
  ended(t, server, e, ov);
  t.show(a);
  t.show(b);
});

scenario('a pending receive and the end', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.closesocket(client);
  ended(t, server, e, ov);
});

scenario('a pending receive and a reset', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.reset(client);
  ended(t, server, e, ov);
  t.getsockopt(server, 'SOL_SOCKET', 'SO_ERROR', t.option(), 4);
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
});

scenario('a receive of no bytes waits for data, and takes none', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSARecv(server, [{ len: 0, buf: null }], 1, 77, 0, ov, null);
  t.say(client, 'data');
  ended(t, server, e, ov);
  t.hear(server);
});

scenario('overlapped calls that fail at once', (t) => {
  const s = t.tcp();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSARecv(s, [t.room(4)], 1, 77, 0, ov, null);
  t.WSASend(s, ['x'], 1, 77, 0, ov, null);
  t.WSARecv('INVALID_SOCKET', [t.room(4)], 1, 77, 0, ov, null);
  t.WSAWaitForMultipleEvents(1, [e], 1, 0, 0);
});

scenario('a plain recv while a receive is pending', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  const room = t.room(4);
  t.WSARecv(server, [room], 1, 77, 0, ov, null);
  t.say(client, 'onetwo');
  ended(t, server, e, ov);
  t.show(room);
  t.hear(server);
});

scenario('WSAGetOverlappedResult: what cannot', (t) => {
  const { server } = t.pair();
  const ov = t.overlapped();
  t.WSAGetOverlappedResult('INVALID_SOCKET', ov, 77, 0, 77);
  t.WSAGetOverlappedResult(0xdeadbeef, ov, 77, 0, 77);
  t.WSAGetOverlappedResult(server, null, 77, 0, 77);
  t.WSAGetOverlappedResult(server, ov, null, 0, 77);
  t.WSAGetOverlappedResult(server, ov, 77, 0, null);
});

scenario('WSAGetOverlappedResult waits', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.say(client, 'hello');
  t.WSAGetOverlappedResult(server, ov, 77, 1, 77);
});

scenario('starting an operation resets its event', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSASetEvent(e);
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.WSAWaitForMultipleEvents(1, [e], 1, 0, 0);
  t.say(client, 'x');
  t.WSAWaitForMultipleEvents(1, [e], 1, 'LONG', 0);
});

scenario('SO_RCVTIMEO does not end an overlapped receive', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.set(server, 'SOL_SOCKET', 'SO_RCVTIMEO', int32(20));
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.WSAWaitForMultipleEvents(1, [e], 1, 'SHORT', 0);
  t.say(client, 'x');
  ended(t, server, e, ov);
});

scenario('shutdown with a pending receive', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, null);
  t.shutdown(server, 'SD_SEND');
  t.say(client, 'x');
  ended(t, server, e, ov);
});

scenario('WSARecvFrom pending, then a datagram', (t) => {
  const a = t.udp('a');
  const b = t.udp('b');
  const e = t.event();
  const ov = t.overlapped(e);
  const from = t.address();
  const room = t.room(16);
  t.getsockname(a, t.address(), 28);
  t.WSARecvFrom(b, [room], 1, 77, 0, from, t.number(28), ov, null);
  t.sendto(a, 'hello', 5, 0, nameOf(b), 16);
  ended(t, b, e, ov);
  t.show(room);
  t.show(from);
});

scenario('WSARecvFrom pending, then a datagram longer than the room', (t) => {
  const a = t.udp('a');
  const e = t.event();
  const ov = t.overlapped(e);
  const room = t.room(4);
  t.WSARecvFrom(a, [room], 1, 77, 0, null, null, ov, null);
  t.sendto(a, 'much too long', 13, 0, nameOf(a), 16);
  ended(t, a, e, ov);
  t.show(room);
});

scenario('WSASendTo completes', (t) => {
  const a = t.udp('a');
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSASendTo(a, ['hello'], 1, 77, 0, nameOf(a), 16, ov, null);
  ended(t, a, e, ov);
});

// Completion routines

scenario('a completion routine runs in an alertable wait', (t) => {
  const { client, server } = t.pair();
  const ov = t.overlapped();
  const room = t.room(16);
  t.WSARecv(server, [room], 1, 77, 0, ov, 'routine');
  t.say(client, 'hello');
  t.waitFor(client, 'writable');
  t.SleepEx('SHORT', 0);
  t.SleepEx('LONG', 1);
  t.SleepEx(0, 1);
  t.show(room);
});

scenario('a completion routine of what completes at once', (t) => {
  const { client } = t.pair();
  const ov = t.overlapped();
  t.WSASend(client, ['hello'], 1, 77, 0, ov, 'routine');
  t.SleepEx('LONG', 1);
});

scenario('a completion routine of a receive with data there', (t) => {
  const { client, server } = t.pair();
  const ov = t.overlapped();
  t.say(client, 'hello');
  t.waitFor(server, 'readable');
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, 'routine');
  t.SleepEx('LONG', 1);
});

scenario('completion routines run in the order of completion', (t) => {
  const { client, server } = t.pair();
  const ov1 = t.overlapped();
  const ov2 = t.overlapped();
  t.WSARecv(server, [t.room(3)], 1, 77, 0, ov1, 'routine');
  t.WSARecv(server, [t.room(3)], 1, 77, 0, ov2, 'routine');
  t.say(client, 'onetwo');
  t.SleepEx('SHORT', 0);
  t.SleepEx('LONG', 1);
});

scenario('a completion routine and a closed socket', (t) => {
  const { server } = t.pair();
  const ov = t.overlapped();
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, 'routine');
  t.closesocket(server);
  t.SleepEx('LONG', 1);
});

scenario('a completion routine and a reset', (t) => {
  const { client, server } = t.pair();
  const ov = t.overlapped();
  t.WSARecv(server, [t.room(16)], 1, 77, 0, ov, 'routine');
  t.reset(client);
  t.SleepEx('LONG', 1);
});

scenario('no completion routine of a call that fails', (t) => {
  const s = t.tcp();
  t.WSARecv(s, [t.room(4)], 1, 77, 0, t.overlapped(), 'routine');
  t.SleepEx(0, 1);
});

scenario('WSAWaitForMultipleEvents runs completion routines', (t) => {
  const { client, server } = t.pair();
  const e = t.event();
  t.WSARecv(server, [t.room(4)], 1, 77, 0, t.overlapped(), 'routine');
  t.say(client, 'x');
  t.WSAWaitForMultipleEvents(1, [e], 1, 'LONG', 1);
  t.WSAWaitForMultipleEvents(1, [e], 1, 10, 1);
});

scenario('a completion routine of a datagram longer than the room', (t) => {
  const a = t.udp('a');
  t.WSARecvFrom(a, [t.room(4)], 1, 77, 0, null, null, t.overlapped(), 'routine');
  t.sendto(a, 'much too long', 13, 0, nameOf(a), 16);
  t.SleepEx('LONG', 1);
});

scenario('an APC of the program’s own', (t) => {
  t.queueApc();
  t.SleepEx(0, 0);
  t.SleepEx(0, 1);
  t.SleepEx(0, 1);
});

// What a status in an overlapped structure becomes (measured 35).
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  'that are successes': [0, 0x103, 0x102, 0x10a, 0x40000000],
  'that are warnings': [0x80000005, 0x80000002, 0x8000000d],
  'of memory': [0xc0000005, 0xc0000023, 0xc0000017, 0xc000009a, 0xc0000044, 0xc00000a1, 0xc000012d, 0xc0000018],
  'of handles': [0xc0000008, 0xc0000024, 0xc000000e, 0xc000000f, 0xc0000034, 0xc000003a, 0xc00000bf, 0xc00000c3],
  'of access and addresses': [0xc0000022, 0xc0000043, 0xc000020a, 0xc00000a3, 0xc00000b0, 0xc0000141, 0xc0000207],
  'of time and reach': [0xc00000b5, 0xc000013e, 0xc00000be, 0xc000023c, 0xc000023d, 0xc000023e, 0xc000023f, 0xc0000240],
  'of connections': [0xc0000236, 0xc00000bc, 0xc000013c, 0xc000013b, 0xc000020d, 0xc0000241, 0xc000020c, 0xc0000140],
  'of endings': [0xc0000120, 0xc0000121, 0xc000013d, 0xc0000206, 0xc0000237, 0xc000023b, 0xc0000016, 0xc0000002],
  'of none of these': [0xc0000001, 0xc000000d, 0xc0000010, 0xc00000bb],
};

for (const [which, statuses] of Object.entries(STATUSES)) {
  scenario(`statuses ${which}`, (t) => {
    const s = t.tcp();
    for (const status of statuses) {
      const ov = t.overlapped();
      t.setStatus(ov, status);
      t.WSAGetOverlappedResult(s, ov, 77, 0, 0);
    }
  });
}
