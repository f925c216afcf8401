import { describe, expect, test } from 'vitest';
import { INVALID_SOCKET, JL_BOTH, parseSockaddr, ref, WSAOVERLAPPED } from 'ws2spi';
import { defineLayer, identity, type FilterRequest, type Filters, type LayerContext } from 'ws2spi/chain';
import { describeOnEveryProvider, inWorld, loopback } from '../../support/providers.js';

/** Filters that write down what they are asked for. */
function watching(): { readonly filters: Filters; readonly seen: string[] } {
  const seen: string[] = [];
  const note = ({ purpose, name }: FilterRequest): void =>
    void seen.push(name === null ? purpose : `${purpose} ${name}`);
  return { filters: { connect: note, accept: note, bind: note }, seen };
}

describeOnEveryProvider('a filter is told what a name is used for:', (on) => {
  for (const codec of [false, true]) {
    on.it(`connect, with the name that was given, accept and bind${codec ? ', beside a codec' : ''}`, (world) => {
      const { filters, seen } = watching();
      world.stack([defineLayer({ name: 'watching', ...filters, ...(codec && { codec: identity }) })]);
      const { s: listener, name } = world.listener();
      expect(seen.splice(0)).toEqual(['bind']);
      const { port } = parseSockaddr(name);
      const client = world.tcpSocket();
      expect(world.ws2.WSAConnectByName(client, 'localhost', `${port}`, null, null, null, null, null, null)).toBe(true);
      world.accept(listener);
      expect(seen.splice(0)).toEqual(['connect localhost', 'implicit bind', 'accept']);
      expect(world.connect(world.tcpSocket(), name)).toBe(0);
      world.accept(listener);
      expect(seen).toEqual(['connect', 'implicit bind', 'accept']);
    });
  }

  for (const codec of [false, true]) {
    on.it(`connect and send of datagrams${codec ? ', beside a codec' : ''}`, (world) => {
      const { filters, seen } = watching();
      const datagrams = () => ({
        send: (bytes: Uint8Array, _to: unknown, output: { encoded(bytes: Uint8Array): void }) => output.encoded(bytes),
        receive: (bytes: Uint8Array, _from: unknown, output: { decoded(bytes: Uint8Array): void }) =>
          output.decoded(bytes),
      });
      world.stack(
        [defineLayer({ name: 'watching', ...filters, ...(codec && { datagrams: datagrams as never }) })],
        true,
      );
      const { name } = world.boundUdp();
      expect(seen.splice(0)).toEqual(['bind']);
      const s = world.udpSocket();
      expect(world.ws2.sendto(s, Buffer.from('x'), 1, 0, name, name.length)).toBe(1);
      expect(seen.splice(0).sort()).toEqual(['implicit bind', 'send']);
      expect(world.connect(s, name)).toBe(0);
      expect(seen).toEqual(['connect']);
    });
  }

  on.it('joining a multicast group', (world) => {
    const { filters, seen } = watching();
    world.stack([defineLayer({ name: 'watching', connect: filters.connect! })], true);
    const s = world.udpSocket();
    world.ws2.bind(s, loopback(), 16);
    world.ws2.WSAJoinLeaf(s, loopback(9), 16, null, null, null, null, JL_BOTH);
    expect(seen).toEqual(['join']);
  });

  on.it('connect, by ConnectEx, once', (world) => {
    const { filters, seen } = watching();
    world.stack([defineLayer({ name: 'watching', connect: filters.connect! })]);
    const { name } = world.listener();
    const s = world.tcpSocket();
    world.ws2.bind(s, loopback(), 16);
    const operation = new WSAOVERLAPPED();
    world.ws2.ConnectEx(s, name, name.length, null, 0, null, operation);
    const bytes = ref(0);
    expect(world.ws2.WSAGetOverlappedResult(s, operation, bytes, true, ref(0))).toBe(true);
    expect(seen).toEqual(['connect']);
  });
});

describe('filters made at the start of a layer', () => {
  test(
    'are told what the layer is given, and are asked beside those of the definition',
    inWorld('memory', (world) => {
      const contexts: LayerContext[] = [];
      const seen: string[] = [];
      const layer = defineLayer({
        name: 'late',
        bind: () => void seen.push('bind'),
        filters: (context) => {
          contexts.push(context);
          return { connect: (request) => request.refuse(context.host.resolvedNames(request.address).length + 10_060) };
        },
      });
      world.stack([layer]);
      const { name } = world.listener();
      expect(seen).toEqual(['bind']);
      expect(world.connect(world.tcpSocket(), name)).toBe(10_060);
      expect(contexts[0]!.chain.szProtocol).toContain('late over');
    }),
  );

  test.each([
    [undefined, /filters that are undefined/],
    [async () => ({}), /filters that are a promise/],
    [() => ({ conect: () => undefined }), /filter "conect", which there is not: did you mean "connect"\?/],
    [() => ({ accept: true }), /filter "accept" that is not a function/],
  ])('keep the layer from starting when they are none: %o', (filters, message) =>
    inWorld('memory', (world) => {
      world.stack([defineLayer({ name: 'mine', filters: (filters ?? ((): void => undefined)) as never })]);
      const [entry] = world.entries.values();
      expect(world.ws2.WSASocket(-1, -1, -1, entry!, 0, 1)).toBe(INVALID_SOCKET);
      expect(world.defects).toHaveLength(1);
      expect(String(world.defects.splice(0)[0]!.cause)).toMatch(message);
    })(),
  );
});
