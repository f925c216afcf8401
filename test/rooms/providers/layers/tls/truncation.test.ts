// TLS that is cut at every byte, in either direction: whoever does not get the rest is told, and never sees an end.
import { describe, expect, test } from 'vitest';
import { INVALID_SOCKET, SD_SEND, WSAECONNABORTED, WSAECONNRESET, WSAEWOULDBLOCK } from 'ws2spi';
import { fault } from 'ws2spi/providers/layers/fault';
import { tls } from 'ws2spi/providers/layers/tls';
import { trustedServer } from '../../../../support/certificates/index.js';
import { World } from '../../../../support/providers.js';

const WORDS = 'GET / HTTP/1.1\r\n\r\n';
const ANSWER = 'the whole answer';
/** What a socket may say when what its peer sent was cut. */
const CUT = [WSAECONNABORTED, WSAECONNRESET];

/** What one end got of its peer: bytes, and then an end (0) or an error. */
interface Got {
  readonly text: string;
  readonly outcome: number;
}

/** Receives until there is an end or an error. */
function receiveToTheEnd(world: World, s: number): Got {
  let text = '';
  for (;;) {
    const got = world.receive(s);
    if (typeof got === 'string' && got !== '') text += got;
    else return { text, outcome: got === '' ? 0 : -got };
  }
}

/** Conversations over one instance, of which one direction towards one end is cut. */
class CutWorld {
  readonly world = new World('memory');
  readonly #faults;
  readonly #listener: number;
  readonly #name: Uint8Array;

  constructor(
    version: 'TLSv1.2' | 'TLSv1.3',
    private readonly cut: 'client' | 'server',
  ) {
    const broken = fault({ seed: 1, standby: true });
    this.world.stack([
      tls({ ...trustedServer(), minVersion: version, maxVersion: version, resumption: false }),
      broken,
    ]);
    this.#faults = broken.faults;
    const { s, name } = this.world.listener();
    this.world.nonBlocking(s);
    [this.#listener, this.#name] = [s, name];
  }

  /** One that is cut behind `byte` bytes. What the two ends got, and whether there was so much to cut. */
  converse(byte: number) {
    const { world } = this;
    const { ws2 } = world;
    const before = this.#faults.log.length;
    this.#faults.set({ rules: [{ fault: 'truncate', role: this.cut, direction: 'down', byte }] });
    const client = world.tcpSocket();
    let [toClient, toServer]: [Got | null, Got | null] = [null, null];
    const connected = world.connect(client, this.#name);
    world.settle();
    const server = ws2.accept(this.#listener, null, null);
    const unaccepted = server === INVALID_SOCKET ? ws2.WSAGetLastError() : 0;
    if (connected === 0) {
      world.send(client, WORDS);
      ws2.shutdown(client, SD_SEND);
    }
    if (server !== INVALID_SOCKET) {
      world.nonBlocking(server, 0);
      toServer = receiveToTheEnd(world, server);
      world.send(server, ANSWER);
      ws2.shutdown(server, SD_SEND);
    }
    if (connected === 0 && server !== INVALID_SOCKET) toClient = receiveToTheEnd(world, client);
    for (const s of [client, server]) if (s !== INVALID_SOCKET) ws2.closesocket(s);
    world.settle();
    return { connected, unaccepted, toClient, toServer, met: this.#faults.log.length > before };
  }
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('Of %s that is cut at any byte', (version) => {
  test.each(['client', 'server'] as const)('the %s sees a prefix and an error, never an end', (cut) => {
    const cuts = new CutWorld(version, cut);
    const outcomes = { connect: 0, received: 0 };
    const whole = cut === 'client' ? ANSWER : WORDS;
    for (let byte = 1; ; byte++) {
      const { met, ...outcome } = cuts.converse(byte);
      const told = `cut behind ${byte}: ${JSON.stringify(outcome)}`;
      const got = cut === 'client' ? outcome.toClient : outcome.toServer;
      if (got?.text === whole && got.outcome === 0) {
        // It got everything, and there is nothing more to cut; signatures differ in length by a few bytes.
        expect(cuts.converse(byte + 20).met, told).toBe(false);
        break;
      }
      expect(met, told).toBe(true);
      if (got === null) {
        outcomes.connect++;
        if (cut === 'client') expect(CUT, told).toContain(outcome.connected);
        else expect([WSAEWOULDBLOCK, WSAECONNRESET], told).toContain(outcome.unaccepted);
        continue;
      }
      outcomes.received++;
      expect(whole.startsWith(got.text), told).toBe(true);
      expect(CUT, told).toContain(got.outcome);
    }
    expect(outcomes.connect).toBeGreaterThan(100);
    expect(outcomes.received).toBeGreaterThan(20);
    const reports = cuts.world.takeDefects();
    expect(reports.some((report) => report.includes('ended the connection without saying so (close_notify)'))).toBe(
      true,
    );
    cuts.world.close();
  });
});

test.each(['memory', 'tcpip'] as const)(
  'What came before a connection was cut is received, however much it is, and then that it was cut (%s)',
  async (base) => {
    const world = new World(base);
    const broken = fault({ seed: 1, standby: true });
    world.stack([tls(trustedServer()), broken]);
    const { client, server } = world.connectedPair();
    const words = Buffer.alloc(100_000, 'all of it ');
    for (let at = 0; at < words.length;) at += world.send(server, words.subarray(at, at + 5000)) as number;
    world.settle();
    // From here on the server's side ends without close_notify.
    broken.faults.set({ rules: [{ fault: 'truncate', role: 'server', direction: 'up', after: 0 }] });
    world.settle();
    const { text, outcome } = receiveToTheEnd(world, client);
    expect(text === words.toString()).toBe(true);
    expect(outcome).toBe(WSAECONNABORTED);
    expect(world.takeDefects().join()).toMatch(/without saying so \(close_notify\)/);
    world.abandon();
  },
);
