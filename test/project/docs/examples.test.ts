import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { createWs2_32, ref } from 'ws2spi';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';

const FOLDER = fileURLToPath(new URL('../../../examples/', import.meta.url));
const programs = readdirSync(FOLDER).filter((name) => name.endsWith('.mjs'));

const EXPECTED: Readonly<Record<string, RegExp>> = {
  'egress-policy.mjs': /^refused: 127\.0\.0\.1, port 25\nconnect: WSAEACCES, /,
  'blocking-http.mjs': /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nYou asked for \/hello\n$/,
  'conference.mjs':
    /^sound: 1600 bytes after 191 ms\npicture: 32000 bytes after 2100 ms\n(heard: hello, both of you\n){2}(and then: WSAECONNRESET\n){2}$/,
  'completion-port-echo.mjs': /^echoed: one, two, three\n$/,
  'lookup-port-reservation.mjs':
    /^Lookup\w+ call succeeded\n {2}Token = \d+\nsocket function succeeded\nWSAIoctl\(SIO_ASSOCIATE_PORT_RESERVATION\) succeeded, bytesReturned = 0\nbind succeeded\ngetsockname succeeded\nPort number allocated = 26[0-7]\d\d\n$/,
  'file-server.mjs': /^asked: GET \/ HTTP\/1\.1\nreceived: all that was sent\n$/,
  'find-a-service.mjs': /^Process \d+ has registered "the echo", at port \d+\.\nIt says: hello\n$/,
  'goodbye-with-totals.mjs':
    /^the server was asked for two apples\n[^]*the client had 3 transactions\nthe server has had 1003 in all\n$/,
  'inject-an-error.mjs': /send 2: 10 bytes\nsend 3: WSAECONNRESET\nsend 4: 10 bytes\nwithout the hook: 10 bytes\n$/,
  'redirect-a-connect.mjs': /^192\.0\.2\.1:5432 is led to the test server\nconnect: 0\nthe test server says: hello\n$/,
  'names-of-a-project.mjs': /^asked: web\.project\nweb\.project: connected\nweb\.elsewhere: WSAHOST_NOT_FOUND\n$/,
  'paced-sender.mjs':
    /^G\.711: 10000 bytes a second, guaranteed\n100 packets took 1\.96 s\nrefused: WSAEOPNOTSUPP\nthe film has 40000\n$/,
  'virtual-time.mjs': /^pong after \d+ s of the network's time\nand less than a second of ours\n$/,
};

/** What a program is called with, where it wants something to be there. */
const PREPARED: Readonly<Record<string, () => { args: string[]; env: Record<string, string> }>> = {
  'lookup-port-reservation.mjs': () => {
    const catalog = join(temporaryFolder(), 'catalog.json');
    using ws2 = createWs2_32({ catalog });
    for (let first = 26_000; first < 26_800; first += 20) {
      if (ws2.CreatePersistentTcpPortReservation(ws2.htons(first), 20, ref(0n)) !== 0) continue;
      return { args: [`${first}`, '20'], env: { WS2SPI_CATALOG: catalog } };
    }
    throw new Error('no port is free');
  },
};

describe('examples', () => {
  it('are all listed, and all expected', () => {
    const page = readFileSync(`${FOLDER}README.md`, 'utf8');
    for (const name of programs) expect(page).toContain(`\`${name}\``);
    expect(Object.keys(EXPECTED).sort()).toEqual([...programs].sort());
  });

  it.each(programs)('%s runs', async (name) => {
    const { args = [], env = {} } = PREPARED[name]?.() ?? {};
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [`${FOLDER}${name}`, ...args], {
      timeout: 60_000,
      env: { ...process.env, ...env },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(EXPECTED[name]!);
  });
});
