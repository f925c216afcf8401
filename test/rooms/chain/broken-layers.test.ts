import { expect } from 'vitest';
import {
  INVALID_SOCKET,
  ref,
  SOCKET_ERROR,
  WSA_IO_INCOMPLETE,
  WSA_IO_PENDING,
  WSAEINVALIDPROVIDER,
  WSAEPROVIDERFAILEDINIT,
  WSAOVERLAPPED,
  WSASYSCALLFAILURE,
} from 'ws2spi';
import { defineLayer, type Layer, type LayerOverrides } from 'ws2spi/chain';
import { buffer, describeOnEveryProvider, type World } from '../../support/providers.js';

/** A connection under a layer whose overrides misbehave from now on; and one of its own that shares nothing with it. */
function broken(world: World, overrides: LayerOverrides) {
  const other = world.connectedPair();
  let misbehaves = false;
  const guarded: Record<string, (...args: never[]) => unknown> = {};
  for (const [name, override] of Object.entries(overrides)) {
    guarded[name] = (lower: never, ...args: never[]) =>
      misbehaves
        ? (override as (...args: never[]) => unknown)(lower, ...args)
        : (lower[`lp${name}` as never] as (...args: never[]) => unknown)(...args);
  }
  world.stack([defineLayer({ name: 'broken', overrides: guarded as LayerOverrides })]);
  const pair = world.connectedPair();
  misbehaves = true;
  return { ...pair, other };
}

function othersWork(world: World, { other }: { other: { client: number; server: number } }): void {
  world.send(other.client, 'unharmed');
  expect(world.receiveAll(other.server, 8)).toBe('unharmed');
}

describeOnEveryProvider('a layer that misbehaves', (on) => {
  on.it('by telling of more bytes than were asked for is found out', (world) => {
    const pair = broken(world, {
      WSPRecv(_lower, _s, _buffers, _count, lpBytes) {
        lpBytes!.value = 1000;
        return 0;
      },
    });
    expect(world.receive(pair.client, 10)).toBe(-WSASYSCALLFAILURE);
    expect(world.takeDefects()[0]).toContain('1000 bytes for buffers of 10');
    othersWork(world, pair);
  });

  on.it('by failing without an error is found out', (world) => {
    const pair = broken(world, { WSPSend: () => SOCKET_ERROR });
    expect(world.send(pair.client, 'x')).toBe(-WSASYSCALLFAILURE);
    expect(world.takeDefects()[0]).toContain('failed with the error 0');
    othersWork(world, pair);
  });

  on.it('by returning what is not a result is found out', (world) => {
    const pair = broken(world, { WSPSend: () => NaN, WSPShutdown: () => 7 });
    expect(world.send(pair.client, 'x')).toBe(-WSASYSCALLFAILURE);
    expect(world.code(world.ws2.shutdown(pair.client, 1) === 0 ? 0 : SOCKET_ERROR)).toBe(WSASYSCALLFAILURE);
    expect(world.takeDefects()).toHaveLength(2);
    othersWork(world, pair);
  });

  on.it('by throwing is contained', (world) => {
    const pair = broken(world, {
      WSPSend() {
        throw new Error('boom');
      },
    });
    expect(world.send(pair.client, 'x')).toBe(-WSASYSCALLFAILURE);
    expect(world.takeDefects()[0]).toContain('threw');
    othersWork(world, pair);
  });

  on.it('by never completing an operation can be closed, and harms nobody', (world) => {
    const pair = broken(world, {
      WSPRecv(_lower, _s, _buffers, _count, _bytes, _flags, _overlapped, _routine, _thread, lpErrno) {
        lpErrno.value = WSA_IO_PENDING;
        return SOCKET_ERROR;
      },
    });
    const overlapped = new WSAOVERLAPPED();
    overlapped.Internal = 0x103;
    overlapped.hEvent = world.event();
    const begun = world.ws2.WSARecv(pair.client, [buffer(4)], 1, null, ref(0), overlapped, null);
    expect(world.code(begun)).toBe(WSA_IO_PENDING);
    world.send(pair.server, 'lost');
    expect(world.signalled(overlapped.hEvent, 10)).toBe(false);
    expect(world.code(world.ws2.WSAGetOverlappedResult(pair.client, overlapped, ref(0), false, ref(0)))).toBe(
      WSA_IO_INCOMPLETE,
    );
    othersWork(world, pair);
    expect(world.ws2.closesocket(pair.client)).toBe(0);
    othersWork(world, pair);
  });

  on.it('by returning a handle that is not registered is found out', (world) => {
    const { client } = broken(world, { WSPAccept: () => 0xabc0 });
    const listener = world.listener().s;
    expect(world.ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
    expect(world.ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
    expect(world.takeDefects()[0]).toContain('which it had not registered');
    expect(world.send(client, 'x')).toBe(1);
  });

  on.it('by not starting fails the socket, with the reason, and may start the next time', (world) => {
    let fails: number | 'throws' | null = 'throws';
    const sound = defineLayer({ name: 'late riser' });
    const layer: Layer = {
      ...sound,
      WSPStartup(...args) {
        if (fails === 'throws') throw new Error('boom');
        return fails ?? sound.WSPStartup(...args);
      },
    };
    world.stack([layer]);
    const open = (): number => {
      const entry = world.entries.get('2 1')!;
      const s = world.ws2.WSASocket(-1, -1, -1, entry, 0, 1);
      if (s !== INVALID_SOCKET) world.track(s);
      return world.code(s);
    };
    expect(open()).toBe(WSAEPROVIDERFAILEDINIT);
    fails = WSAEINVALIDPROVIDER;
    expect(open()).toBe(WSAEPROVIDERFAILEDINIT);
    expect(world.takeDefects().length).toBeGreaterThanOrEqual(2);
    fails = null;
    expect(open()).toBe(0);
  });
});
