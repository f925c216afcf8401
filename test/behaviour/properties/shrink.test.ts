import { expect, test } from 'vitest';
import { shrink } from './shrink.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('what matters is left, in its order', () => {
  const fails = (part: readonly number[]): boolean => part.includes(7) && part.includes(42) && part.includes(43);
  expect(shrink(numbers(60), fails)).toEqual([7, 42, 43]);
});

test('one call may be all that is left, or all of them', () => {
  expect(shrink(numbers(60), (part) => part.includes(0))).toEqual([0]);
  expect(shrink(numbers(60), (part) => part.includes(59))).toEqual([59]);
  expect(shrink(numbers(9), (part) => part.length === 9)).toEqual(numbers(9));
});

test('what needs another call only while a third is there goes with it', () => {
  // 20 fails by itself, but not after 10 unless 15 came between.
  const fails = (part: readonly number[]): boolean => part.includes(20) && (!part.includes(10) || part.includes(15));
  expect(shrink(numbers(30), fails)).toEqual([20]);
});

test('the search ends when its budget is spent', () => {
  let runs = 0;
  const fails = (part: readonly number[]): boolean => {
    runs++;
    return part.includes(1);
  };
  shrink(numbers(10_000), fails, { runs: 5, milliseconds: 1000 });
  expect(runs).toBe(5);
});
