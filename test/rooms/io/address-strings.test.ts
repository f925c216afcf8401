import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AF_INET, AF_INET6, parseSockaddr, ref, sockaddr_in, sockaddr_in6, WSAEFAULT, WSAEINVAL } from 'ws2spi';
import { describeOnEveryProvider } from '../../support/providers.js';
import { createTestInstance } from 'ws2spi/testkit';

const { WSAStringToAddress_v4: vectors } = JSON.parse(
  readFileSync(new URL('../spi/fixtures/address-vectors.json', import.meta.url), 'utf8'),
) as { WSAStringToAddress_v4: { in: string; err: number; addr: string | null; port: number | null }[] };

describe('WSAStringToAddress reads IPv4 as Windows was measured to', () => {
  // 60
  test.each(vectors)('"$in"', ({ in: text, err, addr, port }) => {
    const instance = createTestInstance();
    const address = new Uint8Array(16).fill(0xee);
    const length = ref(16);
    const result = instance.ws2.WSAStringToAddress(text, AF_INET, null, address, length);
    expect(length.value).toBe(16);
    if (err === 0) {
      expect(result).toBe(0);
      expect(parseSockaddr(address)).toMatchObject({ address: addr, port });
    } else {
      expect([result, instance.ws2.WSAGetLastError()]).toEqual([-1, err]);
      expect([address[0], address[1]]).toEqual([0, 0]);
    }
    instance.finish();
  });
});

describeOnEveryProvider('Addresses as text', ({ it }) => {
  for (const [text, address, port] of [
    ['::1', '::1', 0],
    ['[::1]', '::1', 0],
    ['[::1]:65535', '::1', 65535],
    ['2001::1', '2001::1', 0],
    ['::1:2:3:4:5:6:7', '0:1:2:3:4:5:6:7', 0],
  ] as const) {
    it(`"${text}" is an IPv6 address`, ({ ws2 }) => {
      const bytes = new Uint8Array(28);
      expect(ws2.WSAStringToAddress(text, AF_INET6, null, bytes, ref(28))).toBe(0);
      expect(parseSockaddr(bytes)).toMatchObject({ port });
      expect(parseSockaddr(bytes).address.replace('::', '0:')).toBe(address.replace('::', '0:'));
    });
  }

  for (const text of ['::1]:65535', '1.2.3.4', '1:2:3:', '']) {
    it(`"${text}" is none`, (world) => {
      const bytes = new Uint8Array(28).fill(0xee);
      const length = ref(28);
      expect(world.code(world.ws2.WSAStringToAddress(text, AF_INET6, null, bytes, length))).toBe(WSAEINVAL);
      expect([bytes[0], bytes[1], length.value]).toEqual([0, 0, 28]);
    });
  }

  it('too little room tells how much is needed', (world) => {
    const length = ref(15);
    const result = world.ws2.WSAStringToAddress('1.2.3.4', AF_INET, null, new Uint8Array(16), length);
    expect([world.code(result), length.value]).toEqual([WSAEFAULT, 16]);
    const text = { value: '' };
    const characters = ref(5);
    const name = sockaddr_in('1.2.3.4', 80);
    expect(world.code(world.ws2.WSAAddressToString(name, 16, null, text, characters))).toBe(WSAEFAULT);
    expect(characters.value).toBe('1.2.3.4:80'.length + 1);
  });

  // 60
  it('are written with their ports, counted with the NUL', ({ ws2 }) => {
    for (const [bytes, expected] of [
      [sockaddr_in('127.0.0.1', 80), '127.0.0.1:80'],
      [sockaddr_in('127.0.0.1', 0), '127.0.0.1'],
      [sockaddr_in6('::1', 80), '[::1]:80'],
      [sockaddr_in6('fe80::1', 0, 0, 3), 'fe80::1%3'],
    ] as const) {
      const text = { value: '' };
      const characters = ref(100);
      expect(ws2.WSAAddressToString(bytes, bytes.length, null, text, characters)).toBe(0);
      expect([text.value, characters.value]).toEqual([expected, expected.length + 1]);
    }
  });
});
