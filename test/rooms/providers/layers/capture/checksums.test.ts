// The sums that checksums are made from, by vectors and without.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  createPlainMemory,
  createSummedMemory,
  SUMMED_AT_ONCE,
} from '../../../../../providers/layers/capture/summed-memory.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import { faultsOf, packetsOf } from '../../../../support/tshark.js';

const CAPACITY = 256 * 1024;
const dist = pathToFileURL(fileURLToPath(new URL('../../../../../dist/', import.meta.url))).href;
const folder = temporaryFolder();

describe.each([
  ['by vectors', createSummedMemory],
  ['by JavaScript', createPlainMemory],
])('sums of words %s', (_, create) => {
  it('are those of RFC 1071, wherever the words lie and whatever they are', () => {
    const memory = create(CAPACITY);
    const bytes = new Uint8Array(memory.buffer);
    const view = new DataView(memory.buffer);
    expect(bytes.length).toBeGreaterThanOrEqual(CAPACITY);
    for (const fill of [0, 0xff, 7919]) {
      for (let at = 0; at < CAPACITY; at++) bytes[at] = fill < 256 ? fill : (at * fill) >> 3;
      for (const from of [0, 4, 28, 100_000]) {
        for (const length of [SUMMED_AT_ONCE, 64, 1456, 65_536, 131_072]) {
          let sum = 0;
          for (let at = from; at < from + length; at += 2) sum += view.getUint16(at, true);
          expect(memory.sum(from, from + length) % 0xffff).toBe(sum % 0xffff);
        }
      }
    }
  });
});

it.skipIf(withoutServer('tshark').skip)('captures with right checksums where there is no WebAssembly', () => {
  const file = join(folder, 'plain.pcapng');
  const program = `
    delete globalThis.WebAssembly;
    const { createWs2_32 } = await import('${dist}index.js');
    const { stack } = await import('${dist}chain/index.js');
    const { capture } = await import('${dist}providers/layers/capture/index.js');
    const { connectedPair } = await import('${dist}testkit/index.js');
    const ws2 = createWs2_32({ base: 'memory', catalog: 'memory' });
    ws2.WSAStartup(0x0202, {});
    const [entry] = stack(ws2, [capture({ file: ${JSON.stringify(file)} })]);
    const { client, server } = connectedPair(ws2, { entry });
    for (let length = 1; length < 40; length++) ws2.send(client, Buffer.alloc(length, 'odd'), length, 0);
    ws2[Symbol.dispose]();`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  const packets = packetsOf(file);
  expect(packets.length).toBeGreaterThan(40);
  expect(faultsOf(packets)).toEqual([]);
});
