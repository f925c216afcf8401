// Floods of messages over the system's own sockets: a process of its own sends them by the loopback interface as fast as it can.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AF_INET, createWs2_32 } from 'ws2spi';
import { addNameSpace } from 'ws2spi/names';
import { createMdnsNameSpace } from 'ws2spi/providers/namespaces/mdns';
import { lookUp, namesOf, serviceOf, setService } from './fixtures.js';

const FLOODER = fileURLToPath(new URL('fixtures/flooder.mjs', import.meta.url));
const OWN = 'Own._ipp._tcp.local';
const COUNT = 5000;
const CACHE = 1000;
/** What is read between two turns of the event loop: some turns of the reactor's, 16 KiB and a last message each. */
const MOST_BYTES = 4 * (16 * 1024 + 9000);

describe('A flood of', () => {
  // Elsewhere the loopback interface carries no groups.
  test.skipIf(process.platform !== 'linux').each([
    ['new records', 40],
    ['goodbyes', 40],
    ['questions', 20],
    ['questions for what is registered', 30],
    ['long messages', 4000],
    ['malformed messages', 40],
    ['single bytes', 1],
  ])('%s leaves the event loop its turns, and what is registered is found behind it', async (kind, shortest) => {
    const ws2 = createWs2_32({ catalog: 'memory' });
    onTestFinished(() => ws2[Symbol.dispose]());
    ws2.WSAStartup(0x0202, {});
    const mdns = createMdnsNameSpace({
      hostName: 'alpha',
      families: [AF_INET],
      interfaces: ['127.0.0.1'],
      cacheSize: CACHE,
    });
    const { counters } = mdns;
    const station = { ws2, id: addNameSpace(ws2, mdns) };
    expect(setService(station, serviceOf(OWN))).toBe('done');

    const flooder = fork(FLOODER, [kind, String(COUNT)]);
    onTestFinished(() => void flooder.kill());
    await once(flooder, 'message');
    let isOver = false;
    void once(flooder, 'message').then(() => (isOver = true));
    const read = (): number => counters.received + counters.malformed + counters.ignored;
    let most = 0;
    for (let before = read(); !isOver; before = read()) {
      await new Promise((next) => setImmediate(next));
      most = Math.max(most, read() - before);
    }
    expect(read()).toBeGreaterThan(0);
    expect(most * shortest).toBeLessThanOrEqual(MOST_BYTES);
    expect(most).toBeLessThan(COUNT / 2);
    expect(namesOf(lookUp(station, { lpszServiceInstanceName: OWN }))).toEqual([OWN]);
  });
});
