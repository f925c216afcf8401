// What goes wrong with others that stand between a program and its sockets: listeners that add up, the second of two addresses, names.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeHooked, runOverLayers, type HookedProgram } from '../../support/hooked-programs.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { fixture } from './hooked.js';

const folder = temporaryFolder();
const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

const port = (): number => (server.address() as net.AddressInfo).port;
const troubles: HookedProgram = {
  file: new URL('fixtures/troubles.mjs', import.meta.url),
  servers: () => ({ PORT: port() }),
  // The recording leads to a name, and not to its addresses one by one.
  envOfRecording: { LEAVE_OUT: 'eyeballs,nobody' },
};

describeHooked('A program that connects again and again, and to names with several addresses', troubles);

it('A layer is told the name that a socket connects to, and none when it connects to an address after that', async () => {
  const file = join(folder, 'names.txt');
  const { status, problems } = await runOverLayers(troubles, [fixture('names/layer.mjs')], {
    LEAVE_OUT: 'reconnects,eyeballs,nobody',
    NAMES: file,
  });
  expect([status, problems]).toEqual([0, '']);
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toEqual([
    `127.0.0.1:${port()} localhost`,
    // Nobody is there, and the next address is tried.
    `[::1]:${port()} twofold.example`,
    `127.0.0.1:${port()} twofold.example`,
    `127.0.0.1:${port()}`,
  ]);
});
