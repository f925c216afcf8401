// Promises that nobody waits for.
import { expect } from 'vitest';

/** Runs a body, and gives the reasons of the promises that were rejected meanwhile without anybody to hear of it. */
export async function unheardRejections(body: () => void | Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const note = (reason: unknown): void => void reasons.push(reason);
  process.on('unhandledRejection', note);
  try {
    await body();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', note);
  }
  return reasons;
}

/** Runs a body in which no promise may be rejected without anybody to hear of it. */
export async function withoutRejections(body: () => void | Promise<void>): Promise<void> {
  expect(await unheardRejections(body)).toEqual([]);
}
