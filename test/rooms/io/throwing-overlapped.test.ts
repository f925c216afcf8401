// Overlapped structures that throw when they are written or read: what they are given with goes on, and so does everybody else.
import { expect } from 'vitest';
import { FIONREAD, NS_ALL, ref, WSAEFAULT, WSA_IO_PENDING, WSAOVERLAPPED, type Ref } from 'ws2spi';
import { buffer, describeOnEveryChain, type World } from '../../support/providers.js';

const boom = (): never => {
  throw new Error('boom');
};

/** A structure that throws whenever its members are set, after so many times. */
function throwsWhenSet(after = 0): WSAOVERLAPPED {
  let times = 0;
  return new Proxy(new WSAOVERLAPPED(), {
    set: (target, member, value) => (times++ < after ? Reflect.set(target, member, value) : boom()),
  });
}

const STRUCTURES: Readonly<Record<string, () => WSAOVERLAPPED>> = {
  'throws when it is set': () => throwsWhenSet(),
  'throws when it is set the second time': () => throwsWhenSet(1),
  'throws when it is read': () => new Proxy(new WSAOVERLAPPED(), { get: boom }),
  'throws at everything': () => new Proxy(new WSAOVERLAPPED(), { get: boom, set: boom }),
  'has a getter and a setter that throw': () =>
    Object.defineProperties(new WSAOVERLAPPED(), {
      hEvent: { get: boom },
      Internal: { get: boom, set: boom },
    }),
};

/** Whether the only defects are that a structure threw. */
function expectOnlyStructures(world: World): void {
  for (const defect of world.takeDefects()) expect(defect).toMatch(/^an overlapped structure threw/);
}

describeOnEveryChain('an overlapped structure that', (on) => {
  for (const [what, make] of Object.entries(STRUCTURES)) {
    on.it(`${what} keeps its operations from nobody: the routine is called, and others are served`, (world) => {
      const { ws2 } = world;
      const { client, server } = world.connectedPair();
      const told: number[] = [];
      const lpBuffers = [buffer(4)];
      expect(ws2.WSARecv(server, lpBuffers, 1, ref(0), ref(0), make(), (error, bytes) => told.push(error, bytes))).toBe(
        -1,
      );
      expect(ws2.WSAGetLastError()).toBe(WSA_IO_PENDING);
      const other = ref(0);
      expect(ws2.WSASend(client, [buffer('data')], 1, other, 0, make(), null)).not.toBeUndefined();
      world.until(() => {
        ws2.host.SleepEx(0, true);
        return told.length > 0;
      });
      expect(told).toEqual([0, 4]);
      expect(Buffer.from(lpBuffers[0]!.buf).toString()).toBe('data');
      expect(world.send(client, 'more')).toBe(4);
      expect(world.receive(server)).toBe('more');
      expectOnlyStructures(world);
    });

    on.it(`${what} ends no other call, nor WSACleanup`, (world) => {
      const { ws2 } = world;
      const { s: listener } = world.listener();
      const { server } = world.connectedPair();
      const bytes: Ref<number> = ref(0);
      const calls = [
        () => ws2.WSARecv(server, [buffer(4)], 1, bytes, ref(0), make(), null),
        () => ws2.WSAIoctl(server, FIONREAD, null, 0, new Uint8Array(4), 4, bytes, make(), null),
        () => ws2.AcceptEx(listener, world.tcpSocket(), new Uint8Array(128), 0, 64, 64, bytes, make()),
        () => ws2.WSAGetOverlappedResult(server, make(), bytes, false, ref(0)),
        () => ws2.GetAddrInfoEx('localhost', null, NS_ALL, null, null, ref(null), null, make(), null, null),
      ];
      for (const call of calls) expect(call).not.toThrow();
      ws2.closesocket(server);
      ws2.closesocket(listener);
      expect(() => ws2.WSACleanup()).not.toThrow();
      ws2.WSAStartup(0x0202, {});
      expectOnlyStructures(world);
    });
  }

  on.it('throws as AcceptEx or WSAGetOverlappedResult look at it is WSAEFAULT', (world) => {
    const { ws2 } = world;
    const { s: listener } = world.listener();
    const structure = new Proxy(new WSAOVERLAPPED(), { get: boom, set: boom });
    const accepted = ws2.AcceptEx(listener, world.tcpSocket(), new Uint8Array(128), 0, 64, 64, ref(0), structure);
    expect([accepted, ws2.WSAGetLastError()]).toEqual([false, WSAEFAULT]);
    expect(ws2.WSAGetOverlappedResult(listener, structure, ref(0), false, ref(0))).toBe(false);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });
});
