import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  createWs2_32,
  INVALID_SOCKET,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  XP1_IFS_HANDLES,
  type WSAPROTOCOL_INFO,
  type Ws2_32,
} from 'ws2spi';
import { defineLayer, stack, unstack } from 'ws2spi/chain';
import { trace, TraceRecorder } from 'ws2spi/providers/layers/trace';
import { connectedPair } from 'ws2spi/testkit';
import { inWorld } from '../../support/providers.js';
import { scramblingLayer } from '../../support/layers.js';

const layer = (name: string) => defineLayer({ name });

function protocols(ws2: Ws2_32): WSAPROTOCOL_INFO[] {
  const all: WSAPROTOCOL_INFO[] = [];
  const length = ref(0);
  ws2.WSAEnumProtocols(null, null, length);
  ws2.WSAEnumProtocols(null, all, length);
  return all;
}

describe('stack', () => {
  test(
    'returns an entry for TCP over IPv4 and one for IPv6, which WSAEnumProtocols shows',
    inWorld('memory', ({ ws2 }) => {
      const before = protocols(ws2);
      const entries = stack(ws2, [layer('outer'), layer('inner')]);
      expect(entries.map(({ iAddressFamily }) => iAddressFamily)).toEqual([AF_INET, AF_INET6]);
      for (const entry of entries) {
        expect(entry).toMatchObject({ iSocketType: SOCK_STREAM, iProtocol: IPPROTO_TCP });
        expect(entry.szProtocol).toMatch(/^outer over inner over \[/);
        expect(entry.ProtocolChain.ChainLen).toBe(3);
        expect(entry.dwServiceFlags1 & XP1_IFS_HANDLES).not.toBe(0);
      }
      const guids = entries.map(({ ProviderId }) => ProviderId);
      expect(new Set(guids).size).toBe(2);
      const shown = protocols(ws2);
      expect(shown.length).toBe(before.length + 2);
      expect(shown.filter(({ ProviderId }) => guids.includes(ProviderId))).toHaveLength(2);
      expect(new Set(shown.map(({ dwCatalogEntryId }) => dwCatalogEntryId)).size).toBe(shown.length);
    }),
  );

  test(
    'does not say that a codec has the system’s handles',
    inWorld('memory', ({ ws2 }) => {
      const [entry] = stack(ws2, [layer('plain'), scramblingLayer()], { name: 'mine' });
      expect(entry!.szProtocol).toBe('mine');
      expect(entry!.dwServiceFlags1 & XP1_IFS_HANDLES).toBe(0);
    }),
  );

  test(
    'goes over an entry, an id, a name, several of them, and another stack',
    inWorld('memory', ({ ws2 }) => {
      const udp = protocols(ws2).find(({ iProtocol }) => iProtocol === IPPROTO_UDP)!;
      for (const over of [udp, udp.dwCatalogEntryId, udp.szProtocol]) {
        expect(stack(ws2, [layer('x')], { over })).toMatchObject([{ iProtocol: IPPROTO_UDP }]);
      }
      for (const [over, type] of [
        ['tcp', SOCK_STREAM],
        ['udp', SOCK_DGRAM],
      ] as const) {
        const chains = stack(ws2, [layer(`over ${over}`)], { over });
        expect(chains.map(({ iAddressFamily, iSocketType }) => [iAddressFamily, iSocketType])).toEqual([
          [AF_INET, type],
          [AF_INET6, type],
        ]);
      }
      expect(stack(ws2, [layer('both')], { over: ['tcp', 'udp'] })).toHaveLength(4);
      const first = stack(ws2, [layer('below')]);
      const second = stack(ws2, [layer('above')], { over: first });
      expect(second.map(({ ProtocolChain }) => ProtocolChain.ChainLen)).toEqual([3, 3]);
      const [chain, below] = [second[0]!.ProtocolChain, first[0]!.ProtocolChain];
      expect(chain.ChainEntries.slice(1, 3)).toEqual(below.ChainEntries.slice(0, 2));
      const s = ws2.WSASocket(-1, -1, -1, second[0]!, 0, 1);
      expect(s).not.toBe(INVALID_SOCKET);
      expect(ws2.closesocket(s)).toBe(0);
    }),
  );

  test(
    'refuses chains that cannot be',
    inWorld('memory', ({ ws2 }) => {
      const same = layer('same');
      expect(() => stack(ws2, [])).toThrow(/at least one layer/);
      expect(() => stack(ws2, [same, layer('other'), same])).toThrow(/same layer twice/);
      const eight = Array.from({ length: 8 }, (_, index) => layer(`layer ${index}`));
      expect(() => stack(ws2, eight)).toThrow(/at most 7/);
      const full = stack(ws2, eight.slice(1));
      expect(() => stack(ws2, [layer('one more')], { over: full })).toThrow(RangeError);
      expect(() => stack(ws2, [same], { over: 'no such entry' })).toThrow(/no entry "no such entry"/);
      expect(() => stack(ws2, [same], { over: 'upd' })).toThrow(/no entry "upd" to stack over: did you mean "udp"\?/);
      expect(() => stack(ws2, [same], { over: 99999 })).toThrow(RangeError);
      expect(() => stack(ws2, [same], { over: [] })).toThrow(/`over` is an empty list/);
    }),
  );

  test(
    'says in one sentence what is wrong with its arguments, and what was meant',
    inWorld('memory', ({ ws2 }) => {
      const one = layer('one');
      const loosely = stack as (...args: unknown[]) => unknown;
      expect(() => loosely(ws2, one)).toThrow(/in an array, not as an object: write stack\(ws2, \[layer\]\)/);
      expect(() => loosely(ws2)).toThrow(/in an array, not as undefined/);
      expect(() => loosely([one], ws2)).toThrow(/first argument is the instance/);
      expect(() => loosely(undefined, [one])).toThrow(/first argument is the instance.*not undefined/);
      expect(() => loosely(ws2, [one, undefined])).toThrow(/layers\[1\] is undefined, not a layer/);
      expect(() => loosely(ws2, [{ name: 'x', connect: () => undefined }])).toThrow(/defineLayer makes a layer of it/);
      expect(() => loosely(ws2, [one], { ovr: 1001 })).toThrow(/no option "ovr": did you mean "over"\?/);
      expect(() => loosely(ws2, [one], 1001)).toThrow(/options are an object/);
      expect(() => loosely(ws2, [one], { name: 7 })).toThrow(/name of the new entries/);
      expect(() => loosely(ws2, [one], { over: one })).toThrow(/no entry for a layer by itself \("one"\)/);
      expect(() => loosely(ws2, [one], { over: [null] })).toThrow(/no entry for null/);
      const [base] = protocols(ws2);
      expect(() => loosely(ws2, [one], { over: base!.szProtocol.toLowerCase() })).toThrow(
        `did you mean "${base!.szProtocol}"?`,
      );
      const entries = stack(ws2, [one]);
      expect(() => (unstack as (...args: unknown[]) => void)(ws2, entries[0])).toThrow(
        /unstack: the entries come in an array/,
      );
      expect(() => connectedPair(ws2, { entry: one as never })).toThrow(/`entry` is one catalog entry/);
    }),
  );

  test(
    'puts seven layers over a base by a chain that ends in a chain, which nobody else sees',
    inWorld('memory', ({ ws2 }) => {
      const before = protocols(ws2).length;
      const recorder = new TraceRecorder();
      const seven = Array.from({ length: 7 }, (_, index) => trace({ name: `layer ${index}`, recorder }));
      const chains = stack(ws2, seven, { over: 1001 });
      expect(protocols(ws2)).toHaveLength(before + 1);
      const { client, close } = connectedPair(ws2, { entry: chains[0]! });
      recorder.clear();
      expect(ws2.send(client, Buffer.from('x'), 1, 0)).toBe(1);
      expect(recorder.records.map(({ layer: name, depth }) => [name, depth])).toEqual(
        seven.map(({ name }, depth) => [name, depth]),
      );
      close();
      unstack(ws2, chains);
      expect(protocols(ws2)).toHaveLength(before);
    }),
  );

  test(
    'adds nothing when it refuses',
    inWorld('memory', ({ ws2 }) => {
      const before = protocols(ws2).length;
      expect(() => stack(ws2, [layer('x')], { over: ['no such entry'] })).toThrow();
      expect(protocols(ws2)).toHaveLength(before);
    }),
  );

  test(
    'is seen by its own instance alone',
    inWorld('memory', (world) => {
      const [entry] = stack(world.ws2, [layer('private')]);
      return inWorld('memory', ({ ws2 }) => {
        expect(protocols(ws2).some(({ szProtocol }) => szProtocol.includes('private'))).toBe(false);
        expect(ws2.WSASocket(-1, -1, -1, entry!, 0, 1)).toBe(INVALID_SOCKET);
      })();
    }),
  );

  test('is never written to a catalog file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ws2spi-stack-'));
    const ws2 = createWs2_32({ catalog: join(folder, 'catalog.json'), base: 'memory' });
    try {
      expect(ws2.WSAStartup(0x0202, {})).toBe(0);
      const entries = stack(ws2, [layer('fleeting')]);
      expect(ws2.closesocket(ws2.WSASocket(-1, -1, -1, entries[0]!, 0, 1))).toBe(0);
      unstack(ws2, entries);
      const written = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
      expect(written.some((text) => text.includes('fleeting'))).toBe(false);
    } finally {
      ws2[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('unstack', () => {
  test(
    'takes the entries away, and leaves open sockets alone',
    inWorld('memory', (world) => {
      const { ws2 } = world;
      const before = protocols(ws2).length;
      const entries = world.stack([layer('gone soon')]);
      const { client, server } = world.connectedPair();
      unstack(ws2, entries);
      expect(protocols(ws2)).toHaveLength(before);
      expect(ws2.WSASocket(-1, -1, -1, entries[0]!, 0, 1)).toBe(INVALID_SOCKET);
      world.send(client, 'still here');
      expect(world.receiveAll(server, 10)).toBe('still here');
      unstack(ws2, entries);
      expect(protocols(ws2)).toHaveLength(before);
    }),
  );

  test(
    'may take the chains of one stack away one by one',
    inWorld('memory', (world) => {
      const { ws2 } = world;
      const [v4, v6] = stack(ws2, [layer('both')]);
      unstack(ws2, [v4!]);
      const s = world.track(ws2.WSASocket(-1, -1, -1, v6!, 0, 1));
      expect(s).not.toBe(INVALID_SOCKET);
      unstack(ws2, [v6!]);
    }),
  );
});
