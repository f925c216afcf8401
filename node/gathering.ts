// Small writes of one go, which wait until JavaScript comes to rest.
import { INSTANCE, type Ws2_32 } from '../index.js';

/** Bytes that are gathered before they are sent in any case. */
export const GATHERING_BLOCK = 32 * 1024;
/** Blocks that are kept to be used again. */
const KEPT_BLOCKS = 4;

/** Who has gathered something. */
export interface Gathering {
  /** JavaScript comes to rest, a blocking call goes to sleep, or the process ends: what was gathered is to be sent. */
  turnEnds(): void;
}

// Those of this thread.
let gathering: Gathering[] = [];
let listens = false;
const free: Buffer[] = [];

// Returns whether there was anything.
function endTurn(): boolean {
  if (gathering.length === 0) return false;
  const ending = gathering;
  gathering = [];
  for (const each of ending) each.turnEnds();
  return true;
}

/** Has `turnEnds` called, once, before the event loop goes on, a blocking call sleeps, or the process ends. */
export function gatherUntilTurnEnds(one: Gathering, ws2: Ws2_32): void {
  if (gathering.push(one) > 1) return;
  process.nextTick(endTurn);
  if (listens) return;
  listens = true;
  // A program that writes, and ends the process at once, has written; so has one that goes on to a blocking call, which may
  // wait for the answer.
  process.on('exit', endTurn);
  ws2[INSTANCE].beforeSleep(endTurn);
}

/** Nothing is left to be sent of one that was gathering. */
export function endGathering(one: Gathering): void {
  const place = gathering.indexOf(one);
  if (place >= 0) gathering[place] = NOBODY;
}

const NOBODY: Gathering = { turnEnds: () => undefined };

/** Takes a block to gather in; there is anything in it. */
export function takeBlock(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(GATHERING_BLOCK);
}

/** Gives a block back that nobody looks at any more. */
export function giveBlock(block: Buffer): void {
  if (free.length < KEPT_BLOCKS) free.push(block);
}
