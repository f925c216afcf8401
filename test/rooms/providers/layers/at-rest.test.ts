// The whole suite for providers under `shape` and `fault`, in the way and with little to do: programs see no difference.
import { describe, test } from 'vitest';
import { fault } from 'ws2spi/providers/layers/fault';
import { shape } from 'ws2spi/providers/layers/shape';
import { testProvider } from 'ws2spi/testkit';
import { subjectOf, type Chain } from '../../../support/providers.js';
import { CODEC } from '../../../support/provider-suite.js';

const CHAINS: readonly Chain[] = [
  { name: 'under fault, which stands by', layers: () => [fault({ standby: true })], codec: true },
  { name: 'under shape, which is fast', layers: () => [shape({ up: 1e9, down: 1e9, burst: 1e8 })], codec: true },
];

for (const chain of CHAINS) {
  describe(chain.name, () => {
    for (const { name, skip, run } of testProvider((options) => subjectOf('memory', chain, options), {
      skips: CODEC,
    })) {
      if (skip === null) test(name, run);
      else test.skip(`${name} [${skip}]`, () => undefined);
    }
  });
}
