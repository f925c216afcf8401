// The other end of a chain for servers that know nothing of layers: what comes over a chain goes on bare, and the other way round.
import { once } from 'node:events';
import net from 'node:net';
import { createWs2_32, type Ws2_32 } from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { createConnection, createServer, type ChainSocket } from 'ws2spi/node';

/** What a relay has on its two sides; bare where nothing is said. */
export interface RelayEnds {
  /** Layers that callers have to come over, the outermost first. */
  readonly accepts?: readonly Layer[];
  /** Layers that it calls the server over. */
  readonly connects?: readonly Layer[];
}

/** A relay that listens. */
export interface ChainRelay {
  /** Where, on 127.0.0.1. */
  readonly port: number;
  /** What its layers did wrong. */
  readonly defects: readonly string[];
  /** Connections that it has accepted so far. */
  readonly accepted: number;
  /** Ends its connections, and listens no more. */
  close(): Promise<void>;
}

type Socket = net.Socket | ChainSocket;

/** What one side says goes to the other, an end as an end and a broken connection as a broken one. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.setNoDelay(true);
    from.pipe(to as net.Socket);
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => (from.readableEnded ? undefined : to.destroy()));
  }
}

/**
 * Starts a relay before a server on this machine.
 *
 * @param to the server's port on 127.0.0.1; nobody has to listen yet
 */
export async function relay(to: number, { accepts = [], connects = [] }: RelayEnds): Promise<ChainRelay> {
  const defects: string[] = [];
  const instances: Ws2_32[] = [];
  const over = (layers: readonly Layer[]) => {
    const ws2 = createWs2_32({ catalog: 'memory' });
    instances.push(ws2);
    ws2.on('defect', ({ message }) => void defects.push(message));
    ws2.WSAStartup(0x0202, {});
    return { ws2, chain: stack(ws2, [...layers]) };
  };
  const way = connects.length === 0 ? null : over(connects);
  const open = new Set<Socket>();
  let accepted = 0;
  const serve = (caller: Socket): void => {
    accepted++;
    const address = { host: '127.0.0.1', port: to, allowHalfOpen: true };
    const server: Socket = way === null ? net.connect(address) : createConnection({ ...address, ...way });
    for (const each of [caller, server]) {
      open.add(each);
      each.once('close', () => open.delete(each));
    }
    join(caller, server);
  };
  const options = { allowHalfOpen: true };
  const listener =
    accepts.length === 0 ? net.createServer(options, serve) : createServer({ ...options, ...over(accepts) }, serve);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as net.AddressInfo;
  return {
    port,
    defects,
    get accepted() {
      return accepted;
    },
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      for (const each of open) each.destroy();
      await closed;
      for (const ws2 of instances) ws2[Symbol.dispose]();
    },
  };
}
