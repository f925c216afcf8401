// A program of `mqtt`, with its sockets on a chain, at a real Mosquitto.
import { afterAll, beforeAll } from 'vitest';
import { startMosquitto, type RealServer } from '../../support/database-servers.js';
import { describeHooked } from '../../support/hooked-programs.js';
import { withoutServer } from '../../support/real-servers.js';

const { skip } = withoutServer('mosquitto');
let server: RealServer | null = null;

beforeAll(async () => {
  if (!skip) server = await startMosquitto();
});
afterAll(() => server?.stop());

describeHooked(
  'A program of mqtt',
  {
    file: new URL('fixtures/databases/mqtt.mjs', import.meta.url),
    servers: () => ({ MQTT: server!.port }),
    asks: { restart: () => server!.restart() },
    envOfRecording: { LEAVE_OUT: 'many,refused,restarted' },
  },
  skip,
);
