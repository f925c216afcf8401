/** A wait that is longer than any that comes to its end, in milliseconds: however little of the machine a test is given. */
const PATIENCE = 60_000;

/**
 * Lets the event loop turn until something holds, or has not for a minute: what the system has under way takes as many turns as
 * it takes.
 *
 * @param turn what to do in each turn before
 */
export async function turnsUntil(condition: () => boolean, turn: () => void = () => undefined): Promise<void> {
  for (const end = performance.now() + PATIENCE; !condition() && performance.now() < end;) {
    turn();
    await new Promise((next) => setImmediate(next));
  }
}
