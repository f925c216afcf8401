// Sockets of name spaces: the dispatcher's own, so that everything lies under them that lies under the application's.
import { expect, test } from 'vitest';
import { AF_INET, INSTANCE, SOCK_DGRAM, sockaddr_in, WSATRY_AGAIN, type Ws2_32 } from 'ws2spi';
import type { NameSpaceDefinition } from 'ws2spi/name-space';
import { withNameSpace } from './fixtures.js';

const SERVER = sockaddr_in('127.0.0.1', 5300);

/** A name space that asks a server by datagrams: a name, answered by an address in text. */
const overDatagrams: Partial<NameSpaceDefinition> = {
  start: (session) => ({
    lookup(question, answer) {
      const socket = session.openDatagram({
        family: AF_INET,
        received(bytes) {
          close();
          const text = Buffer.from(bytes).toString();
          if (text !== '') answer.found({ addresses: [sockaddr_in(text, 0)] });
          answer.done();
        },
      });
      const timer = session.setTimer(2000, () => {
        close();
        answer.fail(WSATRY_AGAIN);
      });
      const close = (): void => {
        timer.cancel();
        socket.close();
      };
      socket.sendTo(Buffer.from(question.name), SERVER);
      return close;
    },
  }),
};

/** Answers datagrams on the server's port, in the providers' phase. */
function serve(ws2: Ws2_32, answers: Readonly<Record<string, string>>): void {
  const { providerHost: host } = ws2[INSTANCE];
  const s = ws2.socket(AF_INET, SOCK_DGRAM, 0);
  expect(ws2.bind(s, SERVER, SERVER.length)).toBe(0);
  const event = host.createEvent();
  expect(ws2.WSAEventSelect(s, event, 1)).toBe(0);
  host.onEvent(event, () => {
    ws2.WSAEnumNetworkEvents(s, event, {});
    const [bytes, from] = [new Uint8Array(100), new Uint8Array(16)];
    const count = ws2.recvfrom(s, bytes, bytes.length, 0, from, { value: from.length });
    const text = answers[Buffer.from(bytes.subarray(0, count)).toString()];
    if (text !== undefined) ws2.sendto(s, Buffer.from(text), text.length, 0, from, from.length);
  });
}

test('a blocking look-up asks a server over a socket of the instance', () => {
  const { ws2, finish } = withNameSpace(overDatagrams, { network: { latency: 40 } });
  serve(ws2, { alpha: '10.9.8.7' });
  expect(ws2.gethostbyname('alpha')).toMatchObject({ h_name: 'alpha', h_addr_list: [Uint8Array.of(10, 9, 8, 7)] });
  finish();
});

test('a server that says nothing is given up by a timer of the instance', () => {
  const { ws2, clock, finish } = withNameSpace(overDatagrams);
  serve(ws2, {});
  expect(ws2.gethostbyname('silent')).toBeNull();
  expect([ws2.WSAGetLastError(), clock.now()]).toEqual([WSATRY_AGAIN, 2000]);
  finish();
});
