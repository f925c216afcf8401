import { describe, expect, it } from 'vitest';
import { WSP_SIGNATURES, type Signature } from 'ws2spi/spi/signatures';
import { wrapFunction, wrapTable, type WrappedCall } from '../../../spi/wrap-table.js';

const ARGUMENT = WSP_SIGNATURES.lpWSPListen.args[1];

function signature(count: number, result: Signature['result'] = 'status'): Signature {
  return { args: Array.from({ length: count }, () => ARGUMENT), result };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.each(numbers(15))('A function of %i arguments', (count) => {
  const echo = (...args: unknown[]): unknown => args;

  it('is given them all, in their order', () => {
    const unusual = (_call: WrappedCall, result: unknown): unknown => result;
    expect(wrapFunction('f', signature(count), echo, { unusual })(...numbers(count))).toEqual(numbers(count));
  });

  it('that throws tells them, and the caller gets what comes of that', () => {
    const cause = new Error('boom');
    const throws = (): never => {
      throw cause;
    };
    const seen: unknown[] = [];
    const wrapped = wrapFunction('f', signature(count), throws, {
      threw: ({ name, args }, thrown) => (seen.push(name, args, thrown), -1),
    });
    expect(wrapped(...numbers(count))).toBe(-1);
    expect(() => wrapFunction('f', signature(count), throws, {})()).toThrow(cause);
    expect(seen).toEqual(['f', numbers(count), cause]);
  });
});

describe('A wrapper', () => {
  it('may replace what a function returns, and is told of no plain success, and of no failure with an error', () => {
    const told: unknown[] = [];
    const unusual = (_call: WrappedCall, result: unknown): unknown => (told.push(result), 'replaced');
    for (const [kind, results] of [
      ['status', [0, -1, true]],
      ['boolean', [true, false, 0]],
    ] as const) {
      for (const result of results) {
        const expected = result === results[0] ? result : 'replaced';
        expect(wrapFunction('f', signature(1, kind), () => result, { unusual })(1)).toBe(expected);
      }
    }
    expect(told).toEqual([-1, true, false, 0]);
    told.length = 0;
    const listen = wrapFunction('WSPListen', WSP_SIGNATURES.lpWSPListen, () => -1, { unusual });
    expect([0, NaN, 10035].map((error) => listen(4, 1, { value: error }))).toEqual(['replaced', 'replaced', -1]);
  });

  it('is put around those functions of a table that it applies to, by their names in the specification', () => {
    const names: string[] = [];
    const table = { lpWSPListen: () => 7, lpWSPBind: () => 7, cbSize: 4 };
    const { lpWSPBind } = table;
    wrapTable(
      table as never,
      WSP_SIGNATURES as never,
      { unusual: ({ name }, result) => (names.push(name), result) },
      (place) => place !== 'lpWSPBind',
    );
    table.lpWSPListen();
    table.lpWSPBind();
    expect(names).toEqual(['WSPListen']);
    expect([table.lpWSPBind, table.cbSize]).toEqual([lpWSPBind, 4]);
  });
});
