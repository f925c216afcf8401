// What is done to the data of reservations before it is kept.
import { isDead, type Holder } from '../shared-file/index.js';
import type { PortProtocol } from '../spi/index.js';
import type { PersistentReservation, ReservationData } from './data.js';

/** The persistent reservation of exactly these ports. */
export function persistentIn(
  data: ReservationData,
  protocol: PortProtocol,
  first: number,
  count: number,
): PersistentReservation | undefined {
  return data.persistent.find((each) => each.protocol === protocol && each.first === first && each.count === count);
}

/** Drops what was acquired under these tokens. */
export function dropTokens(draft: ReservationData, tokens: ReadonlySet<string>): void {
  draft.runtime = draft.runtime.filter(({ token }) => !tokens.has(token));
}

/** Drops what was acquired by those who have ended. */
export function dropDead(draft: ReservationData): void {
  const dead = new Map<string, boolean>();
  const isOver = (holder: Holder): boolean => {
    const key = JSON.stringify({ ...holder, token: '' });
    const known = dead.get(key) ?? isDead(holder);
    dead.set(key, known);
    return known;
  };
  draft.runtime = draft.runtime.filter(({ holder }) => !isOver(holder));
}
