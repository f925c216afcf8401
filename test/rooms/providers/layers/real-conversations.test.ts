// Conversations with PostgreSQL and Redis: recorded, and served again when the server is gone.
import { readFileSync } from 'node:fs';
import type net from 'node:net';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWs2_32, type Ws2_32, type WSAPROTOCOL_INFO } from 'ws2spi';
import { stack, type Layer } from 'ws2spi/chain';
import { ChainSocket, createConnection } from 'ws2spi/node';
import { record } from 'ws2spi/providers/layers/record';
import { replay } from 'ws2spi/providers/layers/replay';
import { postgres, startPostgres, startRedis, type RealServer } from '../../../support/database-servers.js';
import { withoutServer } from '../../../support/real-servers.js';
import { newRecording } from '../../../support/recordings.js';

/** Has a program run over a layer. */
async function over<T>(layer: Layer, run: (ws2: Ws2_32, chain: WSAPROTOCOL_INFO) => Promise<T>): Promise<T> {
  const ws2 = createWs2_32({ catalog: 'memory' });
  const defects: string[] = [];
  ws2.on('defect', ({ message }) => void defects.push(message));
  ws2.WSAStartup(0x0202, {});
  try {
    const result = await run(ws2, stack(ws2, [layer])[0]!);
    expect(defects).toEqual([]);
    return result;
  } catch (cause) {
    throw new Error(`${String(cause)}\n${defects.join('\n')}`, { cause });
  } finally {
    ws2[Symbol.dispose]();
  }
}

describe('PostgreSQL', () => {
  const { skip } = withoutServer(postgres, ['--version'], 'postgresql');
  let server: RealServer | null = null;

  beforeAll(async () => {
    if (!skip) server = await startPostgres();
  });
  afterAll(() => server?.stop());

  /** What a program asks a database, and what it is told. */
  async function work(ws2: Ws2_32, chain: WSAPROTOCOL_INFO): Promise<unknown[]> {
    const stream = (): net.Socket => new ChainSocket({ ws2, chain }) as unknown as net.Socket;
    const { port } = server!;
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'tester', database: 'postgres', ssl: false, stream });
    await client.connect();
    const results: unknown[] = [];
    await client.query('CREATE TABLE tea (name text, price numeric, made bytea)');
    for (const [name, price] of [
      ['Assam', 4.5],
      ['Earl Grey é', 5],
      [null, 0],
    ] as const) {
      await client.query('INSERT INTO tea VALUES ($1, $2, $3)', [name, price, Buffer.from([0, 1, 255])]);
    }
    results.push((await client.query('SELECT * FROM tea ORDER BY price')).rows);
    results.push((await client.query("SELECT repeat('x', 40000) AS long, generate_series(1, 3) AS n")).rows);
    results.push(await client.query('SELECT nothing').catch((error: Error) => error.message));
    await client.query('DROP TABLE tea');
    await client.end();
    return results;
  }

  test.skipIf(skip)('is replayed when it is stopped, to the byte', async () => {
    const file = newRecording();
    const first = await over(record({ file }), work);
    expect(first[0]).toHaveLength(3);
    await server?.stop();
    expect(readFileSync(file, 'utf8')).toContain('SELECT * FROM tea ORDER BY price');
    expect(await over(replay({ file }), work)).toEqual(first);
    expect(await over(replay({ file, mode: 'longest' }), work)).toEqual(first);
  });
});

describe('Redis', () => {
  const { skip } = withoutServer('redis-server');
  let server: RealServer | null = null;

  beforeAll(async () => {
    if (!skip) server = await startRedis(['--requirepass', 'open sesame']);
  });
  afterAll(() => server?.stop());

  async function work(ws2: Ws2_32, chain: WSAPROTOCOL_INFO, password = 'open sesame'): Promise<unknown[]> {
    class Connector {
      readonly firstError = undefined;
      check(): boolean {
        return true;
      }
      disconnect(): void {}
      async connect(): Promise<ChainSocket> {
        return createConnection({ ws2, chain, host: '127.0.0.1', port: server!.port });
      }
    }
    const redis = new Redis({ Connector: Connector as never, password, lazyConnect: true, retryStrategy: () => null });
    redis.on('error', () => undefined);
    await redis.connect();
    const results: unknown[] = [];
    results.push(await redis.set('tea', 'Assam'), await redis.get('tea'), await redis.incr('count'));
    results.push(await Promise.all(['a', 'b', 'c'].map((each) => redis.rpush('list', each))));
    results.push(await redis.lrange('list', 0, -1));
    results.push(await redis.pipeline().hset('cup', 'colour', 'blue').hgetall('cup').exec());
    results.push((await redis.getBuffer('tea'))?.toString('hex'));
    results.push(await redis.eval("return {1, 'two', {3}}", 0));
    results.push(await redis.incr('list').catch((error: Error) => error.message));
    await redis.flushall();
    await redis.quit();
    return results;
  }

  test.skipIf(skip)('is replayed when it is stopped, without the password that nobody sees', async () => {
    const file = newRecording();
    const redact = ['open sesame'];
    const first = await over(record({ file, redact }), work);
    expect(first.slice(0, 3)).toEqual(['OK', 'Assam', 1]);
    await server?.stop();
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('sesame');
    expect(await over(replay({ file, redact }), work)).toEqual(first);
    // Another password is another conversation.
    await expect(over(replay({ file, redact }), (ws2, chain) => work(ws2, chain, 'guess'))).rejects.toThrow(
      /differs from conversation 1/,
    );
  });
});
