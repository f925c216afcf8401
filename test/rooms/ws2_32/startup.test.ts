import { describe, expect, it } from 'vitest';
import {
  createWs2_32,
  HIBYTE,
  LOBYTE,
  MAKEWORD,
  WSAEFAULT,
  WSAENOTSOCK,
  WSANOTINITIALISED,
  WSASYSNOTREADY,
  WSAVERNOTSUPPORTED,
  type WSADATA,
} from 'ws2spi';
import { fakeInstance, fakeSocket } from './fake-provider.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('WSAStartup', () => {
  it.each([
    ['1.0', 1, 0, 1, 0],
    ['1.1', 1, 1, 1, 1],
    ['1.2', 1, 2, 1, 1],
    ['1.255', 1, 255, 1, 1],
    ['2.0', 2, 0, 2, 0],
    ['2.1', 2, 1, 2, 1],
    ['2.2', 2, 2, 2, 2],
    ['2.3', 2, 3, 2, 2],
    ['3.0', 3, 0, 2, 2],
    ['255.255', 255, 255, 2, 2],
  ])('negotiates %s', (_name, major, minor, usedMajor, usedMinor) => {
    const { ws2 } = fakeInstance();
    const data = {} as WSADATA;
    expect(ws2.WSAStartup(MAKEWORD(major, minor), data)).toBe(0);
    expect([LOBYTE(data.wVersion), HIBYTE(data.wVersion)]).toEqual([usedMajor, usedMinor]);
    expect(data.wHighVersion).toBe(0x0202);
    expect(data.szDescription).not.toBe('');
    expect(data.szSystemStatus).toBe('Running');
    expect(data.iMaxSockets > 0).toBe(usedMajor < 2);
    expect(data.iMaxUdpDg > 0).toBe(usedMajor < 2);
    expect(ws2.WSAGetLastError()).toBe(0);
  });

  it.each([0x0000, 0x0100, 0xff00])('refuses version 0x%s but fills the data', (version) => {
    const { ws2 } = fakeInstance();
    const data: Partial<WSADATA> = {};
    expect(ws2.WSAStartup(version, data)).toBe(WSAVERNOTSUPPORTED);
    expect(data.wVersion).toBe(0x0202);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    expect(ws2.WSACleanup()).toBe(-1);
  });

  it('refuses a null pointer, after the version', () => {
    const { ws2 } = fakeInstance();
    expect(ws2.WSAStartup(0x0202, null)).toBe(WSAEFAULT);
    expect(ws2.WSAStartup(0x0000, null)).toBe(WSAVERNOTSUPPORTED);
    expect(ws2.WSAStartup(0x0202, 'data' as never)).toBe(WSAEFAULT);
    expect(ws2.WSACleanup()).toBe(-1);
  });

  it('is WSASYSNOTREADY with a damaged catalog file, and says which', () => {
    const catalog = join(temporaryFolder(), 'catalog.json');
    writeFileSync(catalog, '{ "format": ');
    const ws2 = createWs2_32({ catalog });
    const messages: string[] = [];
    ws2.on('defect', ({ message }) => messages.push(message));
    expect(ws2.WSAStartup(0x0202, {})).toBe(WSASYSNOTREADY);
    expect(messages.join()).toContain(catalog);
  });
});

describe('WSACleanup', () => {
  // 1.5
  it('fails without a WSAStartup to take back', () => {
    const { ws2 } = fakeInstance();
    expect(ws2.WSACleanup()).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
  });

  it('ends the use of the instance only when every WSAStartup was taken back', () => {
    const { ws2, fake, s } = fakeSocket();
    ws2.WSAStartup(0x0101, {});
    expect(ws2.WSACleanup()).toBe(0);
    expect(ws2.listen(s, 5)).toBe(0);
    expect(fake.calls).not.toContain('lpWSPCleanup');
    expect(ws2.WSACleanup()).toBe(0);
    expect(fake.calls.filter((name) => name === 'lpWSPCleanup')).toHaveLength(1);
    expect(ws2.listen(s, 5)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSANOTINITIALISED);
    expect(ws2.WSACleanup()).toBe(-1);
  });

  it('destroys sockets without closing each, and the instance can start again', () => {
    const { ws2, fake, s } = fakeSocket();
    ws2.WSACleanup();
    expect(fake.calls).not.toContain('lpWSPCloseSocket');
    expect(ws2.WSAStartup(0x0202, {})).toBe(0);
    expect(ws2.send(s, new Uint8Array(1), 1, 0)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSAENOTSOCK);
    expect(ws2.listen(ws2.socket(2, 1, 6), 5)).toBe(0);
    expect(fake.starts).toHaveLength(2);
  });

  it('cleans up each provider once, and goes on when one throws', () => {
    const { ws2, fake, defects } = fakeSocket();
    ws2.socket(23, 1, 6); // another provider GUID, hence another start
    fake.overrides.lpWSPCleanup = () => {
      throw new Error('no');
    };
    expect(ws2.WSACleanup()).toBe(0);
    expect(fake.calls.filter((name) => name === 'lpWSPCleanup')).toHaveLength(2);
    expect(defects).toHaveLength(2);
    expect(ws2.WSAGetLastError()).toBe(0);
  });

  it('lets providers look up and close their own handles meanwhile', () => {
    const { ws2, fake } = fakeSocket();
    const upcalls = fake.starts[0]!.upcalls;
    const errno = { value: 0 };
    const own = upcalls.lpWPUCreateSocketHandle(1001, 'context', errno);
    const seen: unknown[] = [];
    fake.overrides.lpWSPCleanup = () => {
      const context = { value: null as unknown };
      seen.push(upcalls.lpWPUQuerySocketHandleContext(own, context, errno), context.value);
      seen.push(upcalls.lpWPUCloseSocketHandle(own, errno));
      return 0;
    };
    ws2.WSACleanup();
    expect(seen).toEqual([0, 'context', 0]);
  });

  it('happens to whatever is left when the instance is disposed of', () => {
    const { ws2, fake } = fakeSocket();
    ws2.WSAStartup(0x0202, {});
    ws2[Symbol.dispose]();
    ws2[Symbol.dispose]();
    expect(fake.calls.filter((name) => name === 'lpWSPCleanup')).toHaveLength(1);
    expect(ws2.WSACleanup()).toBe(-1);
    expect(ws2.WSAStartup(0x0202, {})).toBe(WSASYSNOTREADY);
  });
});

describe('the negotiated version', () => {
  it('is the lowest of all: version 1.1 applications see WSAEINVAL for a second connect', () => {
    const { ws2, fake, s } = fakeSocket();
    fake.overrides.lpWSPConnect = (...args) => ((args[7].value = 10037), -1);
    const connect = (): number => (ws2.connect(s, new Uint8Array(16), 16), ws2.WSAGetLastError());
    expect(connect()).toBe(10037);
    ws2.WSAStartup(0x0101, {});
    expect(connect()).toBe(10022);
    ws2.WSAStartup(0x0202, {});
    expect(connect()).toBe(10022);
  });
});

describe('the last error', () => {
  // 1.2
  it('can be set and read before WSAStartup', () => {
    const { ws2 } = fakeInstance();
    ws2.WSASetLastError(10054);
    expect(ws2.WSAGetLastError()).toBe(10054);
    expect(ws2.WSAGetLastError()).toBe(10054);
  });

  it('belongs to the instance', () => {
    const first = fakeInstance().ws2;
    const second = fakeInstance().ws2;
    first.WSASetLastError(1);
    expect(second.WSAGetLastError()).toBe(0);
  });
});
