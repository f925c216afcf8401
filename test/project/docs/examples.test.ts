import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../../examples/', import.meta.url));
const programs = readdirSync(FOLDER).filter((name) => name.endsWith('.mjs'));

const EXPECTED: Readonly<Record<string, RegExp>> = {
  'egress-policy.mjs': /^refused: 127\.0\.0\.1, port 25\nconnect: WSAEACCES, /,
  'blocking-http.mjs': /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nYou asked for \/hello\n$/,
  'completion-port-echo.mjs': /^echoed: one, two, three\n$/,
  'file-server.mjs': /^asked: GET \/ HTTP\/1\.1\nreceived: all that was sent\n$/,
  'find-a-service.mjs': /^Process \d+ has registered "the echo", at port \d+\.\nIt says: hello\n$/,
  'goodbye-with-totals.mjs':
    /^the server was asked for two apples\n[^]*the client had 3 transactions\nthe server has had 1003 in all\n$/,
  'names-of-a-project.mjs': /^asked: web\.project\nweb\.project: connected\nweb\.elsewhere: WSAHOST_NOT_FOUND\n$/,
  'paced-sender.mjs':
    /^G\.711: 10000 bytes a second, guaranteed\n100 packets took 1\.96 s\nrefused: WSAEOPNOTSUPP\nthe film has 40000\n$/,
  'virtual-time.mjs': /^pong after \d+ s of the network's time\nand less than a second of ours\n$/,
};

describe('examples', () => {
  it('are all listed, and all expected', () => {
    const page = readFileSync(`${FOLDER}README.md`, 'utf8');
    for (const name of programs) expect(page).toContain(`\`${name}\``);
    expect(Object.keys(EXPECTED).sort()).toEqual([...programs].sort());
  });

  it.each(programs)('%s runs', async (name) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [`${FOLDER}${name}`], { timeout: 15_000 });
    expect(stderr).toBe('');
    expect(stdout).toMatch(EXPECTED[name]!);
  });
});
