// The measured stack as a chain of codec layers.
import { defineLayer, stack } from '../../dist/chain/index.js';
import { capture } from '../../dist/providers/layers/capture/index.js';
import { fault } from '../../dist/providers/layers/fault/index.js';
import { policy } from '../../dist/providers/layers/policy/index.js';
import { shape } from '../../dist/providers/layers/shape/index.js';
import { trace } from '../../dist/providers/layers/trace/index.js';
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
  if (plan.shipped) {
    const [chain] = stack(ws2, shippedLayers());
    return { ws2, chain };
  }
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

/** Five layers that ship, with nothing to do; the environment variable `SHIPPED` names fewer, to see what one costs. */
function shippedLayers() {
  const layers = {
    trace: () => trace(),
    policy: () => policy({ rules: [{ allow: 'any' }], audit: false }),
    shape: () => shape(),
    fault: () => fault(),
    standby: () => fault({ standby: true }),
    capture: () => capture({ file: '/dev/null', enabled: false }),
  };
  return (process.env.SHIPPED ?? 'trace,policy,shape,fault,capture').split(',').map((name) => layers[name]());
}
