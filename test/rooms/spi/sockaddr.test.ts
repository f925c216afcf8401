import { readFileSync } from 'node:fs';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  formatIPv4,
  formatIPv6,
  parseIPv4,
  parseIPv6,
  parseSockaddr,
  sockaddr_in,
  sockaddr_in6,
} from 'ws2spi/spi';
import { describe, expect, it } from 'vitest';

describe('sockaddr_in', () => {
  it('has a little-endian family, and port and address in network order', () => {
    expect([...sockaddr_in('127.0.0.1', 8080)]).toEqual([2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('is read again, with bytes behind it ignored', () => {
    const bytes = new Uint8Array(128);
    bytes.set(sockaddr_in('192.0.2.7', 65535));
    expect(parseSockaddr(bytes)).toEqual({ family: AF_INET, address: '192.0.2.7', port: 65535 });
    expect(parseSockaddr(bytes, 16).address).toBe('192.0.2.7');
  });

  it('refuses what is not an address or no port', () => {
    expect(() => sockaddr_in('localhost', 1)).toThrow(RangeError);
    expect(() => sockaddr_in('1.2.3.4', 65536)).toThrow(RangeError);
    expect(() => sockaddr_in('1.2.3.4', -1)).toThrow(RangeError);
    expect(() => sockaddr_in6('1.2.3.4', 1)).toThrow(RangeError);
  });
});

describe('sockaddr_in6', () => {
  it("has Windows' family 23 and the scope in host order", () => {
    const bytes = sockaddr_in6('fe80::1', 80, 0, 3);
    expect(bytes).toHaveLength(28);
    expect([...bytes.subarray(0, 10)]).toEqual([23, 0, 0, 80, 0, 0, 0, 0, 0xfe, 0x80]);
    expect([...bytes.subarray(24)]).toEqual([3, 0, 0, 0]);
  });

  it('is read again', () => {
    expect(parseSockaddr(sockaddr_in6('2001:db8::5', 443, 9, 2))).toEqual({
      family: AF_INET6,
      address: '2001:db8::5',
      port: 443,
      flowinfo: 9,
      scope_id: 2,
    });
  });

  it('is read in the shorter form of INTERFACE_INFO, without scope', () => {
    expect(parseSockaddr(sockaddr_in6('::1', 80, 0, 7).subarray(0, 24))).toMatchObject({ address: '::1', scope_id: 0 });
  });
});

describe('parseSockaddr', () => {
  it('says when there are too few bytes', () => {
    expect(() => parseSockaddr(new Uint8Array(1))).toThrow(RangeError);
    expect(() => parseSockaddr(sockaddr_in('1.2.3.4', 1), 15)).toThrow(/SOCKADDR_IN /);
    expect(() => parseSockaddr(sockaddr_in6('::', 1), 27)).toThrow(/SOCKADDR_IN6/);
  });

  it('gives the path of local sockets, and nothing for unknown families', () => {
    const local = Uint8Array.of(AF_UNIX, 0, ...new TextEncoder().encode('/tmp/s'), 0, 0);
    expect(parseSockaddr(local)).toEqual({ family: AF_UNIX, address: '/tmp/s', port: 0 });
    expect(parseSockaddr(Uint8Array.of(99, 0))).toEqual({ family: 99, address: '', port: 0 });
  });
});

describe('IPv6 text', () => {
  it.each([
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::0:a:b:c:d:e:f', '::a:b:c:d:e:f'],
    ['0:a:b:c:d:e:f::', '0:a:b:c:d:e:f:0'],
  ])('%s is written %s', (text, written) => {
    const bytes = parseIPv6(text);
    expect(bytes && formatIPv6(bytes)).toBe(written);
  });

  it.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    '::1%3',
    '::1/64',
    '[::1]',
    '::g',
    '1.2.3.4::',
    '::1.2.3',
    ':1:2:3:4:5:6:7',
  ])('%j is not an address', (text) => {
    expect(parseIPv6(text)).toBeNull();
  });
});

// What Windows' own inet_pton reads, as it was measured.
const vectors = JSON.parse(readFileSync(new URL('./fixtures/address-vectors.json', import.meta.url), 'utf8')) as {
  inet_pton_v4: { in: string; addr: string | null }[];
  inet_pton_v6: { in: string; words: string[] | null }[];
};

describe('text that Windows reads with inet_pton', () => {
  it.each(vectors.inet_pton_v4)('is read the same for IPv4: $in', ({ in: text, addr }) => {
    const bytes = parseIPv4(text);
    expect(bytes && formatIPv4(bytes)).toBe(addr);
  });

  it.each(vectors.inet_pton_v6)('is read the same for IPv6: $in', ({ in: text, words }) => {
    const bytes = parseIPv6(text);
    const view = bytes && new DataView(bytes.buffer);
    expect(view && Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i).toString(16))).toEqual(words);
  });
});
