import { describe, expect, it } from 'vitest';
import { INADDR_NONE, LITTLEENDIAN, WSAEFAULT } from 'ws2spi';
import { catalogOf, fakeInstance, fakeSocket } from './fake-provider.js';

describe('byte order', () => {
  it('is always swapped, whatever the machine', () => {
    const { ws2 } = fakeInstance();
    expect(ws2.htonl(0x01020304)).toBe(0x04030201);
    expect(ws2.ntohl(0xff000001)).toBe(0x010000ff);
    expect(ws2.htonl(0x000000ff)).toBe(0xff000000);
    expect(ws2.htonl(-1)).toBe(0xffffffff);
    expect(ws2.htons(0x1234)).toBe(0x3412);
    expect(ws2.ntohs(0x00ff)).toBe(0xff00);
    expect(ws2.htons(0x12345678)).toBe(0x7856);
  });

  it('is swapped in 64 bits, which are bigints', () => {
    const { ws2 } = fakeInstance();
    expect(ws2.htonll(0x0102030405060708n)).toBe(0x0807060504030201n);
    expect(ws2.ntohll(0xff00000000000001n)).toBe(0x01000000000000ffn);
    expect(ws2.htonll(-2n)).toBe(0xfeffffffffffffffn);
    expect(ws2.htonll(1 as never)).toBe(0x0100000000000000n);
    for (const bad of [0.5, NaN, 'x', null, undefined]) expect(ws2.ntohll(bad as never)).toBe(0n);
  });

  it('is swapped in the bits of a fraction', () => {
    const { ws2 } = fakeInstance();
    // 1 is 3F800000 and 3FF0000000000000.
    expect(ws2.htonf(1)).toBe(0x0000803f);
    expect(ws2.ntohf(0x0000803f)).toBe(1);
    expect(ws2.htonf(-0.5)).toBe(0x000000bf);
    expect(ws2.htond(1)).toBe(0xf03fn);
    expect(ws2.ntohd(0xf03fn)).toBe(1);
    for (const value of [Math.PI, -1e300, 0, Infinity]) expect(ws2.ntohd(ws2.htond(value))).toBe(value);
    expect(ws2.ntohf(ws2.htonf(0.1))).toBe(Math.fround(0.1));
    expect(ws2.ntohd(ws2.htond(NaN))).toBeNaN();
  });

  it('is that of the socket’s protocol for the WSA functions', () => {
    const big = fakeSocket();
    const out = { value: 0 };
    expect(big.ws2.WSAHtonl(big.s, 0x01020304, out)).toBe(0);
    expect(out.value).toBe(0x04030201);
    expect(big.ws2.WSANtohs(big.s, 0x0102, out)).toBe(0);
    expect(out.value).toBe(0x0201);

    const catalog = catalogOf('di:fake');
    for (const { entry } of catalog.protocols) entry.iNetworkByteOrder = LITTLEENDIAN;
    const little = fakeSocket({ catalog });
    little.ws2.WSANtohl(little.s, 0x01020304, out);
    expect(out.value).toBe(0x01020304);
    little.ws2.WSAHtons(little.s, 0x0102, out);
    expect(out.value).toBe(0x0102);
  });
});

/** Text and address in dotted form; `null` for none. */
const ADDRESSES: [string, string | null][] = [
  ['1.2.3.4', '1.2.3.4'],
  ['127.127.127.255', '127.127.127.255'],
  ['0.0.0.0', '0.0.0.0'],
  ['127.127.127.256', null],
  ['256.1.1.1', null],
  ['1.2.3', '1.2.0.3'],
  ['1.2.65535', '1.2.255.255'],
  ['1.2.65536', null],
  ['1.16777215', '1.255.255.255'],
  ['1.16777216', null],
  ['1', '0.0.0.1'],
  ['4294967295', '255.255.255.255'],
  ['0x2134', '0.0.33.52'],
  ['017700000001', '127.0.0.1'],
  ['1.2.3.0xaA', '1.2.3.170'],
  ['1.2.3.010', '1.2.3.8'],
  ['1.2.3.08', null],
  ['1.2.3.0a', null],
  ['1.1.1.0b10', null],
  ['1.2.3.4.5', null],
  ['1.2.3.', null],
  ['1..2.3', null],
  ['', null],
  [' ', '0.0.0.0'],
  ['  ', null],
  ['\t', null],
  ['.', null],
  [' 0', null],
  [' 3.4.5.6', null],
  ['3.4.5.6 ', '3.4.5.6'],
  ['3.4.5.6  7', '3.4.5.6'],
  ['3.4.5.6\n', '3.4.5.6'],
  ['3.4.5.6. 7', null],
  ['3. 4.5.6', null],
  ['1.2.3. 4', null],
  ['1 2 3 4', '0.0.0.1'],
  ['1.2.3 \u00fe\u00ff', '1.2.0.3'],
  ['1.2.3.4\u00a0', null],
  ['[0.1.2.3]', null],
  ['::1', null],
  ['-1.2.3.4', null],
];

describe('inet_addr', () => {
  // 56
  it.each(ADDRESSES)('reads %j as %s', (text, address) => {
    const { ws2 } = fakeInstance();
    ws2.WSASetLastError(4711);
    const value = ws2.inet_addr(text);
    expect(value === INADDR_NONE && address !== '255.255.255.255' ? null : ws2.inet_ntoa(value)).toBe(address);
    expect(ws2.WSAGetLastError()).toBe(4711);
  });

  it('gives network order', () => {
    expect(fakeInstance().ws2.inet_addr('127.0.0.1')).toBe(0x0100007f);
  });

  // 56
  it('is WSAEFAULT for what is not a text', () => {
    const { ws2 } = fakeInstance();
    for (const bad of [null, undefined, 7, {}]) {
      ws2.WSASetLastError(0);
      expect(ws2.inet_addr(bad as never)).toBe(INADDR_NONE);
      expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    }
  });
});

describe('inet_ntoa', () => {
  it('writes what inet_addr reads', () => {
    const { ws2 } = fakeInstance();
    expect(ws2.inet_ntoa(0x0100007f)).toBe('127.0.0.1');
    expect(ws2.inet_ntoa(0xffffffff)).toBe('255.255.255.255');
    expect(ws2.inet_ntoa(0)).toBe('0.0.0.0');
  });
});
