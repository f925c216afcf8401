import * as spi from 'ws2spi/spi';
import { describe, expect, it } from 'vitest';

describe('word macros', () => {
  it('put words together and take them apart', () => {
    expect(spi.MAKEWORD(2, 1)).toBe(0x0102);
    expect([spi.LOBYTE(0x0102), spi.HIBYTE(0x0102)]).toEqual([2, 1]);
    expect(spi.MAKELONG(0x1234, 0x5678)).toBe(0x56781234);
    expect([spi.LOWORD(0x56781234), spi.HIWORD(0x56781234)]).toEqual([0x1234, 0x5678]);
    expect([spi.LOWORD(-1), spi.HIWORD(-1)]).toEqual([0xffff, 0xffff]);
  });

  it('read the messages of WSAAsyncSelect and WSAAsyncGetXbyY', () => {
    const closed = spi.WSAMAKESELECTREPLY(spi.FD_CLOSE, spi.WSAECONNRESET);
    expect(spi.WSAGETSELECTEVENT(closed)).toBe(spi.FD_CLOSE);
    expect(spi.WSAGETSELECTERROR(closed)).toBe(spi.WSAECONNRESET);
    const small = spi.WSAMAKEASYNCREPLY(200, spi.WSAENOBUFS);
    expect([spi.WSAGETASYNCBUFLEN(small), spi.WSAGETASYNCERROR(small)]).toEqual([200, spi.WSAENOBUFS]);
  });
});

describe('ioctl macros', () => {
  it('make the codes of the headers', () => {
    expect(spi._WSAIOR(spi.IOC_WS2, 34)).toBe(spi.SIO_BASE_HANDLE);
    expect(spi._WSAIORW(spi.IOC_WS2, 6)).toBe(spi.SIO_GET_EXTENSION_FUNCTION_POINTER);
    expect(spi._WSAIOW(spi.IOC_VENDOR, 4)).toBe(spi.SIO_KEEPALIVE_VALS);
    expect(spi._WSAIO(spi.IOC_WS2, 4)).toBe(spi.SIO_FLUSH);
  });
});

describe('address macros', () => {
  it('tell the classes of IPv4', () => {
    const classes = (address: number) => [
      spi.IN_CLASSA(address),
      spi.IN_CLASSB(address),
      spi.IN_CLASSC(address),
      spi.IN_CLASSD(address),
    ];
    expect(classes(0x0a000001)).toEqual([true, false, false, false]);
    expect(classes(0x80000001)).toEqual([false, true, false, false]);
    expect(classes(0xc0000201)).toEqual([false, false, true, false]);
    expect(classes(0xe0000001)).toEqual([false, false, false, true]);
  });

  it('tell the kinds of IPv6', () => {
    const bytes = (text: string) => spi.parseIPv6(text) ?? new Uint8Array(0);
    expect(spi.IN6_IS_ADDR_UNSPECIFIED(bytes('::'))).toBe(true);
    expect(spi.IN6_IS_ADDR_LOOPBACK(bytes('::1'))).toBe(true);
    expect(spi.IN6_IS_ADDR_LOOPBACK(bytes('::'))).toBe(false);
    expect(spi.IN6_IS_ADDR_LINKLOCAL(bytes('fe80::1'))).toBe(true);
    expect(spi.IN6_IS_ADDR_SITELOCAL(bytes('fec0::1'))).toBe(true);
    expect(spi.IN6_IS_ADDR_MULTICAST(bytes('ff02::1'))).toBe(true);
    expect(spi.IN6_IS_ADDR_V4MAPPED(bytes('::ffff:1.2.3.4'))).toBe(true);
  });

  it('count the room of control messages', () => {
    expect([spi.WSA_CMSG_LEN(8), spi.WSA_CMSG_SPACE(8), spi.WSA_CMSG_SPACE(5)]).toEqual([20, 20, 20]);
  });
});
