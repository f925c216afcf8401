// A server in the place of Redis that means harm, natively: it says anything, says it without end, in pieces, or not at all.
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createWs2_32 } from 'ws2spi';
import { defaultCatalog } from 'ws2spi/catalog';
import { addNameSpace } from 'ws2spi/names';
import { lookup } from 'ws2spi/node';
import { createRedisRegistry } from 'ws2spi/providers/namespaces/redis';
import { ReplyReader, type Reply } from '../../../../dist/providers/namespaces/redis/resp.js';

// What a look-up of a host by such a server comes to.
async function found(
  says: (socket: Socket) => void,
  timeout = 20_000,
): Promise<{ error: string; turns: number; defects: string[] }> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => says(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ws2 = createWs2_32({ catalog: { ...defaultCatalog('tcpip'), nameSpaces: [] } });
  onTestFinished(() => {
    ws2[Symbol.dispose]();
    server.close();
  });
  const defects: string[] = [];
  ws2.on('defect', ({ message }) => defects.push(message));
  ws2.WSAStartup(0x0202, {});
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  addNameSpace(ws2, createRedisRegistry({ url, timeout }));
  let error: string | null = null;
  lookup('one.test', { ws2, family: 4 }, (failure, address) => (error = failure?.code ?? String(address)));
  let turns = 0;
  for (; error === null; turns++) await new Promise((next) => setImmediate(next));
  return { error, turns, defects };
}

// Says a piece again and again, as fast as it is taken.
const endlessly = (first: string, piece: string) => (socket: Socket) => {
  socket.removeAllListeners('data');
  socket.write(first);
  const go = (): void => {
    while (!socket.destroyed && socket.write(piece));
    if (!socket.destroyed) socket.once('drain', go);
  };
  go();
};

describe('A look-up by a Redis server', () => {
  it.each<[string, (socket: Socket) => void, string]>([
    ['that says garbage', (socket) => socket.write(Buffer.from([0, 255, 13, 10, 36, 13, 10])), 'EAI_FAIL'],
    ['that never answers', () => undefined, 'EAI_AGAIN'],
    ['that closes in the middle of an answer', (socket) => socket.end('*2\r\n$3\r\nab'), 'EAI_AGAIN'],
    [
      'that resets in the middle of an answer',
      (socket) => (socket.write('*2\r\n$3'), socket.resetAndDestroy()),
      'EAI_AGAIN',
    ],
    ['that announces a text of a gigabyte', (socket) => socket.write('$1073741824\r\n'), 'EAI_FAIL'],
    ['that nests arrays without end', endlessly('', '*1\r\n'.repeat(1000)), 'EAI_FAIL'],
    ['that answers what nobody asked', endlessly('', '+OK\r\n'.repeat(10_000)), 'ENOTFOUND'],
    [
      'that has texts of megabytes in an array',
      endlessly('*900000\r\n', `$1048576\r\n${'x'.repeat(1 << 20)}\r\n`),
      'EAI_FAIL',
    ],
    ['whose line has no end', endlessly('+', 'x'.repeat(65_536)), 'EAI_FAIL'],
  ])('%s fails, and names what is no answer at all', async (what, says, expected) => {
    const { error, defects } = await found(says, what.includes('never') ? 200 : undefined);
    expect(error).toBe(expected);
    expect(defects.every((message) => message.includes('the server'))).toBe(true);
    expect(defects.length > 0).toBe(expected === 'EAI_FAIL');
  });

  it('whose answer is a million elements leaves others their turns', async () => {
    const { error, turns } = await found((socket) => {
      socket.removeAllListeners('data');
      socket.write(`*1000000\r\n${'_\r\n'.repeat(1_000_000)}`);
    });
    expect(error).toBe('ENOTFOUND');
    // Three megabytes, in pieces of 64 KiB at most, each in a turn of the reactor, which has some in one of the event loop.
    expect(turns).toBeGreaterThanOrEqual(12);
  });
});

describe('Replies of a Redis server', () => {
  it('are put together of very many pieces without each being copied again and again', () => {
    const text = 'x'.repeat(4 << 20);
    const bytes = Buffer.from(`$${text.length}\r\n${text}\r\n`);
    const replies: Reply[] = [];
    const reader = new ReplyReader((reply) => replies.push(reply));
    let copied = 0;
    const concat = vi.spyOn(Buffer, 'concat').mockImplementation(((list: Uint8Array[]) => {
      copied += list.reduce((sum, each) => sum + each.length, 0);
      return Buffer.alloc(0);
    }) as never);
    const set = Uint8Array.prototype.set;
    const spy = vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (this: Uint8Array, from, at) {
      copied += from.length;
      set.call(this, from, at);
    });
    try {
      for (let at = 0; at < bytes.length; at += 1000) expect(reader.push(bytes.subarray(at, at + 1000))).toBeNull();
    } finally {
      concat.mockRestore();
      spy.mockRestore();
    }
    expect(replies).toEqual([text]);
    expect(copied).toBeLessThan(4 * bytes.length);
  });

  it('are the same however they are cut', () => {
    const bytes = Buffer.from('+OK\r\n*3\r\n:1\r\n$2\r\nab\r\n*1\r\n$-1\r\n-ERR no\r\n$0\r\n\r\n%1\r\n+a\r\n#t\r\n');
    const read = (size: number): string => {
      const replies: Reply[] = [];
      const reader = new ReplyReader((reply) => replies.push(reply));
      for (let at = 0; at < bytes.length; at += size) expect(reader.push(bytes.subarray(at, at + size))).toBeNull();
      return JSON.stringify(replies);
    };
    const whole = read(bytes.length);
    expect(whole).toBe('["OK",[1,"ab",[null]],{"message":"ERR no"},"",["a",1]]');
    for (let size = 1; size < bytes.length; size++) expect(read(size)).toBe(whole);
  });
});
