// shutdown, WSASendDisconnect, closesocket, lingering, resets.
import { Group } from '../scenario.js';
import { linger } from '../values.js';

export const closing = new Group('closing');
const { scenario } = closing;

scenario('shutdown: what cannot', (t) => {
  const s = t.tcp();
  t.shutdown(s, 'SD_SEND');
  t.shutdown(s, 'SD_RECEIVE');
  t.shutdown(s, 'SD_BOTH');
  t.shutdown(s, 3);
  t.shutdown(t.listener(), 'SD_SEND');
  t.shutdown('INVALID_SOCKET', 'SD_SEND');
});

scenario('shutdown: how it cannot be', (t) => {
  const { client } = t.pair();
  t.shutdown(client, 3);
  t.shutdown(client, -1);
});

scenario('shutdown for sending', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'last');
  t.shutdown(client, 'SD_SEND');
  t.send(client, 'x', 1, 0);
  t.hear(server);
  t.hear(server);
  t.send(server, 'still', 5, 0);
  t.hear(client);
});

scenario('shutdown for receiving', (t) => {
  const { client, server } = t.pair();
  t.shutdown(client, 'SD_RECEIVE');
  t.hear(client);
  t.send(client, 'still', 5, 0);
  t.hear(server);
});

scenario('shutdown for receiving with data there', (t) => {
  const { client, server } = t.pair();
  t.say(server, 'data');
  t.waitFor(client, 'readable');
  t.shutdown(client, 'SD_RECEIVE');
  t.hear(client);
});

scenario('shutdown for both', (t) => {
  const { client, server } = t.pair();
  t.shutdown(client, 'SD_BOTH');
  t.send(client, 'x', 1, 0);
  t.hear(client);
  t.hear(server);
});

scenario('shutdown twice', (t) => {
  const { client } = t.pair();
  t.shutdown(client, 'SD_SEND');
  t.shutdown(client, 'SD_SEND');
  t.shutdown(client, 'SD_RECEIVE');
  t.shutdown(client, 'SD_BOTH');
});

scenario('shutdown after the peer has closed', (t) => {
  const { client, server } = t.pair();
  t.closesocket(server);
  t.waitFor(client, 'readable');
  t.shutdown(client, 'SD_SEND');
});

scenario('WSASendDisconnect', (t) => {
  const { client, server } = t.pair();
  t.WSASendDisconnect(client, null);
  t.send(client, 'x', 1, 0);
  t.hear(server);
});

scenario('WSASendDisconnect: what cannot', (t) => {
  t.WSASendDisconnect(t.tcp(), null);
  t.WSASendDisconnect('INVALID_SOCKET', null);
  t.WSASendDisconnect(t.udp(), null);
});

scenario('WSARecvDisconnect', (t) => {
  const { client } = t.pair();
  t.WSARecvDisconnect(client, null);
  t.hear(client);
  t.WSARecvDisconnect('INVALID_SOCKET', null);
});

scenario('closesocket: the peer reads what was sent', (t) => {
  const { client, server } = t.pair();
  t.say(client, 'last');
  t.closesocket(client);
  t.hear(server);
  t.hear(server);
});

scenario('closesocket with SO_LINGER {1, 0} is a reset', (t) => {
  const { client, server } = t.pair();
  t.setsockopt(client, 'SOL_SOCKET', 'SO_LINGER', linger(1, 0), 4);
  t.closesocket(client);
  t.waitFor(server, 'readable');
  t.hear(server);
});

scenario('closesocket with SO_LINGER {1, 5}', (t) => {
  const { client, server } = t.pair();
  t.setsockopt(client, 'SOL_SOCKET', 'SO_LINGER', linger(1, 5), 4);
  t.say(client, 'bye');
  t.closesocket(client);
  t.hear(server);
  t.hear(server);
});

scenario('closesocket with data that nobody read is a reset', (t) => {
  const { client, server } = t.pair();
  t.say(server, 'unread');
  t.waitFor(client, 'readable');
  t.closesocket(client);
  t.waitFor(server, 'readable');
  t.hear(server);
});

scenario('sending to a peer that has closed', (t) => {
  const { client, server } = t.pair();
  t.closesocket(server);
  t.waitFor(client, 'readable');
  t.send(client, 'x', 1, 0);
});

scenario('closesocket ends a pending overlapped receive', (t) => {
  const { client } = t.pair();
  const e = t.event();
  const ov = t.overlapped(e);
  t.WSARecv(client, [t.room(8)], 1, 77, 0, ov, null);
  t.closesocket(client);
  t.WSAWaitForMultipleEvents(1, [e], 1, 'LONG', 0);
});
