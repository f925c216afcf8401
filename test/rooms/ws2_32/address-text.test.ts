import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AF_INET, AF_INET6, AF_UNSPEC, ERROR_INVALID_PARAMETER, WSAEAFNOSUPPORT, WSAEFAULT, WSAEINVAL } from 'ws2spi';
import { fakeInstance } from './fake-provider.js';

const { inet_pton_v4: VECTORS_4, inet_pton_v6: VECTORS_6 } = JSON.parse(
  readFileSync(new URL('../spi/fixtures/address-vectors.json', import.meta.url), 'utf8'),
) as {
  inet_pton_v4: { in: string; ret: number; addr: string | null; bufferTouchedOnFailure: boolean | null }[];
  inet_pton_v6: { in: string; ret: number; words: string[] | null }[];
};

const UNTOUCHED = 0xee;

/** Reads with one of the functions: the result, the last error (4711 before the call), and the bytes. */
function read(name: 'inet_pton' | 'InetPton' | 'InetPtonA' | 'InetPtonW', family: number, text: string) {
  const { ws2 } = fakeInstance();
  ws2.WSASetLastError(4711);
  const bytes = new Uint8Array(family === AF_INET ? 4 : 16).fill(UNTOUCHED);
  const result = ws2[name](family, text, bytes);
  return { result, error: ws2.WSAGetLastError(), bytes: [...bytes] };
}

describe.each(['inet_pton', 'InetPton', 'InetPtonA', 'InetPtonW'] as const)(
  '%s reads as Windows was measured to',
  (name) => {
    const failed = name === 'InetPton' || name === 'InetPtonW' ? WSAEINVAL : 4711;

    // 57
    it.each(VECTORS_4)('"$in" as IPv4', ({ in: text, ret, addr, bufferTouchedOnFailure }) => {
      const { result, error, bytes } = read(name, AF_INET, text);
      expect([result, error]).toEqual([ret, ret === 1 ? 4711 : failed]);
      if (ret === 1) expect(bytes.join('.')).toBe(addr);
      else expect(bytes.some((byte) => byte !== UNTOUCHED)).toBe(bufferTouchedOnFailure);
    });

    it.each(VECTORS_6)('"$in" as IPv6', ({ in: text, ret, words }) => {
      const { result, error, bytes } = read(name, AF_INET6, text);
      expect([result, error]).toEqual([ret, ret === 1 ? 4711 : failed]);
      const found = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! * 256 + bytes[2 * i + 1]!).toString(16));
      expect(found).toEqual(words ?? new Array(8).fill('eeee'));
    });
  },
);

describe('inet_pton', () => {
  it('allows no leading zeros in IPv4, and a double colon for one group in IPv6', () => {
    expect(read('inet_pton', AF_INET, '1.1.1.00').result).toBe(0);
    expect(read('inet_pton', AF_INET6, '::0:a:b:c:d:e:f').result).toBe(1);
    expect(read('inet_pton', AF_INET6, 'fe80::1%1').result).toBe(0);
  });

  // 57
  it('is WSAEFAULT without text or room, and WSAEAFNOSUPPORT for other families', () => {
    const { ws2 } = fakeInstance();
    const room = new Uint8Array(16);
    const cases: [number, unknown, unknown, number][] = [
      [AF_UNSPEC, null, room, WSAEFAULT],
      [AF_INET, null, room, WSAEFAULT],
      [AF_INET, 127, room, WSAEFAULT],
      [AF_INET, '127.0.0.1', null, WSAEFAULT],
      [AF_INET, '127.0.0.1', new Uint8Array(3), WSAEFAULT],
      [AF_INET6, '::1', new Uint8Array(15), WSAEFAULT],
      [AF_UNSPEC, '127.0.0.1', room, WSAEAFNOSUPPORT],
      ['2' as never, '127.0.0.1', room, WSAEAFNOSUPPORT],
    ];
    for (const [family, text, bytes, error] of cases) {
      for (const name of ['inet_pton', 'InetPtonW'] as const) {
        ws2.WSASetLastError(0);
        expect(ws2[name](family, text as never, bytes as never)).toBe(-1);
        expect(ws2.WSAGetLastError()).toBe(error);
      }
    }
  });

  it('works before WSAStartup', () => {
    const { ws2 } = fakeInstance();
    while (ws2.WSACleanup() === 0);
    expect(ws2.inet_pton(AF_INET, '127.0.0.1', new Uint8Array(4))).toBe(1);
    expect(ws2.inet_ntop(AF_INET, Uint8Array.of(127, 0, 0, 1), { value: '' }, 16)).toBe('127.0.0.1');
  });
});

describe.each(['inet_ntop', 'InetNtop', 'InetNtopA', 'InetNtopW'] as const)('%s', (name) => {
  it('writes what inet_pton reads', () => {
    const { ws2 } = fakeInstance();
    const addresses: [number, string][] = [
      [AF_INET, '0.0.0.0'],
      [AF_INET, '255.255.255.255'],
      [AF_INET6, '::'],
      [AF_INET6, '::1'],
      [AF_INET6, '2001:db8::8a2e:370:7334'],
      [AF_INET6, '::ffff:129.144.52.38'],
      [AF_INET6, '1:2:3:4:5:6:7:8'],
    ];
    for (const [family, text] of addresses) {
      const bytes = new Uint8Array(16);
      expect(ws2.inet_pton(family, text, bytes)).toBe(1);
      ws2.WSASetLastError(4711);
      const out = { value: '' };
      expect(ws2[name](family, bytes, out, 46)).toBe(text);
      expect(out.value).toBe(text);
      expect(ws2.WSAGetLastError()).toBe(4711);
    }
  });

  it('needs room for the text and its NUL', () => {
    const { ws2 } = fakeInstance();
    const out = { value: 'as it was' };
    for (const room of [0, 9, -1, NaN]) {
      expect(ws2[name](AF_INET, Uint8Array.of(127, 0, 0, 1), out, room)).toBeNull();
      expect(ws2.WSAGetLastError()).toBe(ERROR_INVALID_PARAMETER);
    }
    expect(out.value).toBe('as it was');
    expect(ws2[name](AF_INET, Uint8Array.of(127, 0, 0, 1), out, 10)).toBe('127.0.0.1');
  });

  it('says what is wrong', () => {
    const { ws2 } = fakeInstance();
    const cases: [number, unknown, unknown, number][] = [
      [AF_UNSPEC, new Uint8Array(16), { value: '' }, WSAEAFNOSUPPORT],
      [AF_INET, null, { value: '' }, WSAEFAULT],
      [AF_INET6, new Uint8Array(4), { value: '' }, WSAEFAULT],
      [AF_INET, new Uint8Array(4), null, ERROR_INVALID_PARAMETER],
      [AF_INET, new Uint8Array(4), 'text', WSAEFAULT],
    ];
    for (const [family, bytes, out, error] of cases) {
      expect(ws2[name](family, bytes as never, out as never, 46)).toBeNull();
      expect(ws2.WSAGetLastError()).toBe(error);
    }
  });
});
