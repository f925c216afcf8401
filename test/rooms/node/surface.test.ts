import { describe, expect, it } from 'vitest';
import { BASES, useBase } from './bases.js';
import { DIFFERENCES, SINCE } from './differences.js';
import { chainSide, netSide, type Side } from './sides.js';
import { DOCUMENTED, SERVER_MEMBERS, SOCKET_MEMBERS, SOCKET_OPTIONS, type Probe } from './surface.js';
import { UNDOCUMENTED } from './undocumented.js';

const PROBES = { ...SOCKET_OPTIONS, ...SOCKET_MEMBERS, ...SERVER_MEMBERS, ...UNDOCUMENTED };
const major = Number.parseInt(process.versions.node, 10);

function differs(name: string): boolean {
  const since = SINCE[name];
  return name in DIFFERENCES || (since !== undefined && major < since.major);
}

async function outcome(side: Side, probe: Probe): Promise<unknown> {
  try {
    return await probe(side);
  } finally {
    await side.close();
  }
}

describe.each(BASES)('beside node:net, over %s', (base) => {
  const { ws2 } = useBase(base);

  it.each(Object.entries(PROBES).filter(([name]) => !differs(name)))('%s is the same', async (_name, probe) => {
    const expected = await outcome(netSide(), probe);
    expect(await outcome(chainSide(ws2), probe)).toEqual(expected);
  });

  it.each(Object.entries(PROBES).filter(([name]) => differs(name)))(
    '%s differs, as the table says',
    async (_name, probe) => {
      const ofNet = await outcome(netSide(), probe);
      expect(await outcome(chainSide(ws2), probe)).not.toEqual(ofNet);
    },
  );
});

describe('the comparison with node:net', () => {
  it('tries everything that is documented', () => {
    for (const [kind, names] of Object.entries(DOCUMENTED)) {
      const probed = Object.keys(PROBES).filter((name) => name.startsWith(`${kind} `) || name.startsWith(`${kind}s `));
      const words = new Set(probed.flatMap((name) => name.slice(kind.length).split(':')[0]!.split(/[ ,]+/)));
      for (const name of names.split(' ')) expect([...words], kind).toContain(name);
    }
  });

  it('has no difference in its table that is not tried', () => {
    expect(Object.keys({ ...DIFFERENCES, ...SINCE }).filter((name) => !(name in PROBES))).toEqual([]);
  });
});
