// What every provider should pass, on the pseudo stream of SPX in memory. The suite connects and accepts in one thread, so its
// listeners accept at once: a layer takes SO_CONDITIONAL_ACCEPT off before they listen.
import { expect, test } from 'vitest';
import {
  AF_IPX,
  createWs2_32,
  ref,
  SO_CONDITIONAL_ACCEPT,
  SOCK_STREAM,
  sockaddr_ipx,
  SOL_SOCKET,
  VirtualClock,
  type WSAPROTOCOL_INFO,
} from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { createMemoryNetwork } from 'ws2spi/providers/memory';
import { testProvider, type ProviderFactory } from 'ws2spi/testkit';

const pseudoStream: ProviderFactory = (options) => {
  const [clock, network] = [new VirtualClock(), createMemoryNetwork()];
  const ws2 = createWs2_32({ base: 'memory', catalog: 'memory', clock, network, ...options });
  const bases: WSAPROTOCOL_INFO[] = [];
  ws2.WSCEnumProtocols(null, bases, ref(100_000), ref(0));
  const base = bases.find((entry) => entry.iAddressFamily === AF_IPX && entry.iSocketType === SOCK_STREAM)!;
  const acceptsAtOnce = defineLayer({
    name: 'accepts at once',
    overrides: {
      WSPListen(below, s, backlog, lpErrno) {
        below.lpWSPSetSockOpt(s, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, new Uint8Array(4), 4, ref(0));
        return below.lpWSPListen(s, backlog, lpErrno);
      },
    },
  });
  return {
    ws2,
    clock,
    entries: stack(ws2, [acceptsAtOnce], { over: base }),
    name: () => sockaddr_ipx('1.020000000001'),
    checkNothingIsLeft: () => expect(network.idle(), 'the network is idle').toBe(true),
  };
};

const SKIPS = {
  datagrams: 'it has streams alone',
  'several families': 'it has one family',
  'internet addresses': 'its names are those of IPX',
  'a blocking socket gives up sending after SO_SNDTIMEO, with what had gone by then':
    'a message goes whole or not at all',
  'shutdown is what WSASendDisconnect and WSARecvDisconnect do, without data': 'it has data with disconnects',
  'urgent data': 'expedited data is no part of the stream, and comes in blocks',
};

for (const { name, skip, run } of testProvider(pseudoStream, { families: [AF_IPX], skips: SKIPS })) {
  if (skip === null) test(name, run);
  else test.skip(`${name} [${skip}]`, () => undefined);
}
