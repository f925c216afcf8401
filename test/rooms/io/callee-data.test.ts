// What TCP/IP, which carries no data with a connection, tells of the callee's (specification: WSAConnect, lpCalleeData).
import { expect } from 'vitest';
import { WSAEWOULDBLOCK } from 'ws2spi';
import { buffer, describeOnEveryChain, describeOnEveryDatagramChain } from '../../support/providers.js';

describeOnEveryChain('the data of a callee', (on) => {
  on.it('is none, by the length of the buffer, once a blocking WSAConnect returns', (world) => {
    const { name } = world.listener();
    const callee = buffer(8);
    const client = world.tcpSocket();
    expect(world.code(world.ws2.WSAConnect(client, name, name.length, null, callee, null, null))).toBe(0);
    expect(callee.len).toBe(0);
  });

  on.it('is none, by the length of the buffer, once a socket that does not block is connected', (world) => {
    const { name } = world.listener();
    const callee = buffer(8);
    const client = world.tcpSocket();
    world.nonBlocking(client);
    const code = world.code(world.ws2.WSAConnect(client, name, name.length, null, callee, null, null));
    expect([0, WSAEWOULDBLOCK]).toContain(code);
    world.until(() => callee.len !== 8);
    expect(callee.len).toBe(0);
  });
});

describeOnEveryDatagramChain('the data of a callee', (on) => {
  on.it('is ignored where there are no connections', (world) => {
    const { name } = world.boundUdp();
    const callee = buffer(8);
    const client = world.udpSocket();
    expect(world.code(world.ws2.WSAConnect(client, name, name.length, null, callee, null, null))).toBe(0);
    expect(callee.len).toBe(8);
  });
});
