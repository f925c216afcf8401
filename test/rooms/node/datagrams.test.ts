import dgram from 'node:dgram';
import { once } from 'node:events';
import { createWs2_32 } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { type ChainDatagramSocket, createSocket, type ChainDatagramOptions, type ChainError } from 'ws2spi/node';
import { describe, expect, it } from 'vitest';
import { BASES, useBase } from './bases.js';

describe.each(BASES)('a datagram socket over %s', (base) => {
  const { ws2, closeLater } = useBase(base);

  function open(options: ChainDatagramOptions): ChainDatagramSocket {
    const socket = createSocket({ ws2, ...options });
    closeLater(() => {
      try {
        socket.close();
      } catch {
        // It was closed already.
      }
    });
    return socket;
  }

  async function bound(options: ChainDatagramOptions, address: string): Promise<ChainDatagramSocket> {
    const socket = open(options);
    socket.bind(0, address);
    await once(socket, 'listening');
    return socket;
  }

  it.each([
    ['udp4', '127.0.0.1', 'IPv4'],
    ['udp6', '::1', 'IPv6'],
  ] as const)('is a dgram.Socket: %s', async (type, address, family) => {
    const server = await bound({ type }, address);
    expect(server).toBeInstanceOf(dgram.Socket);
    server.on('message', (message, from) => server.send(`you said ${String(message)}`, from.port, from.address));
    const client = open({ type });
    client.send('hello', server.address().port, address);
    const [message, from] = (await once(client, 'message')) as [Buffer, dgram.RemoteInfo];
    expect([String(message), from.address, from.family]).toEqual(['you said hello', address, family]);
  });

  it('looks names up through the instance, and knows its peer', async () => {
    const server = await bound({ type: 'udp4' }, 'localhost');
    const client = open({ type: 'udp4' });
    client.connect(server.address().port, 'localhost');
    await once(client, 'connect');
    expect(client.remoteAddress()).toMatchObject({ address: '127.0.0.1', port: server.address().port });
    client.send('by name');
    expect(String((await once(server, 'message'))[0])).toBe('by name');
  });

  it('goes over the chain that it is given, and no other', async () => {
    const seen: number[] = [];
    const layer = defineLayer({
      name: `datagrams ${base}`,
      overrides: {
        WSPSendTo: (below, s, buffers, ...rest) => {
          seen.push(buffers[0]!.len);
          return below.lpWSPSendTo(s, buffers, ...rest);
        },
      },
    });
    const chain = stack(ws2, [layer], { over: 'udp' });
    const server = await bound({ type: 'udp4' }, '127.0.0.1');
    for (const options of [{}, { chain }]) {
      const client = open({ type: 'udp4', ...options });
      client.send('four', server.address().port, '127.0.0.1');
      await once(server, 'message');
    }
    expect(seen).toEqual([4]);
  });

  it('refuses what would lead around the chain, and says what is wrong with the chain', async () => {
    expect(() => open({ type: 'udp4' }).bind({ fd: 0 } as never)).toThrow(/'options.fd' is not supported/);
    const socket = open({ type: 'udp4', chain: 'no such chain' });
    socket.bind(0);
    const [error] = (await once(socket, 'error')) as [ChainError];
    expect(error.message).toMatch(/"no such chain" is not in the catalog/);
    const { port } = (await bound({ type: 'udp4' }, '127.0.0.1')).address();
    const second = open({ type: 'udp4' });
    second.bind(port, '127.0.0.1');
    const [inUse] = (await once(second, 'error')) as [ChainError];
    expect(inUse).toMatchObject({ code: 'EADDRINUSE', wsaError: 10048, syscall: 'bind' });
  });

  it('is closed when the use of its instance ends', async () => {
    const other = createWs2_32({ base, catalog: 'memory' });
    other.WSAStartup(0x0202, {});
    const socket = createSocket({ type: 'udp4', ws2: other });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const closed = once(socket, 'close');
    other[Symbol.dispose]();
    await closed;
  });
});
