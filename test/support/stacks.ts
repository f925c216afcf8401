// The stacks that the whole of the I/O suite runs over, unchanged, when `npm run test:stacks` asks for them.
import { openSync } from 'node:fs';
import { nearestName } from '../../spi/nearest-name.js';
import type { Layer } from 'ws2spi/chain';
import { capture } from 'ws2spi/providers/layers/capture';
import { compression } from 'ws2spi/providers/layers/compression';
import { shape } from 'ws2spi/providers/layers/shape';
import { trace } from 'ws2spi/providers/layers/trace';
import { nonIfsLayer, overridingLayer, tlsLayer } from './layers.js';

/** What stands between the application and the base provider. */
export interface Chain {
  readonly name: string;
  /** Made anew for every world; empty for none. The first is outermost. */
  layers(): Layer[];
  /** Whether it has a codec: then it carries streams alone, and keeps a queue of its own. */
  readonly codec: boolean;
  /** Whether it carries urgent data; so it does if absent. */
  readonly urgent?: false;
}

/** A descriptor that is there before a test counts them, and afterwards. */
let nowhere = -1;

/** The stacks by the names that WS2SPI_STACKS has for them. */
export const STACKS: Readonly<Record<string, Chain>> = {
  ifs: { name: 'under an IFS pass-through', layers: () => [overridingLayer()], codec: false },
  'non-ifs': { name: 'under a non-IFS pass-through', layers: () => [nonIfsLayer()], codec: true },
  mixed: {
    name: 'under a non-IFS over an IFS over a non-IFS pass-through',
    layers: () => [nonIfsLayer('outer'), overridingLayer(), nonIfsLayer('inner')],
    codec: true,
  },
  capture: { name: 'under a capture', layers: () => [capture({ file: `pipe:${nowhere}` })], codec: false },
  compression: { name: 'under compression', layers: () => [compression()], codec: true },
  tls: { name: 'under TLS', layers: () => [tlsLayer()], codec: true, urgent: false },
  'trace-shape': {
    name: 'under trace over shape',
    // A rate that nothing here comes to: what shape does to every byte is done, and no time is lost.
    layers: () => [trace(), shape({ up: 1e12, down: 1e12 })],
    codec: true,
  },
  'tls-compression': {
    name: 'under TLS over compression',
    layers: () => [tlsLayer(), compression()],
    codec: true,
    urgent: false,
  },
};

/** The chains that WS2SPI_STACKS names (`all`, or names with commas between them); `null` if it is not set. */
export function chainsThatWereAskedFor(): Chain[] | null {
  const wanted = process.env['WS2SPI_STACKS'];
  if (wanted === undefined || wanted === '') return null;
  nowhere = openSync('/dev/null', 'w');
  if (wanted === 'all') return Object.values(STACKS);
  return wanted.split(',').map((name) => {
    const chain = STACKS[name];
    if (chain !== undefined) return chain;
    const known = Object.keys(STACKS);
    const meant = nearestName(name, known);
    throw new Error(
      `WS2SPI_STACKS: there is no stack "${name}"${meant === null ? '' : `; did you mean "${meant}"?`} (known: all, ${known.join(', ')})`,
    );
  });
}
