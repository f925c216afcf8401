// An instance with a base provider of a test's own.
import { INSTANCE, type createWs2_32, type LPWSPSTARTUP, type WSAPROTOCOL_INFO, type Ws2_32 } from 'ws2spi';

/** Makes and starts an instance in memory with one more entry for TCP over IPv4, served by a provider of the test's. */
export function testBaseEntry(
  create: typeof createWs2_32,
  WSPStartup: LPWSPSTARTUP,
): { ws2: Ws2_32; entry: WSAPROTOCOL_INFO } {
  const ws2 = create({ base: 'memory', catalog: 'memory' });
  const registry = ws2[INSTANCE];
  registry.bindProvider('careless', { WSPStartup });
  const [entry] = registry.addEntries([
    {
      path: 'di:careless',
      entry: {
        ...registry.catalog.entries()[0]!,
        ProviderId: '7A1E3C52-0D4B-4E8F-9B61-5C2D8F0A3EFF',
        szProtocol: 'careless',
      },
    },
  ]);
  ws2.WSAStartup(0x0202, {});
  return { ws2, entry: entry! };
}
