// FD_OOB and FD_CLOSE by WSAAsyncSelect, and the two kinds of registration after each other (measured behaviour 19,
// column M).
import { expect } from 'vitest';
import {
  FD_CLOSE,
  FD_OOB,
  FD_READ,
  MSG_OOB,
  MSG_PEEK,
  SD_RECEIVE,
  SD_SEND,
  WSAECONNRESET,
  WSAEINVAL,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { describeOnEveryChain } from '../../support/providers.js';
import { reset, Watcher } from './posted.js';

describeOnEveryChain('FD_OOB posted to a window', ({ it }) => {
  // 19.5
  it('comes for urgent data as FD_READ does for other, once until it is received', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ | FD_OOB);
    world.send(client, '1', MSG_OOB);
    expect(watcher.posted(server)).toEqual(['OOB']);
    watcher.select(server, FD_READ | FD_OOB);
    expect(watcher.posted(server)).toEqual(['OOB']);
    world.send(client, '2', MSG_OOB);
    expect(watcher.posted()).toEqual([]);
    expect(world.receive(server, 1, MSG_OOB)).toBe('1');
    expect(watcher.posted(server)).toEqual(['OOB']);
    expect(world.receive(server, 1, MSG_OOB)).toBe('2');
    expect(watcher.posted()).toEqual([]);
    watcher.select(server, 0);
    world.send(client, '3', MSG_OOB);
    expect(watcher.posted()).toEqual([]);
    watcher.select(server, FD_OOB);
    expect(watcher.posted(server)).toEqual(['OOB']);
  });

  it('comes again after a look at the urgent byte, which stays', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ | FD_OOB);
    world.send(client, '1', MSG_OOB);
    expect(watcher.posted(server)).toEqual(['OOB']);
    expect(world.receive(server, 1, MSG_OOB | MSG_PEEK)).toBe('1');
    expect(watcher.posted(server)).toEqual(['OOB']);
    expect(world.receive(server, 1, MSG_OOB)).toBe('1');
    expect(watcher.posted(server)).toEqual([]);
  });
});

describeOnEveryChain('FD_CLOSE posted to a window', ({ it }) => {
  it('comes once, after the data, however often recv says that the stream has ended', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ | FD_CLOSE);
    world.send(client, 'bye');
    world.ws2.shutdown(client, SD_SEND);
    expect(watcher.posted(server)).toEqual(['READ']);
    expect(world.receive(server)).toBe('bye');
    expect(watcher.posted(server)).toEqual(['CLOSE']);
    expect([world.receive(server), world.receive(server)]).toEqual(['', '']);
    expect(watcher.posted()).toEqual([]);
    world.send(server, 'still here');
    expect(world.receiveAll(client, 10)).toBe('still here');
  });

  it('comes once for an end that was there before the registration', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    world.ws2.closesocket(client);
    world.until(() => world.ws2.WSAPoll([{ fd: server, events: 0, revents: 0 }], 1, 0) === 1);
    watcher.select(server, FD_READ | FD_CLOSE);
    expect(watcher.posted(server)).toEqual(['CLOSE']);
    expect(world.receive(server)).toBe('');
    expect(watcher.posted()).toEqual([]);
  });

  it('tells the error of a reset that was there before the registration', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    world.send(client, 'never read');
    reset(world, client);
    world.until(() => world.ws2.WSAPoll([{ fd: server, events: 0, revents: 0 }], 1, 0) === 1);
    watcher.select(server, FD_READ | FD_CLOSE);
    expect(watcher.posted(server)).toEqual([`CLOSE ${WSAECONNRESET}`]);
    expect(world.receive(server)).toBe(-WSAECONNRESET);
    expect(watcher.posted()).toEqual([]);
  });

  it('comes for a reset, with data still unread', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ | FD_CLOSE);
    world.send(client, 'never read');
    expect(watcher.posted(server)).toEqual(['READ']);
    reset(world, client);
    expect(watcher.posted(server)).toEqual([`CLOSE ${WSAECONNRESET}`]);
  });

  it('does not come for what the socket did itself', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ | FD_CLOSE);
    world.ws2.shutdown(server, SD_SEND);
    expect(watcher.posted()).toEqual([]);
    world.ws2.shutdown(server, SD_RECEIVE);
    expect(watcher.posted()).toEqual([]);
    world.ws2.closesocket(server);
    expect(watcher.posted()).toEqual([]);
    expect(world.receive(client)).toBe('');
  });
});

describeOnEveryChain('an event object and a window', ({ it }) => {
  // 19.7
  it('replace each other, and keep the socket non-blocking', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    const event = world.event();
    world.eventSelect(server, event, FD_READ);
    watcher.select(server, FD_READ);
    expect(world.nonBlocking(server, 0)).toBe(WSAEINVAL);
    world.send(client, 'x');
    expect(watcher.posted(server)).toEqual(['READ']);
    expect(world.signalled(event)).toBe(false);
    expect(world.networkEvents(server)).toEqual({});
    world.receive(server);
    world.eventSelect(server, event, FD_READ);
    expect(world.nonBlocking(server, 0)).toBe(WSAEINVAL);
    world.send(client, 'y');
    expect(world.signalled(event, 60_000)).toBe(true);
    expect(watcher.posted()).toEqual([]);
    expect(world.networkEvents(server)).toEqual({ READ: 0 });
    expect(watcher.select(server, FD_READ)).toBe(0);
    expect(watcher.posted(server)).toEqual(['READ']);
    expect(watcher.select(server, 0)).toBe(0);
    expect(world.receive(server)).toBe('y');
    expect(world.receive(server)).toBe(-WSAEWOULDBLOCK);
    expect(world.nonBlocking(server, 0)).toBe(0);
  });

  it('are both ended by WSAEventSelect with no events', (world) => {
    const watcher = new Watcher(world);
    const { client, server } = world.connectedPair();
    watcher.select(server, FD_READ);
    expect(world.eventSelect(server, null, 0)).toBe(0);
    world.send(client, 'x');
    expect(watcher.posted()).toEqual([]);
    expect(world.nonBlocking(server, 0)).toBe(0);
  });
});
