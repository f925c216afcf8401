// Small writes of one go, which wait until JavaScript comes to rest.

/** Bytes that are gathered before they are sent in any case. */
export const GATHERING_BLOCK = 32 * 1024;
/** Blocks that are kept to be used again. */
const KEPT_BLOCKS = 4;

/** Who has gathered something. */
export interface Gathering {
  /** JavaScript comes to rest, or the process ends: what was gathered is to be sent. */
  turnEnds(): void;
}

// Those of this thread.
let gathering: Gathering[] = [];
let listens = false;
const free: Buffer[] = [];

function endTurn(): void {
  const ending = gathering;
  gathering = [];
  for (const each of ending) each.turnEnds();
}

/** Has `turnEnds` called, once, before the event loop goes on, or the process ends. */
export function gatherUntilTurnEnds(one: Gathering): void {
  if (gathering.push(one) > 1) return;
  process.nextTick(endTurn);
  if (listens) return;
  listens = true;
  // A program that writes, and ends the process at once, has written.
  process.on('exit', endTurn);
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
