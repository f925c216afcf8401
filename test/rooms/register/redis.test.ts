// Programs of `ioredis` and `redis`, with their sockets on a chain, at a real Redis.
import { afterAll, beforeAll } from 'vitest';
import { startRedis, type RealServer } from '../../support/database-servers.js';
import { describeHooked } from '../../support/hooked-programs.js';
import { withoutServer } from '../../support/real-servers.js';

const { skip } = withoutServer('redis-server');
let server: RealServer | null = null;

beforeAll(async () => {
  if (!skip) server = await startRedis(['--requirepass', 'open sesame']);
});
afterAll(() => server?.stop());

for (const [client, leftOut] of [
  ['ioredis', 'refused,restarted'],
  ['redis', 'refused,restarted'],
] as const) {
  describeHooked(
    `A program of ${client}`,
    {
      file: new URL(`fixtures/databases/${client}.mjs`, import.meta.url),
      servers: () => ({ REDIS: server!.port }),
      asks: { restart: () => server!.restart() },
      envOfRecording: { LEAVE_OUT: leftOut },
    },
    skip,
  );
}
