// What is told of a connection's end to those who have not read what came before.
import { expect } from 'vitest';
import { FD_CLOSE, FD_READ, SO_LINGER, SOL_SOCKET, WSAECONNRESET } from 'ws2spi';
import { describeOnEveryProvider } from '../../support/providers.js';

const ABORT = new Uint8Array([1, 0, 0, 0]);

describeOnEveryProvider('a reset while something is unread', (on) => {
  on.it('is an FD_CLOSE with its error, that a wait is ended by', (world) => {
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, FD_READ | FD_CLOSE);
    world.send(client, 'unread');
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(server, event)).toEqual({ READ: 0 });
    world.ws2.setsockopt(client, SOL_SOCKET, SO_LINGER, ABORT, 4);
    world.ws2.closesocket(client);
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(world.networkEvents(server, event)).toEqual({ CLOSE: WSAECONNRESET });
  });
});
