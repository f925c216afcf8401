import { describe, expect, test } from 'vitest';
import { nearestName, nearestNameAdvice } from '../../../dist/spi/nearest-name.js';

const HOOKS = ['connect', 'accept', 'bind', 'codec'];

describe('the nearest right spelling', () => {
  test.each([
    ['conect', HOOKS, 'connect'],
    ['CONNECT', HOOKS, 'connect'],
    ['onConnect', HOOKS, 'connect'],
    ['bnid', HOOKS, 'bind'],
    ['tcp', ['tcpip', 'memory'], 'tcpip'],
    ['memroy', ['tcpip', 'memory'], 'memory'],
    ['udp', ['tcpip', 'memory'], null],
    ['timeout', HOOKS, null],
    ['', HOOKS, null],
    [7, HOOKS, null],
    ['x'.repeat(1_000_000), HOOKS, null],
  ])('of %o among %o is %o', (given, names, nearest) => {
    expect(nearestName(given, names)).toBe(nearest);
  });

  test('ends a sentence, or all names do, when they are few', () => {
    expect(nearestNameAdvice('acept', HOOKS)).toBe(': did you mean "accept"?');
    expect(nearestNameAdvice('timeout', HOOKS)).toBe(': there are connect, accept, bind and codec');
    expect(nearestNameAdvice('timeout', ['codec'])).toBe(': there is codec');
    expect(nearestNameAdvice('timeout', [])).toBe('');
  });
});
