// What a socket says that sends to a peer which has closed: its data has nobody to go to, and the answer is a reset.
import {
  ERROR_CONNECTION_ABORTED,
  FD_CLOSE,
  FD_READ,
  ref,
  SO_LINGER,
  SOL_SOCKET,
  WSA_IO_PENDING,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAOVERLAPPED,
} from '../../../index.js';
import { expect } from '../expectation.js';
import { buffer } from '../names-and-buffers.js';
import type { ProviderWorld } from '../provider-world.js';
import { topic } from '../suite.js';

/** A socket whose peer has closed and answered what was sent since by a reset. */
function forsaken(world: ProviderWorld): number {
  const { client, server } = world.connectedPair();
  world.ws2.closesocket(server);
  world.until(() => world.ws2.WSAPoll([{ fd: client, events: 0, revents: 0 }], 1, 0) === 1);
  expect(world.send(client, 'is anybody there?')).toBe(17);
  world.settle();
  return client;
}

/** What programs rely on: after a send to a peer that has gone. */
export const afterASendToAPeerThatHasGone = topic('after a send to a peer that has gone', ['resets'], (on) => {
  on.it('a receive is WSAECONNABORTED, and stays so', (world) => {
    const s = forsaken(world);
    world.until(() => world.receive(s) === -WSAECONNABORTED);
    expect(world.receive(s)).toBe(-WSAECONNABORTED);
    expect(world.send(s, 'x')).toBe(-WSAECONNABORTED);
  });

  on.it('a send is WSAECONNABORTED', (world) => {
    const s = forsaken(world);
    world.until(() => world.send(s, 'x') === -WSAECONNABORTED);
    expect(world.receive(s)).toBe(-WSAECONNABORTED);
  });

  on.it('without a look between them receives and sends are WSAECONNABORTED too', (world) => {
    const { client, server } = world.connectedPair();
    world.ws2.closesocket(server);
    let sent = 0;
    for (let i = 0; i < 1000 && sent >= 0; i++) sent = world.send(client, 'x');
    expect(sent).toBe(-WSAECONNABORTED);
    expect(world.receive(client)).toBe(-WSAECONNABORTED);
  });

  on.it('an overlapped receive is WSAECONNABORTED', (world) => {
    const s = forsaken(world);
    world.until(() => world.send(s, 'x') < 0);
    const code = world.code(world.ws2.WSARecv(s, [buffer(1)], 1, null, ref(0), new WSAOVERLAPPED(), null));
    expect(code).toBe(WSAECONNABORTED);
  });

  on.it('the end was told of before, and is not told of again', (world) => {
    const { client, server } = world.connectedPair();
    const hEvent = world.event();
    world.eventSelect(client, hEvent, FD_READ | FD_CLOSE);
    world.ws2.closesocket(server);
    expect(world.signalled(hEvent, 60_000)).toBe(true);
    expect(world.networkEvents(client, hEvent)).toEqual({ CLOSE: 0 });
    world.send(client, 'x');
    world.until(() => world.receive(client) === -WSAECONNABORTED);
    expect(world.networkEvents(client, hEvent)).toEqual({});
  });

  on.it('a reset without an end is WSAECONNRESET, as ever', (world) => {
    const { client, server } = world.connectedPair();
    const port = world.ws2.host.CreateIoCompletionPort(client, null, 0);
    const overlapped = new WSAOVERLAPPED();
    const begun = world.ws2.WSARecv(client, [buffer(1)], 1, null, ref(0), overlapped, null);
    expect(world.code(begun)).toBe(WSA_IO_PENDING);
    world.ws2.setsockopt(server, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0), 4);
    world.ws2.closesocket(server);
    expect(world.ws2.host.GetQueuedCompletionStatus(port, ref(0), ref(null), ref(null), 2000)).toBe(false);
    expect(world.ws2.WSAGetLastError()).not.toBe(ERROR_CONNECTION_ABORTED);
    expect(world.receive(client)).toBe(-WSAECONNRESET);
    expect(world.send(client, 'x')).toBe(-WSAECONNRESET);
  });
});
