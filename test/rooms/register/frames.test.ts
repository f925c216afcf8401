// HTTP/2 gets several frames in one piece: between what it is told of them, ticks and microtasks run, whatever brought the piece.
import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { catalogOfChain, describeHooked, runProgram, type HookedProgram } from '../../support/hooked-programs.js';

const SETTINGS = 4;
const HEADERS = 1;
const DATA = 0;
const PING = 6;
const GO_AWAY = 7;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACKNOWLEDGES = 1;

function frame(type: number, flags: number, stream: number, payload: readonly (number | string)[] = []): Buffer {
  const body = Buffer.concat(payload.map((each) => (typeof each === 'number' ? Buffer.of(each) : Buffer.from(each))));
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

// Header fields by HPACK's static table: 8 is `:status`, and 0x88 is its value 200; 0 brings a name of its own.
const ANSWER = Buffer.concat([
  frame(HEADERS, END_HEADERS, 1, [0x08, 3, '103']),
  frame(HEADERS, END_HEADERS, 1, [0x88]),
  frame(DATA, 0, 1, ['in one ']),
  frame(DATA, 0, 1, ['piece']),
  frame(HEADERS, END_HEADERS | END_STREAM, 1, [0x00, 5, 'x-sum', 2, '42']),
]);
const PREFACE = 24;

/** Those who ask whether the connection that has pinged last has its answer. */
const asking: net.Socket[] = [];
let pinged: net.Socket | null = null;

function answered(socket: net.Socket): void {
  if (socket !== pinged) return;
  pinged = null;
  for (const each of asking.splice(0)) each.end('answered');
}

const server = net.createServer((socket) => {
  let received = Buffer.alloc(0);
  let isGreeted = false;
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    received = Buffer.concat([received, piece]);
    if (!isGreeted && received[0] === '?'.charCodeAt(0)) {
      if (pinged === null) socket.end('answered');
      else asking.push(socket);
      return;
    }
    if (!isGreeted && received.length >= PREFACE) {
      isGreeted = true;
      received = received.subarray(PREFACE);
      socket.write(Buffer.concat([frame(SETTINGS, 0, 0), frame(SETTINGS, ACKNOWLEDGES, 0)]));
    }
    while (isGreeted && received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
      const length = 9 + received.readUIntBE(0, 3);
      if (received[3] === HEADERS) socket.write(ANSWER, () => answered(socket));
      if (received[3] === GO_AWAY) socket.end(frame(GO_AWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]));
      if (received[3] === PING && received[9] === 'x'.charCodeAt(0)) return socket.resetAndDestroy();
      if (received[3] === PING && received[4] === 0) {
        pinged = socket;
        socket.write(frame(PING, ACKNOWLEDGES, 0, [...received.subarray(9, length)]));
      }
      received = received.subarray(length);
    }
  });
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

const program: HookedProgram = {
  file: new URL('fixtures/frames.mjs', import.meta.url),
  servers: () => ({ PORT: (server.address() as net.AddressInfo).port }),
  envOfRecording: { RECORDED: '1' },
};

describeHooked('A program that gets several frames of HTTP/2 in one piece', program);

it('A session whose peer resets it says so at once, when nothing else goes on in the program', async () => {
  const [bare, hooked] = await Promise.all(
    [null, catalogOfChain('nothing')].map((catalog) => runProgram(program, catalog, { RESET: '1' })),
  );
  expect(bare!.output).toEqual(['["session ECONNRESET"]']);
  expect(hooked).toEqual(bare);
});
