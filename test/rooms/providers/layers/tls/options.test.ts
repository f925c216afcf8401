import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectedPair, createTestInstance } from 'ws2spi/testkit';
import { stack } from 'ws2spi/chain';
import { WSPStartup, tls, type TlsOptions } from 'ws2spi/providers/layers/tls';
import { AUTHORITY, certificateFile, certificateText, certified } from '../../../../support/certificates/index.js';
import { tlsLayer } from '../../../../support/layers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

describe('The options of tls are looked at when the layer is made', () => {
  const server = certified('server');
  test.each([
    [{ sevrername: 'x' }, /there is no option "sevrername": did you mean "servername"/],
    [{ minVersion: 'TLSv1.1' }, /`minVersion` must be 'TLSv1\.2' or 'TLSv1\.3', not "TLSv1\.1"/],
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, /`minVersion` is TLSv1\.3, above `maxVersion`/],
    [{ rejectUnauthorized: 'no' }, /`rejectUnauthorized` must be true or false/],
    [{ ca: { file: '/nowhere/ca.pem' } }, /the file of `ca` cannot be read: ENOENT/],
    [{ ca: '/nowhere/ca.pem' }, /the file of `ca` cannot be read: ENOENT/],
    [{ ca: { file: certificateFile('make.sh') } }, /`ca`, .*make\.sh, is not in PEM/],
    [{ ca: server.key }, /there is no certificate in `ca`: it is a private key/],
    [{ cert: server.cert }, /there is a `cert` and no `key`/],
    [{ ...server, key: certified('client').key }, /`key` and `cert` do not belong together/],
    [
      { ...server, cert: server.cert.replace(/\n[\w+/]{10}/, '\nAAAAAAAAAA') },
      /`cert` cannot be read|do not belong together/,
    ],
    [{ ...server, key: certificateText('locked.key') }, /`key` has a passphrase: give it as `passphrase`/],
    [{ ...server, key: certificateText('locked.key'), passphrase: 'wrong' }, /`passphrase` is not its own/],
    [{ ciphers: 'NOTHING' }, /`ciphers` are none that OpenSSL knows/],
    [{ alpn: ['x'.repeat(256)] }, /`alpn` must be names of 1 to 255 bytes/],
    [{ servername: '' }, /`servername` must be the name of a host/],
    [{ requestCert: true }, /`requestCert` needs `ca`/],
  ])('%#', (options, message) => {
    expect(() => tls(options as TlsOptions)).toThrow(message);
  });

  test('what is told of a key has none of it', () => {
    const { cert, key } = certified('server');
    for (const wrong of [key.slice(0, 90), `${key.slice(0, -40)}`, key.replaceAll('\n', '')]) {
      expect(() => tls({ cert, key: wrong })).toThrow(TypeError);
      try {
        tls({ cert, key: wrong });
      } catch (error) {
        expect(String(error)).not.toContain(key.split('\n')[1]);
      }
    }
  });
});

test('The layer with its defaults is a provider, which loads no native code by itself', () => {
  expect(typeof WSPStartup).toBe('function');
  expect(tls().name).toBe('tls');
});

test('Secrets go to those who listen, and to a file for its owner alone', () => {
  const file = join(temporaryFolder(), 'keys.txt');
  using world = createTestInstance();
  const [entry] = stack(world.ws2, [tlsLayer({ keyLogFile: file, ca: AUTHORITY })]);
  const pair = connectedPair(world.ws2, { entry: entry! });
  pair.close();
  const lines = readFileSync(file, 'latin1').trim().split('\n');
  expect(lines.some((line) => /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/.test(line))).toBe(true);
});
