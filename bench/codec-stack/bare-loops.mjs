// The work of a stack without the stack: its layers' loops over one block after another, nothing between them.
import { TURN, workOf } from './plan.mjs';

/**
 * The ends of a plan: of two processes each does its own half at the same time.
 *
 * @param {import('./plan.mjs').Plan} plan
 * @param {{ served: number, done: number }} tally where the bytes that are through are counted
 */
export function bareLoops(plan, tally) {
  const work = workOf(plan);
  const loops = plan.end === 'both' ? plan.layers * 2 : plan.layers;
  const block = Buffer.alloc(plan.size, 7);
  const turn = () => {
    const until = performance.now() + TURN;
    while (performance.now() < until) {
      let bytes = block;
      for (let loop = 0; loop < loops; loop++) bytes = work(bytes, loop % plan.layers);
      tally.served += bytes.length;
    }
    setImmediate(turn);
  };
  return {
    async listen() {
      if (plan.end === 'server') turn();
      return 0;
    },
    run() {
      turn();
    },
  };
}
