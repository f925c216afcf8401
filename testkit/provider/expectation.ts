// What the cases of the suite expect, without a test runner: a few comparisons that throw assertion errors with a
// difference.
import { AssertionError, deepStrictEqual, strictEqual } from 'node:assert';
import { inspect } from 'node:util';

/** What may be expected of a value. */
export interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  /** Compares the members that `expected` has. */
  toMatchObject(expected: object): void;
  toContain(part: unknown): void;
  toHaveLength(length: number): void;
  toBeGreaterThan(bound: number): void;
  toBeGreaterThanOrEqual(bound: number): void;
  toBeLessThan(bound: number): void;
  toBeLessThanOrEqual(bound: number): void;
  readonly not: Pick<Expectation, 'toBe' | 'toContain' | 'toEqual'>;
}

/**
 * Begins an expectation.
 *
 * @param value what there is
 * @param about what it is about, said first when it is not as expected
 */
export function expect(value: unknown, about = ''): Expectation {
  const told = (compare: () => void): void => {
    try {
      compare();
    } catch (error) {
      if (about !== '' && error instanceof Error) error.message = `${about}: ${error.message}`;
      throw error;
    }
  };
  const need = (holds: boolean, relation: string, expected: unknown): void =>
    told(() => {
      if (holds) return;
      throw new AssertionError({
        message: `expected ${inspect(value)} ${relation} ${inspect(expected)}`,
        actual: value,
        expected,
        operator: relation,
      });
    });
  const contains = (part: unknown): boolean =>
    typeof value === 'string' ? value.includes(String(part)) : (value as readonly unknown[]).includes(part);
  return {
    toBe: (expected) => told(() => strictEqual(value, expected)),
    toEqual: (expected) => told(() => deepStrictEqual(plain(value), plain(expected))),
    toMatchObject: (expected) => told(() => deepStrictEqual(partOf(value, expected), plain(expected))),
    toContain: (part) => need(contains(part), 'to contain', part),
    toHaveLength: (length) => told(() => strictEqual((value as { length: number }).length, length)),
    toBeGreaterThan: (bound) => need((value as number) > bound, 'to be more than', bound),
    toBeGreaterThanOrEqual: (bound) => need((value as number) >= bound, 'to be at least', bound),
    toBeLessThan: (bound) => need((value as number) < bound, 'to be less than', bound),
    toBeLessThanOrEqual: (bound) => need((value as number) <= bound, 'to be at most', bound),
    not: {
      toBe: (expected) => need(!Object.is(value, expected), 'not to be', expected),
      toContain: (part) => need(!contains(part), 'not to contain', part),
      toEqual: (expected) => need(!isSame(plain(value), plain(expected)), 'not to equal', expected),
    },
  };
}

function isSame(value: unknown, other: unknown): boolean {
  try {
    deepStrictEqual(value, other);
    return true;
  } catch {
    return false;
  }
}

/** A value without its classes and without members that are undefined: what data says. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, plain(member)]),
  );
}

/** The members of a value that `pattern` has too, all the way down. */
function partOf(value: unknown, pattern: unknown): unknown {
  if (typeof pattern !== 'object' || pattern === null || typeof value !== 'object' || value === null) {
    return plain(value);
  }
  if (Array.isArray(pattern) || ArrayBuffer.isView(pattern)) return plain(value);
  return Object.fromEntries(
    Object.keys(pattern).map((name) => [name, partOf((value as never)[name], (pattern as never)[name])]),
  );
}
