// Secrets of TLS in captures: tshark decrypts what was seen below the layer `tls`.
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { capture } from 'ws2spi/providers/layers/capture';
import { describeOnEveryProvider } from '../../../../support/providers.js';
import { tlsLayer } from '../../../../support/layers.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import { faultsOf, packetsOf, tshark } from '../../../../support/tshark.js';

const folder = temporaryFolder();
let files = 0;

describe.skipIf(withoutServer('tshark').skip)('a capture below TLS', () => {
  describeOnEveryProvider('of both ends', (on) => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const secrets of [true, false]) {
        on.it(`${secrets ? 'can be read with' : 'keeps its secrets without'} \`secrets\` (${version})`, (world) => {
          const file = join(folder, `${++files}.pcapng`);
          const layer = capture({ file, secrets });
          world.stack([tlsLayer({ minVersion: version, maxVersion: version }), layer]);
          const { client, server } = world.connectedPair();
          world.send(client, 'GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n');
          expect(world.receive(server)).toContain('GET /secret');
          world.send(server, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK');
          expect(world.receive(client)).toContain('200 OK');
          world.ws2.closesocket(client);
          world.ws2.closesocket(server);
          world.settle();
          layer.stop();
          expect(readFileSync(file).includes('GET /secret')).toBe(false);
          expect(readFileSync(file).includes('CLIENT_')).toBe(secrets);
          const packets = packetsOf(file);
          expect(faultsOf(packets)).toEqual([]);
          const port = packets[0]!.destination.split(' ')[1]!;
          const read = tshark(
            file,
            '-d',
            `tcp.port==${port},tls`,
            '-d',
            `tls.port==${port},http`,
            '-T',
            'fields',
            '-e',
            'http.request.uri',
            '-e',
            'http.response.code',
          );
          expect(read.includes('/secret')).toBe(secrets);
          expect(read.includes('200')).toBe(secrets);
        });
      }
    }
  });

  describeOnEveryProvider('of a client alone', (on) => {
    on.it('has the secrets before the packets that brought them', (world) => {
      const plain = [tlsLayer()];
      world.stack(plain);
      const { s: listener, name } = world.listener();
      const file = join(folder, `${++files}.pcapng`);
      const layer = capture({ file, secrets: true });
      world.stack([tlsLayer(), layer]);
      const client = world.tcpSocket();
      expect(world.connect(client, name)).toBe(0);
      const server = world.accept(listener);
      world.send(server, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK');
      expect(world.receive(client)).toContain('200 OK');
      layer.stop();
      const port = packetsOf(file)[0]!.destination.split(' ')[1]!;
      const read = tshark(
        file,
        '-d',
        `tcp.port==${port},tls`,
        '-d',
        `tls.port==${port},http`,
        '-T',
        'fields',
        '-e',
        'http.response.code',
      );
      expect(read).toContain('200');
    });
  });
});
