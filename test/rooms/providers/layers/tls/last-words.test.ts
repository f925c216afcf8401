// Who breaks off says why, and the peer hears it: no reset overtakes the alert.
import { describe, expect } from 'vitest';
import { INVALID_SOCKET, SOCKET_ERROR, WSAECONNABORTED, WSAECONNRESET, WSAEWOULDBLOCK } from 'ws2spi';
import { tls } from 'ws2spi/providers/layers/tls';
import { certificateText, trustedServer } from '../../../../support/certificates/index.js';
import { describeOnEveryProvider } from '../../../../support/providers.js';

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
