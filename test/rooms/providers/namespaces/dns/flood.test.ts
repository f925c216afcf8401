// Floods of answers that are none, over the system's own sockets: a name server in a process of its own sends them as fast as it can.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createWs2_32 } from 'ws2spi';
import { defaultCatalog } from 'ws2spi/catalog';
import { addNameSpace } from 'ws2spi/names';
import { lookup } from 'ws2spi/node';
import { createDnsCounters, createDnsNameSpace, type DnsCounters } from 'ws2spi/providers/namespaces/dns';

const SERVER = fileURLToPath(new URL('fixtures/flooding-server.mjs', import.meta.url));
/** After so many the port is closed, and the question goes by TCP: that is all that a flood may do. */
const MOST_STRANGE = 100;

async function flooded(kind: string) {
  const server = fork(SERVER, [kind]);
  onTestFinished(() => void server.kill());
  const [port] = (await once(server, 'message')) as [number];
  const counters = createDnsCounters();
  const ws2 = createWs2_32({ catalog: { ...defaultCatalog('tcpip'), nameSpaces: [] } });
  onTestFinished(() => ws2[Symbol.dispose]());
  ws2.WSAStartup(0x0202, {});
  const servers = [`127.0.0.1:${port}`];
  addNameSpace(
    ws2,
    createDnsNameSpace({ resolvConf: null, servers, search: [], timeout: 20_000, attempts: 5, counters }),
  );
  return { ws2, counters };
}

describe('A flood of', () => {
  test.each<[string, keyof DnsCounters | null]>([
    ['wrong ids', 'unasked'],
    ['other questions', 'unasked'],
    ['malformed answers', 'malformed'],
    ['answers that are too long', 'oversized'],
    ['single bytes', 'unasked'],
    // The system itself keeps them from a connected socket.
    ['answers from another port', null],
  ])('%s is counted, leaves the event loop its turns, and has the question asked by TCP', async (kind, counted) => {
    const { ws2, counters } = await flooded(kind);
    let answer: string | null = null;
    lookup('one.test', { ws2, family: 4 }, (error, address) => (answer = error?.code ?? String(address)));
    let most = 0;
    const all = (): number => counters.unasked + counters.malformed + counters.oversized;
    for (let before = 0; answer === null; before = all()) {
      await new Promise((next) => setImmediate(next));
      most = Math.max(most, all() - before);
    }
    expect(answer).toBe('192.0.2.1');
    expect(counters.answers).toBe(1);
    if (counted === null) expect(all()).toBe(0);
    else expect(counters[counted]).toBe(MOST_STRANGE);
    expect(most).toBeLessThanOrEqual(MOST_STRANGE);
  });
});
