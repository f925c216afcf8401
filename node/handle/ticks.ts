const { _tickCallback: tickCallback } = process as unknown as { _tickCallback?: () => void };

/** Runs ticks and microtasks, as Node.js does between two callbacks of its own. */
export function runTicks(): void {
  tickCallback?.();
}
