import { describe, expect, it } from 'vitest';
import { WSAEFAULT, WSAEINVAL, WSANOTINITIALISED } from 'ws2spi';
import { catalogOf, fakeInstance, fakeSocket } from './fake-provider.js';

const IPV4 = new Uint8Array([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

describe('WSAAddressToString', () => {
  it('is done by the provider of the address’ family', () => {
    const { ws2, fake } = fakeSocket();
    fake.overrides.lpWSPAddressToString = (_address, _length, info, out, length) => {
      out!.value = info!.szProtocol;
      length.value = 5;
      return 0;
    };
    const out = { value: '' };
    const length = { value: 100 };
    expect(ws2.WSAAddressToString(IPV4, 16, null, out, length)).toBe(0);
    expect([out.value, length.value, ws2.WSAGetLastError()]).toEqual(['ws2spi Memory [TCP/IP]', 5, 0]);
    const info = catalogOf('').protocols[4]!.entry;
    expect(ws2.WSAAddressToStringW(IPV4, 16, info, out, length)).toBe(0);
    expect(out.value).toBe('ws2spi Memory [UDP/IPv6]');
  });

  it('is WSAEINVAL for a family without provider, WSAEFAULT for bad pointers', () => {
    const { ws2 } = fakeSocket();
    const length = { value: 100 };
    expect(ws2.WSAAddressToString(new Uint8Array([99, 0]), 2, null, { value: '' }, length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(ws2.WSAAddressToString(IPV4, 1, null, { value: '' }, length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    for (const call of [
      () => ws2.WSAAddressToString(null as never, 16, null, { value: '' }, length),
      () => ws2.WSAAddressToString(IPV4, 17, null, { value: '' }, length),
      () => ws2.WSAAddressToString(IPV4, 16, 'TCP' as never, { value: '' }, length),
      () => ws2.WSAAddressToString(IPV4, 16, null, { value: '' }, null as never),
    ]) {
      expect(call()).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    }
  });

  it('needs WSAStartup', () => {
    const { ws2 } = fakeInstance();
    expect(ws2.WSAAddressToString(IPV4, 16, null, { value: '' }, { value: 100 })).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    expect(ws2.WSAStringToAddress('1.2.3.4', 2, null, new Uint8Array(16), { value: 16 })).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });
});

describe('WSAStringToAddress', () => {
  it('is done by the provider of the family', () => {
    const { ws2, fake } = fakeSocket();
    fake.overrides.lpWSPStringToAddress = (text, family, info, address, length) => {
      address[0] = family;
      length.value = text.length + info!.iSocketType;
      return 0;
    };
    const address = new Uint8Array(16);
    const length = { value: 16 };
    expect(ws2.WSAStringToAddressA('1.2.3.4', 2, null, address, length)).toBe(0);
    expect([address[0], length.value, ws2.WSAGetLastError()]).toEqual([2, 8, 0]);
    expect(ws2.WSAStringToAddress('1.2.3.4', 99, null, address, length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEINVAL);
    expect(ws2.WSAStringToAddress(7 as never, 2, null, address, length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(ws2.WSAStringToAddress('1.2.3.4', 2, null, null as never, length)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
  });
});

describe('getsockname and getpeername', () => {
  it('tell of the socket’s state before bad pointers', () => {
    const { ws2, s, fake } = fakeSocket();
    fake.overrides.lpWSPGetPeerName = (_s, _name, _length, errno) => ((errno.value = 10057), -1);
    expect(ws2.getpeername(s, null as never, null as never)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(10057);
    delete fake.overrides.lpWSPGetPeerName;
    for (const [name, length] of [
      [null, null],
      [new Uint8Array(16), null],
      [null, { value: 16 }],
    ] as never[][]) {
      expect(ws2.getpeername(s, name!, length!)).toBe(-1);
      expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    }
  });
});

describe('ioctlsocket and WSAIoctl', () => {
  it('hand the number in and out', () => {
    const { ws2, s, fake } = fakeSocket();
    let seen: unknown[] = [];
    fake.overrides.lpWSPIoctl = (_s, code, input, cbIn, output, cbOut, returned) => {
      seen = [code, input && [...(input as Uint8Array)], cbIn, cbOut];
      if (output !== null) (output as Uint8Array).set([1, 2, 0, 0]);
      returned!.value = 4;
      return 0;
    };
    const argp = { value: 0x80000001 };
    expect(ws2.ioctlsocket(s, 0x8004667e, argp)).toBe(0);
    expect([seen, argp.value]).toEqual([[0x8004667e, [1, 0, 0, 0x80], 4, 0], 0x80000001]);
    expect(ws2.ioctlsocket(s, 0x4004667f | 0, argp)).toBe(0);
    expect([seen, argp.value]).toEqual([[0x4004667f, null, 0, 4], 0x201]);
  });

  it('do not look at buffers that the code has no use for', () => {
    const { ws2, s, fake } = fakeSocket();
    const count = { value: 0 };
    const input = new Uint8Array(4);
    expect(ws2.WSAIoctl(s, 0x8004667e, input, 4, 'nowhere' as never, 99, count, null, null)).toBe(0);
    expect(fake.last.get('lpWSPIoctl')![4]).toBeNull();
    expect(ws2.WSAIoctl(s, 0x8004667e, input, 5, null, 0, count, null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    expect(ws2.WSAIoctl(s, 0x4004667f, null, 0, 'nowhere' as never, 4, count, null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAEFAULT);
    const guid = 'B5367DF1-CBAC-11CF-95CA-00805F48A192';
    const out = { value: null as unknown };
    expect(ws2.WSAIoctl(s, 0xc8000006, guid, 16, out, 4, count, null, null)).toBe(0);
    expect(fake.last.get('lpWSPIoctl')!.slice(2, 6)).toEqual([guid, 16, out, 4]);
  });
});
