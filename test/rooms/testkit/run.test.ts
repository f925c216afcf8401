import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ws2_32, WSAPROTOCOL_INFO } from 'ws2spi';
import { defineLayer, stack } from 'ws2spi/chain';
import { Agent, createServer } from 'ws2spi/node';
import { createTestInstance, type TestInstance, type TestInstanceOptions } from 'ws2spi/testkit';

let test: TestInstance;
const started = (options?: TestInstanceOptions): TestInstance => (test = createTestInstance(options));
afterEach(() => test[Symbol.dispose]());

/** A layer that hands everything on after a time of its own. */
const late = (milliseconds: number) =>
  defineLayer({
    name: 'late',
    codec: () => {
      const waiting: Uint8Array[] = [];
      return {
        send(bytes, output) {
          waiting.push(bytes.slice());
          output.setTimer(milliseconds);
        },
        receive: (bytes, output) => output.decoded(bytes),
        timer(output) {
          for (const bytes of waiting.splice(0)) output.encoded(bytes);
        },
      };
    },
  });

async function hello(chain: { ws2: Ws2_32; chain?: WSAPROTOCOL_INFO }): Promise<string> {
  const http = createHttpServer((_request, response) => response.end('hello'));
  const server = createServer(chain, (socket) => http.emit('connection', socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const agent = new Agent({ ...chain, keepAlive: true });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent }, resolve).on('error', reject);
    });
    return await text(response);
  } finally {
    agent.destroy();
    server.close();
  }
}

describe('run', () => {
  it('takes a request over a network of twenty seconds’ latency as far as it goes, at once', async () => {
    const { ws2, clock } = started({ network: { latency: 20_000 } });
    const before = performance.now();
    expect(await test.run(hello({ ws2 }))).toBe('hello');
    // Three ways: the request for a connection with its answer, and the request with its own.
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
    expect(performance.now() - before).toBeLessThan(clock.now());
  });

  it('moves the clock to a layer’s timers', async () => {
    const { ws2, clock } = started();
    const [chain] = stack(ws2, [late(2500)]);
    expect(await test.run(hello({ ws2, chain: chain! }))).toBe('hello');
    expect(clock.now()).toBe(5000);
  });

  it('refuses what is no promise', async () => {
    started();
    await expect(test.run((() => 5) as never)).rejects.toThrow('run: the first argument is a promise, not a function');
  });

  it('rejects as the promise does', async () => {
    started();
    await expect(test.run(Promise.reject(new Error('as it is')))).rejects.toThrow('as it is');
  });

  it('says what waits when nothing can settle the promise any more', async () => {
    const { ws2 } = started();
    const never = hello({ ws2 }).then(() => new Promise(() => undefined));
    await expect(test.run(never, { patience: 20 })).rejects.toThrow(/nothing is left that could settle this promise/);
  });

  it('does not move the clock while Node.js has a request of its own under way', async () => {
    const { clock } = started({ network: { latency: 10 } });
    const { readFile } = await import('node:fs/promises');
    await test.run(readFile(new URL(import.meta.url)));
    expect(clock.now()).toBe(0);
  });
});
