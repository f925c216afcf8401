// A program of `mysql2`, with its sockets on a chain, at a real MariaDB.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AUTHORITY } from '../../support/certificates/index.js';
import { startMariaDb, startMicrosocks, type RealServer } from '../../support/database-servers.js';
import { describeHooked, runOverLayers, runProgram, type HookedProgram } from '../../support/hooked-programs.js';
import { withoutServer } from '../../support/real-servers.js';

const { skip } = withoutServer('mariadbd', ['--version'], 'mariadb-server');
let server: RealServer | null = null;

beforeAll(async () => {
  if (!skip) server = await startMariaDb();
});
afterAll(() => server?.stop());

const program: HookedProgram = {
  file: new URL('fixtures/databases/mysql2.mjs', import.meta.url),
  servers: () => ({ MARIADB: server!.port }),
  asks: { restart: () => server!.restart() },
  env: { AUTHORITY },
  // What its clients say there is other each time: nonces.
  envOfRecording: { LEAVE_OUT: 'tls,restarted' },
};

describeHooked('A program of mysql2', program, skip);

it.skipIf(skip || withoutServer('microsocks', ['-h']).skip)('It prints the same by way of a SOCKS proxy', async () => {
  const short = { LEAVE_OUT: 'big,stream,restarted' };
  const proxy = await startMicrosocks();
  const run = await runOverLayers(program, [`socks:127.0.0.1:${proxy.port}`], short);
  await proxy.stop();
  expect(run).toEqual(await runProgram(program, null, short));
});
