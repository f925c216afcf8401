// A peer that says why it goes, and goes by a reset: what it has said arrives, as without the hook.
import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { catalogOfChain, runProgram, type HookedProgram } from '../../support/hooked-programs.js';

let isDone = false;
const asking: net.Socket[] = [];

function done(): void {
  isDone = true;
  for (const each of asking.splice(0)) each.end('yes');
}

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.once('data', (question) => {
    if (String(question) === 'done?') {
      if (isDone) socket.end('yes');
      else asking.push(socket);
      return;
    }
    socket.write('I have no time', () => socket.on('close', done).resetAndDestroy());
  });
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

const program: HookedProgram = {
  file: new URL('fixtures/resets.mjs', import.meta.url),
  servers: () => ({ PORT: (server.address() as net.AddressInfo).port }),
};

it('What came before a reset is received, and then the end', async () => {
  const runs = [];
  for (const catalog of [null, catalogOfChain('nothing'), catalogOfChain('trace')]) {
    isDone = false;
    runs.push(await runProgram(program, catalog));
  }
  const [bare, ...hooked] = runs;
  // libuv 1.52 tells of the reset where others tell the end, and Node.js forgets what nobody had read.
  const told = expect.stringMatching(/^\[("I have no time","end"|\["ECONNRESET","read"\])\]$/) as string;
  const http2 = '[2,["ERR_HTTP2_SESSION_ERROR","Session closed with error code 2"]]';
  expect(bare).toEqual({ status: 0, output: [told, http2], problems: '' });
  // What Node.js itself tells is a matter of time, where the reset comes as it begins to read.
  const said = '["I have no time","end"]';
  for (const each of hooked) {
    expect([said, bare!.output[0]]).toContain(each.output[0]);
    expect({ ...each, output: each.output.slice(1) }).toEqual({ status: 0, output: [http2], problems: '' });
  }
});

it('A reset that comes before a connect is told is the connect’s error', async () => {
  const file = new URL('fixtures/reset-at-once.mjs', import.meta.url);
  const expected = { status: 0, output: ['["connect ECONNRESET 127.0.0.1:PORT"]'], problems: '' };
  for (const catalog of [null, catalogOfChain('nothing'), catalogOfChain('trace')]) {
    expect(await runProgram({ file }, catalog)).toEqual(expected);
  }
});
