import { FD_CLR, FD_ISSET, FD_SET, FD_ZERO, fd_set, ref } from 'ws2spi/spi';
import { describe, expect, it } from 'vitest';

describe('an fd_set', () => {
  it('starts empty', () => {
    expect({ ...new fd_set() }).toEqual({ fd_count: 0, fd_array: [] });
  });

  it('holds each socket once', () => {
    const set = new fd_set();
    for (const s of [4, 8, 4]) FD_SET(s, set);
    expect(set.fd_count).toBe(2);
    expect(set.fd_array).toEqual([4, 8]);
    expect([FD_ISSET(4, set), FD_ISSET(12, set)]).toEqual([1, 0]);
  });

  it('holds more than 64', () => {
    const set = new fd_set();
    for (let s = 4; s <= 4000; s += 4) FD_SET(s, set);
    expect(set.fd_count).toBe(1000);
    expect(FD_ISSET(4000, set)).toBe(1);
  });

  it('keeps the order of the others when one is removed', () => {
    const set = new fd_set();
    for (const s of [4, 8, 12]) FD_SET(s, set);
    FD_CLR(8, set);
    FD_CLR(400, set);
    expect(set.fd_array.slice(0, set.fd_count)).toEqual([4, 12]);
  });

  it('counts only its first fd_count elements', () => {
    const set = Object.assign(new fd_set(), { fd_count: 1, fd_array: [4, 8] });
    expect(FD_ISSET(8, set)).toBe(0);
    FD_SET(12, set);
    expect(set.fd_array.slice(0, set.fd_count)).toEqual([4, 12]);
    FD_ZERO(set);
    expect([set.fd_count, FD_ISSET(4, set)]).toEqual([0, 0]);
  });
});

describe('a ref', () => {
  it('holds a value', () => {
    expect(ref(0)).toEqual({ value: 0 });
  });
});
