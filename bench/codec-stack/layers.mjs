// The measured stack as a chain of codec layers.
import { defineLayer, stack } from '../../dist/chain/index.js';
import { startInstance } from '../servers/instance.mjs';
import { workOf } from './plan.mjs';
import { securedLayer } from './secured.mjs';

/**
 * An instance with the plan's layers stacked, and TLS on top of them if the program is one of TLS.
 *
 * @param {import('./plan.mjs').Plan} plan
 * @returns the instance, and the chain's entry: none without layers
 */
export function startStack(plan) {
  const ws2 = startInstance();
  const work = workOf(plan);
  const layers = Array.from({ length: plan.layers }, (_, place) =>
    defineLayer({
      name: `layer ${place}`,
      codec: () => ({
        send: (bytes, output) => output.encoded(work(bytes, place)),
        receive: (bytes, output) => output.decoded(work(bytes, place)),
      }),
    }),
  );
  if (plan.program.startsWith('tls-')) layers.unshift(securedLayer(plan));
  const [chain] = layers.length > 0 ? stack(ws2, layers) : [];
  return { ws2, chain };
}
