// A program of `pg`, with its sockets on a chain, at a real PostgreSQL.
import { afterAll, beforeAll } from 'vitest';
import { AUTHORITY } from '../../support/certificates/index.js';
import { postgres, startPostgres, type RealServer } from '../../support/database-servers.js';
import { describeHooked } from '../../support/hooked-programs.js';
import { withoutServer } from '../../support/real-servers.js';

const { skip } = withoutServer(postgres, ['--version'], 'postgresql');
let server: RealServer | null = null;

beforeAll(async () => {
  if (!skip) server = await startPostgres();
});
afterAll(() => server?.stop());

describeHooked(
  'A program of pg',
  {
    file: new URL('fixtures/databases/pg.mjs', import.meta.url),
    servers: () => ({ POSTGRES: server!.port }),
    asks: { restart: () => server!.restart() },
    env: { AUTHORITY },
    // What its clients say there is other each time: nonces, keys, and who was first.
    envOfRecording: { LEAVE_OUT: 'pool,cancelled,limits,password,tls,restarted' },
  },
  skip,
);
