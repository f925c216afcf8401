import { defineLayer } from 'ws2spi/chain';
import { Agent, ChainSocket, connector, createServer } from 'ws2spi/node';
import { describe, expect, it } from 'vitest';
import { BASES, useBase } from './bases.js';

describe.each(BASES)('the chain option over %s', (base) => {
  const { ws2, connect } = useBase(base);

  it('throws one clear sentence for a layer, or anything else that is not a chain, as `chain`', () => {
    const layer = defineLayer({ name: 'mine' });
    const choices: [unknown, RegExp][] = [
      [layer, /"chain" option is the layer "mine", not a chain: stack\(ws2, \[layer\]\)/],
      [[layer], /is the layer "mine"/],
      [{ name: 'plain', connect: () => undefined }, /is the object "plain", not a chain/],
      [true, /of type boolean/],
      [{}, /of type object/],
      [[[1001]], /an array in an array/],
    ];
    for (const [chain, message] of choices) {
      const wrong = { port: 1, ws2: ws2, chain: chain as never };
      for (const use of [
        () => connect(1, { chain: chain as never }),
        () => new ChainSocket(wrong),
        () => new ChainSocket({ ws2: ws2 }).connect(wrong),
        () => createServer(wrong),
        () => new Agent(wrong),
        () => connector(wrong),
      ]) {
        expect(use).toThrow(message);
        expect(use).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
      }
    }
  });
});
