// With avahi at the other end of a cable: each finds what the other has, and gives way where the other was first.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipBecause } from '../../../../support/privileges.js';
import { withoutServer } from '../../../../support/real-servers.js';
import { noCable } from '../../../../support/network-spaces.js';
import { Cable } from './fixtures/avahi.js';

const skip = withoutServer('avahi-daemon').skip || withoutServer('avahi-browse').skip || skipBecause(noCable).skip;
const cable = new Cable();

beforeAll(async () => {
  if (!skip) await cable.lay();
});
afterAll(() => cable.remove());

describe.skipIf(skip)('With avahi', () => {
  it('what avahi publishes is browsed, and its host is found by name', async () => {
    const stop = await cable.publish('Avahi pages v1.2', '_http._tcp', '8088', 'path=/a', 'v=1');
    const { found, end } = await cable.station('browse', '_http._tcp');
    expect(end).toBe('WSA_E_NO_MORE');
    expect(found).toMatchObject([{ name: 'Avahi pages v1.2._http._tcp.local', comment: 'path=/a\nv=1' }]);
    // What avahi has just told everybody it does not tell again within a second: a station that begins then may know no more
    // than one of the addresses.
    const places = async (what: string, name: string): Promise<unknown> =>
      (await cable.station(what, name)).found[0]?.places;
    await expect.poll(() => places('browse', '_http._tcp')).toContain('10.77.0.2:8088');
    await expect.poll(() => places('host', 'avahihost.local')).toContain('10.77.0.2:0');
    await stop();
  });

  it('what is registered is browsed by avahi, its host found by name and by address, and gone after the goodbye', async () => {
    const service = await cable.register('Ws2 pages v1.2._http._tcp.local', '9090', 'path=/b');
    const browsed = await cable.avahi('avahi-browse', '-rpt', '_http._tcp');
    expect(browsed).toMatch(
      /^=;cable;IPv4;Ws2\\032pages\\032v1\\\.2;.*;ws2spihost\.local;10\.77\.0\.1;9090;"path=\/b"$/m,
    );
    expect(await cable.avahi('avahi-resolve', '-n', 'ws2spihost.local')).toMatch(/ws2spihost\.local\s+10\.77\.0\.1/);
    expect(await cable.avahi('avahi-resolve', '-a', '10.77.0.1')).toMatch(/10\.77\.0\.1\s+ws2spihost\.local/);
    await service.end();
    // It is forgotten a second after the goodbye.
    await expect.poll(() => cable.avahi('avahi-browse', '-pt', '_http._tcp')).not.toContain('Ws2');
  });

  it('a name that avahi has is not taken from it', async () => {
    const stop = await cable.publish('Contested', '_ipp._tcp', '631');
    const service = await cable.register('Contested._ipp._tcp.local', '632', '');
    expect(service.renamed()).toBe('Contested._ipp._tcp.local is Contested (2)._ipp._tcp.local now\n');
    const browsed = await cable.avahi('avahi-browse', '-pt', '_ipp._tcp');
    expect(browsed).toContain(';Contested;');
    expect(browsed).toContain('Contested\\032\\0402\\041');
    await service.end();
    await stop();
  });

  it('avahi does not take a name that is ours', async () => {
    const service = await cable.register('Ours._ipp._tcp.local', '632', '');
    const stop = await cable.publish('Ours', '_ipp._tcp', '633');
    const { found } = await cable.station('browse', '_ipp._tcp');
    expect(found.map(({ name }) => name).sort()).toEqual(['Ours #2._ipp._tcp.local', 'Ours._ipp._tcp.local']);
    await stop();
    await service.end();
  });
});
