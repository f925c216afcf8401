// A program of `mysql2`, with its sockets on a chain, at a real MariaDB.
import { afterAll, beforeAll } from 'vitest';
import { AUTHORITY } from '../../support/certificates/index.js';
import { startMariaDb, type RealServer } from '../../support/database-servers.js';
import { describeHooked } from '../../support/hooked-programs.js';
import { withoutServer } from '../../support/real-servers.js';

const { skip } = withoutServer('mariadbd', ['--version'], 'mariadb-server');
let server: RealServer | null = null;

beforeAll(async () => {
  if (!skip) server = await startMariaDb();
}, 60_000);
afterAll(() => server?.stop());

describeHooked(
  'A program of mysql2',
  {
    file: new URL('fixtures/databases/mysql2.mjs', import.meta.url),
    servers: () => ({ MARIADB: server!.port }),
    asks: { restart: () => server!.restart() },
    env: { AUTHORITY },
    // What its clients say there is other each time: nonces, and who was first.
    envOfRecording: { LEAVE_OUT: 'connections,tls,restarted' },
  },
  skip,
);
