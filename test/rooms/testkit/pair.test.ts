import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AF_INET6, parseSockaddr, ref, SD_SEND, WSAEACCES } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { connectedPair, createTestInstance, drip, firehose, type TestInstance } from 'ws2spi/testkit';

let test: TestInstance;
beforeEach(() => {
  test = createTestInstance();
});
afterEach(() => test[Symbol.dispose]());

describe('connectedPair', () => {
  it('connects two sockets that block', () => {
    const { ws2 } = test;
    const { listener, client, server, close } = connectedPair(ws2);
    expect(ws2.send(client, Buffer.from('hello'), 5, 0)).toBe(5);
    const buffer = Buffer.alloc(10);
    expect(ws2.recv(server, buffer, 10, 0)).toBe(5);
    expect(buffer.toString('latin1', 0, 5)).toBe('hello');
    ws2.shutdown(server, SD_SEND);
    expect(ws2.recv(client, buffer, 10, 0)).toBe(0);
    expect(new Set([listener, client, server]).size).toBe(3);
    close();
    close();
    test.finish();
  });

  it('takes the family of its entry, or the one it is told', () => {
    const { ws2 } = test;
    const entries = stack(ws2, [defineLayer({ name: 'nothing' })]);
    const pairs = [...entries.map((entry) => connectedPair(ws2, { entry })), connectedPair(ws2, { family: AF_INET6 })];
    const families = pairs.map(({ client }) => {
      const name = new Uint8Array(28);
      ws2.getpeername(client, name, ref(28));
      return parseSockaddr(name).family;
    });
    expect(families).toEqual([...entries.map((entry) => entry.iAddressFamily), AF_INET6]);
  });

  it('says which call failed, and leaves nothing open', () => {
    const [entry] = stack(test.ws2, [defineLayer({ name: 'closed', connect: (request) => request.refuse() })]);
    expect(() => connectedPair(test.ws2, { entry: entry! })).toThrow(
      `connectedPair: connect failed with WSAEACCES (${WSAEACCES})`,
    );
    test.finish();
  });
});

it('a pair that a layer hinders says what was reported of the layer', () => {
  const [entry] = stack(test.ws2, [defineLayer({ name: 'late', connect: (async () => undefined) as never })]);
  expect(() => connectedPair(test.ws2, { entry: entry! })).toThrow(
    /^connectedPair: connect failed with WSAEACCES \(10013\)\n {2}reported was: .*its "connect" filter answered with a promise/,
  );
});

describe('drip and firehose', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5);

  it('cut bytes into drops, and do not', () => {
    expect(drip(bytes).map((drop) => [...drop])).toEqual([[1], [2], [3], [4], [5]]);
    expect(drip(bytes, 2).map((drop) => [...drop])).toEqual([[1, 2], [3, 4], [5]]);
    expect(firehose(bytes)).toEqual([bytes]);
    expect([drip(new Uint8Array()), firehose(new Uint8Array())]).toEqual([[], []]);
    expect(() => drip(bytes, 0)).toThrow(RangeError);
  });
});
