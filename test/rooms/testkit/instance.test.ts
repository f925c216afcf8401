import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  INVALID_SOCKET,
  SOCK_STREAM,
  sockaddr_in,
  VirtualClock,
  WSAETIMEDOUT,
  WSANOTINITIALISED,
} from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { connectedPair, createTestInstance } from 'ws2spi/testkit';

describe('createTestInstance', () => {
  it('is started, on a network of its own, and ends with the test', () => {
    const test = createTestInstance();
    expect(test.ws2.socket(AF_INET, SOCK_STREAM, 0)).not.toBe(INVALID_SOCKET);
    expect(test.network.idle()).toBe(false);
    test[Symbol.dispose]();
    expect(test.network.idle()).toBe(true);
    expect(test.ws2.socket(AF_INET, SOCK_STREAM, 0)).toBe(INVALID_SOCKET);
    expect(test.ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });

  it('passes hours of its own time in no time', () => {
    const test = createTestInstance();
    const before = performance.now();
    test.ws2.host.SleepEx(3_600_000, false);
    expect(test.clock.now()).toBe(3_600_000);
    expect(performance.now() - before).toBeLessThan(test.clock.now());
    test.finish();
  });

  it('takes a clock and a network, or how a network is to be', () => {
    const clock = new VirtualClock(5);
    const shared = createMemoryNetwork();
    const one = createTestInstance({ clock, network: shared });
    const other = createTestInstance({ clock, network: shared });
    expect([one.clock, one.network, other.network]).toEqual([clock, shared, shared]);
    one.finish();
    other.finish();

    const silent = createTestInstance({ network: { silent: ['10.0.0.1'] } });
    const s = silent.ws2.socket(AF_INET, SOCK_STREAM, 0);
    expect(silent.ws2.connect(s, sockaddr_in('10.0.0.1', 80), 16)).toBe(-1);
    expect(silent.ws2.WSAGetLastError()).toBe(WSAETIMEDOUT);
    silent.finish();
  });

  it('repeats its chance with the same seed', () => {
    const moments = (seed: number): number[] => {
      const test = createTestInstance({ seed, network: { latency: 5, jitter: 50 } });
      const { client, server } = connectedPair(test.ws2);
      const times = [1, 2, 3].map(() => {
        test.ws2.send(client, Buffer.from('x'), 1, 0);
        test.ws2.recv(server, new Uint8Array(1), 1, 0);
        return test.clock.now();
      });
      test[Symbol.dispose]();
      return times;
    };
    expect(moments(7)).toEqual(moments(7));
    expect(moments(7)).not.toEqual(moments(8));
  });

  it('collects defects, and tells of them at the end', () => {
    const test = createTestInstance();
    const broken = defineLayer({
      name: 'broken',
      overrides: {
        WSPSend: () => {
          throw new Error('no luck');
        },
      },
    });
    const [entry] = stack(test.ws2, [broken]);
    const { client } = connectedPair(test.ws2, { entry: entry! });
    expect(test.defects).toEqual([]);
    expect(test.ws2.send(client, Buffer.from('x'), 1, 0)).toBe(-1);
    expect(test.defects).toMatchObject([{ cause: { message: 'no luck' } }]);
    expect(() => test.finish()).toThrow(/The instance reported:\n- WSPSend of provider .*broken.* threw/);
    expect(() => test.finish()).toThrow(/threw/);
  });
});
