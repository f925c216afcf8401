// Files sent by the server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node } from '../harness/commands.mjs';
import { measureServers } from '../harness/rounds.mjs';
import { ratioRow } from '../harness/rows.mjs';
import { patternBytes } from '../servers/announce.mjs';

const MEBIBYTE = 2 ** 20;
const SIZES = [1, 100];
const LEAST = 2;

async function transmitFile(context) {
  const directory = mkdtempSync(join(tmpdir(), 'ws2spi-bench-file-'));
  try {
    const rows = [];
    for (const size of SIZES) {
      context.progress(`a file of ${size} MiB`);
      const path = join(directory, `${size}MiB`);
      writeFileSync(path, patternBytes(size * MEBIBYTE));
      const results = await measureServers(context, {
        servers: { 'createReadStream().pipe()': node('net-files', path), TransmitFile: node('ws2spi-files', path) },
        load: ['download', 1, size * MEBIBYTE],
      });
      const name = `a file of ${size} MiB, sent over and over`;
      rows.push(ratioRow(name, results, 'TransmitFile', 'createReadStream().pipe()', LEAST, 'GB/s'));
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The cases of this file, as `cases.mjs` has them. */
export const FILE_CASES = {
  'transmit-file': {
    title: 'TransmitFile against fs.createReadStream().pipe(socket), 1 and 100 MiB',
    measure: transmitFile,
  },
};
