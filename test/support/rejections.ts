// Promises that nobody waits for.

/** Runs a body, and gives the reasons of the promises that were rejected meanwhile without anybody to hear of it. */
export async function unheardRejections(body: () => void | Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const note = (reason: unknown): void => void reasons.push(reason);
  process.on('unhandledRejection', note);
  await body();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  return reasons;
}
