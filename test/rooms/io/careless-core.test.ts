// A core that says that it sent nothing, and not that it would block, is told so: it would be asked for ever.
import { expect, test } from 'vitest';
import { AF_INET, createWs2_32, ref, SOCK_STREAM, sockaddr_in, WSAOVERLAPPED, WSASYSCALLFAILURE } from 'ws2spi';
import { baseProviderStartup, Readiness, type SocketCore } from 'ws2spi/io';
import { testBaseEntry } from '../../support/base-entry.js';

function carelessCore(): SocketCore {
  const nothing = (): number => 0;
  return {
    notice: null,
    readiness: Readiness.WRITABLE | Readiness.CONNECTED,
    error: 0,
    confirm() {
      return this.readiness;
    },
    bind: nothing,
    listen: nothing,
    tryConnect: nothing,
    tryAccept: nothing,
    tryReceive: nothing,
    trySend: nothing,
    shutdown: nothing,
    abort: nothing,
    close: nothing,
    available: nothing,
    unsent: nothing,
    atMark: () => true,
    localName: nothing,
    peerName: nothing,
    setOption: nothing,
    getOption: nothing,
    ioctl: nothing,
  };
}

test.each(['blocking', 'overlapped'])(
  'a core whose trySend returns 0 fails a %s send, and is told what to return',
  (how) => {
    const WSPStartup = baseProviderStartup('careless', () => ({ createCore: carelessCore }));
    const { ws2, entry } = testBaseEntry(createWs2_32, WSPStartup);
    const told: string[] = [];
    ws2.on('defect', ({ message }) => void told.push(message));
    const s = ws2.WSASocket(AF_INET, SOCK_STREAM, 0, entry, 0, 1);
    expect(ws2.connect(s, sockaddr_in('127.0.0.1', 9), 16)).toBe(0);
    const buffers = [{ len: 5, buf: Buffer.from('hello') }];
    expect(ws2.WSASend(s, buffers, 1, ref(0), 0, how === 'overlapped' ? new WSAOVERLAPPED() : null, null)).toBe(-1);
    expect(ws2.WSAGetLastError()).toBe(WSASYSCALLFAILURE);
    expect(told).toEqual([
      expect.stringMatching(/^trySend of a core of "careless" sent 0 bytes of some: return how many/),
    ]);
    ws2[Symbol.dispose]();
  },
);
