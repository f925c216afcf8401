// Small writes of one go are put together in a block, which goes out when JavaScript comes to rest.
import { INSTANCE, type Ws2_32 } from '../../index.js';

/** The bytes of a block: what is sent in any case. */
export const WRITE_BLOCK = 32 * 1024;
/** Blocks that are kept to be used again. */
const KEPT_BLOCKS = 4;

/** Whoever waits for the end of the turn. */
export interface TurnListener {
  /** JavaScript comes to rest, a blocking call goes to sleep, or the process ends: what was written is to be sent. */
  turnEnds(): void;
}

// Those of this thread.
let waiting: TurnListener[] = [];
let listens = false;
const free: Buffer[] = [];

// Returns whether there was anything.
function endTurn(): boolean {
  if (waiting.length === 0) return false;
  const ending = waiting;
  waiting = [];
  for (const each of ending) each.turnEnds();
  return true;
}

/** Has `turnEnds` called, once, before the event loop goes on, a blocking call sleeps, or the process ends. */
export function callAtTurnEnd(one: TurnListener, ws2: Ws2_32): void {
  if (waiting.push(one) > 1) return;
  process.nextTick(endTurn);
  if (listens) return;
  listens = true;
  // A program that writes, and ends the process at once, has written; so has one that goes on to a blocking call, which may
  // wait for the answer.
  process.on('exit', endTurn);
  ws2[INSTANCE].beforeSleep(endTurn);
}

/** Takes back a `callAtTurnEnd`: nothing is left to be sent. */
export function forgetTurnEnd(one: TurnListener): void {
  const place = waiting.indexOf(one);
  if (place >= 0) waiting[place] = NOBODY;
}

const NOBODY: TurnListener = { turnEnds: () => undefined };

/** Takes a block to write into; there is anything in it. */
export function takeBlock(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(WRITE_BLOCK);
}

/** Gives a block back that nobody looks at any more. */
export function giveBlock(block: Buffer): void {
  if (free.length < KEPT_BLOCKS) free.push(block);
}
