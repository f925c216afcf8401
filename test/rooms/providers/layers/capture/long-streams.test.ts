// Sequence numbers of streams that are longer than these can count.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from 'ws2spi';
import { CaptureClock } from '../../../../../providers/layers/capture/capture-clock.js';
import { CaptureFile } from '../../../../../providers/layers/capture/capture-file.js';
import { endpoint } from '../../../../../providers/layers/capture/packet-header.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import { faultsOf, packetsOf, tshark } from '../../../../support/tshark.js';

const GIBIBYTE = 2 ** 30;

describe.skipIf(withoutServer('tshark').skip)('a stream beyond 4 GiB', () => {
  it('has valid segments and acknowledgements, of which headers alone are kept here', () => {
    const path = join(temporaryFolder(), 'long.pcapng');
    const user = { report: () => undefined };
    const file = CaptureFile.use({ file: path, files: 0, size: Infinity, duration: Infinity }, user);
    const at = file.interfaceOf('long', 'long', 'a stream of counts', 0);
    const clock = new CaptureClock(new VirtualClock());
    const ends = [endpoint(Uint8Array.of(127, 0, 0, 1), 40_000), endpoint(Uint8Array.of(127, 0, 0, 1), 80)] as const;
    const [{ stream }, side] = at.join(ends[0], ends[1], true, 'long');
    stream.connected(clock, side, side);
    const nothing = [{ len: GIBIBYTE, buf: new Uint8Array(0) }];
    for (let round = 0; round < 5; round++) stream.data(clock, 0, nothing, GIBIBYTE, false, 0);
    stream.data(clock, 1, nothing, 1000, false, 0);
    stream.ended(clock, 0, 0);
    stream.ended(clock, 1, 0);
    file.release(user);
    const packets = packetsOf(path, '-Y', 'tcp.analysis.flags or tcp.flags.syn == 1 or tcp.flags.fin == 1');
    expect(faultsOf(packets)).toEqual([]);
    expect(packets.map(({ flags }) => flags)).toEqual(['S', 'AS', 'AF', 'AF']);
    const sizes = tshark(path, '-q', '-z', 'conv,tcp');
    expect(sizes).toMatch(/<->/);
  });
});
