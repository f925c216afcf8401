// Who breaks off says why, and the peer hears it: no reset overtakes the alert.
import { describe, expect, test } from 'vitest';
import {
  INVALID_SOCKET,
  SO_LINGER,
  SOCKET_ERROR,
  SOL_SOCKET,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { tls } from 'ws2spi/providers/layers/tls';
import { certificateText, trustedServer } from '../../../../support/certificates/index.js';
import { describeOnEveryProvider, inWorld } from '../../../../support/providers.js';

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('By %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  describeOnEveryProvider('A peer that is refused learns why', ({ it }) => {
    it('as a client whose certificate is for servers, though it has sent already', (world) => {
      world.stack([tls({ ...trustedServer(), ...only, requestCert: true })]);
      const { ws2 } = world;
      const { s: listener, name } = world.listener();
      world.nonBlocking(listener);
      const client = world.tcpSocket();
      const connected = ws2.connect(client, name, name.length);
      if (version === 'TLSv1.2') expect(connected).toBe(SOCKET_ERROR);
      else {
        world.send(client, 'x'.repeat(100_000));
        expect(world.receive(client)).toBe(-WSAECONNRESET);
      }
      world.settle();
      expect(ws2.accept(listener, null, null)).toBe(INVALID_SOCKET);
      expect(ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
      const reports = world.takeDefects().join('\n');
      expect(reports).toMatch(/does not verify: unsuitable certificate purpose/);
      expect(reports).toMatch(/broke the connection off: alert \d+/);
    });

    it('as a server whose authority nobody knows', (world) => {
      const [trusting] = [tls({ ca: certificateText('stranger.pem'), ...only })];
      const [entry] = world.stack([tls({ ...trustedServer(), ...only })]);
      const { ws2 } = world;
      const { name } = world.listener();
      world.stack([trusting]);
      const client = world.tcpSocket();
      expect(ws2.connect(client, name, name.length)).toBe(SOCKET_ERROR);
      expect(ws2.WSAGetLastError()).toBe(WSAECONNABORTED);
      world.settle();
      const reports = world.takeDefects().join('\n');
      expect(reports).toMatch(/does not verify/);
      expect(reports).toMatch(/broke the connection off: alert 48/);
      expect(entry).toBeDefined();
    });
  });
});

const HANDSHAKE_FAILURE = Buffer.from('15030300020228', 'hex');

describe('An alert that a reset follows at once', () => {
  test.each(['it has not been looked at', 'it finds out by sending'])('is heard when %s', (how) =>
    inWorld('tcpip', (world) => {
      const { ws2 } = world;
      const { s: listener, name } = world.listener();
      world.stack([tls(trustedServer())]);
      const client = world.tcpSocket();
      world.nonBlocking(client);
      expect(ws2.connect(client, name, name.length)).toBe(SOCKET_ERROR);
      expect(ws2.WSAGetLastError()).toBe(WSAEWOULDBLOCK);
      const server = world.accept(listener);
      world.settle();
      ws2.send(server, HANDSHAKE_FAILURE, HANDSHAKE_FAILURE.length, 0);
      ws2.setsockopt(server, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0), 4);
      ws2.closesocket(server);
      if (how.includes('sending')) world.send(client, 'x');
      for (let turn = 0; turn < 5; turn++) world.settle();
      expect(world.takeDefects().join('\n')).toMatch(/alert 40/);
      expect(world.receive(client)).toBeLessThan(0);
    })(),
  );
});
