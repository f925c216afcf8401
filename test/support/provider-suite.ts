// The published suite for providers, run on those of the package and on chains over them.
import { describe, test } from 'vitest';
import { testProvider, type Capability } from 'ws2spi/testkit';
import { NATIVE_EXCEPTIONS } from './exceptions.js';
import { CHAINS, subjectOf, type Base, type Chain } from './providers.js';

export type Skips = Partial<Record<Capability, string>> & Record<string, string>;

const NATIVE: Skips = {
  'sends without a send buffer': NATIVE_EXCEPTIONS['a send needs no send buffer'],
  'virtual time': 'the clock is the machine’s, and the case takes seconds of it',
};

/** What codecs of connections cannot do, and why. */
export const CODEC: Skips = {
  datagrams: 'codecs carry streams',
  'connecting again': 'a codec serves one connection',
  'sends without a send buffer': 'the queue of a codec is a buffer of its own',
  'select looks at sockets of both families at once': 'each family’s chain is a provider of its own',
};

const SECURED: Skips = { 'urgent data': 'it would go around what secures the rest' };

function skipsOf(base: Base, chain: Chain): Skips {
  return {
    ...(base === 'tcpip' ? NATIVE : {}),
    ...(chain.codec ? CODEC : {}),
    ...(chain.urgent === false ? SECURED : {}),
  };
}

/** Runs the suite on a base provider, alone and under every kind of layer. */
export function runProviderSuite(base: Base): void {
  for (const chain of CHAINS) {
    describe(`${base} ${chain.name}`, () => {
      const cases = testProvider((options) => subjectOf(base, chain, options), { skips: skipsOf(base, chain) });
      for (const { name, skip, run } of cases) {
        if (skip === null) test(name, run);
        else test.skip(`${name} [${skip}]`, () => undefined);
      }
    });
  }
}
