// The groups of all processes of a user, in a file: a number is given out once, and means the same to all of them.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemConventions } from '../../platform/systems.js';
import { describeHolder, isDead, parseHolder, SharedFile, type Holder } from '../../shared-file/index.js';

const FORMAT = 1;
/** The most bytes of the file. */
const LIMIT = 4_194_304;
/** How long to wait for another process' change, in milliseconds. */
const PATIENCE = 500;
/** Numbers are multiples of this, as all handles are. */
const STEP = 4;
const MOST_ID = 0xffff_fffc;

/** What the file knows of a group. */
export interface GroupRecord {
  readonly provider: string;
  readonly constrained: boolean;
  /** The threads that have sockets in it, by their tokens, and the host that they are connected with; '' for none. */
  readonly members: Map<string, string>;
}

/** What the file holds. */
export interface GroupsState {
  /** The number that the next group gets, unless it is in use. */
  next: number;
  /** The threads that have sockets in groups, by their tokens. */
  readonly holders: Map<string, Holder>;
  readonly groups: Map<number, GroupRecord>;
}

/**
 * Where the groups of a user's processes are kept.
 *
 * @param env the environment; `WS2SPI_GROUPS` names the file, else it is `ws2spi/groups.json` in the user's folder for
 *   what does not outlive a restart (`XDG_RUNTIME_DIR`), or in the one that the catalog is in
 */
export function defaultGroupsPath(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = env['WS2SPI_GROUPS'];
  if (named !== undefined && named !== '') return named;
  const home = env['HOME'] || env['USERPROFILE'] || homedir();
  return join(systemConventions().runtimeFolder(env, home), 'ws2spi', 'groups.json');
}

/** The file of the groups. */
export class GroupsFile {
  readonly #file: SharedFile;

  /** Describes the file at `path`; it is made with the first group. */
  constructor(path: string) {
    this.#file = new SharedFile(path, LIMIT, PATIENCE, 0, false);
  }

  /**
   * What it holds now, the dead included.
   *
   * @throws the system's error
   */
  read(): GroupsState {
    return parseState(this.#file.read());
  }

  /**
   * Changes what it holds, once those who have ended are out of it.
   *
   * @param change changes the state, and says whether it did
   * @throws an Error that says what to do when somebody else keeps the file, or the system's error
   */
  change(change: (state: GroupsState) => boolean): void {
    this.#file.exclusively(
      () => {
        const text = this.#file.read();
        const state = parseState(text);
        const swept = sweep(state);
        if (change(state) || swept) this.#file.replace(formatState(state), 1, () => 1);
      },
      ({ why, lock, holder }) => {
        const who = holder === null ? 'somebody' : describeHolder(holder);
        throw new Error(
          why === 'ours'
            ? `${lock} is held by this very call: do not open sockets in groups from inside of it`
            : `${who} keeps ${lock}: end that process, or remove the file`,
        );
      },
    );
  }

  /** Its path, for messages. */
  get path(): string {
    return this.#file.path;
  }
}

/** Gives out the number of a new group. */
export function nextId(state: GroupsState, isTaken: (id: number) => boolean): number {
  let id = state.next;
  while (state.groups.has(id) || isTaken(id)) id = following(id);
  state.next = following(id);
  return id;
}

function following(id: number): number {
  return id >= MOST_ID ? STEP : id + STEP;
}

/** Takes out the threads that have ended, and the groups that nobody has any more. */
function sweep({ holders, groups }: GroupsState): boolean {
  let changed = false;
  for (const [token, holder] of holders) {
    if (isDead(holder)) changed = holders.delete(token);
  }
  for (const [id, { members }] of groups) {
    for (const token of members.keys()) if (!holders.has(token)) changed = members.delete(token);
    if (members.size === 0) changed = groups.delete(id);
  }
  return changed;
}

// One that is damaged is begun anew, from a number that nobody has, most likely: every thread writes its own groups
// again with its next change.
function parseState(text: string | null): GroupsState {
  const { randomInt } = process.getBuiltinModule('node:crypto');
  const fresh: GroupsState = { next: randomInt(1, MOST_ID / STEP) * STEP, holders: new Map(), groups: new Map() };
  if (text === null) return fresh;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fresh;
  }
  if (!isMembers(value) || value['format'] !== FORMAT) return fresh;
  const { next, holders, groups } = value;
  if (!isId(next) || !isMembers(holders) || !isMembers(groups)) return fresh;
  const state: GroupsState = { ...fresh, next };
  for (const [token, each] of Object.entries(holders)) {
    const holder = parseHolder(JSON.stringify(each));
    if (holder !== null && holder.token === token) state.holders.set(token, holder);
  }
  for (const [id, each] of Object.entries(groups)) {
    const record = isId(Number(id)) ? parseRecord(each) : null;
    if (record !== null) state.groups.set(Number(id), record);
  }
  return state;
}

function parseRecord(value: unknown): GroupRecord | null {
  if (!isMembers(value)) return null;
  const { provider, constrained, members } = value;
  if (typeof provider !== 'string' || typeof constrained !== 'boolean' || !isMembers(members)) return null;
  const hosts = Object.entries(members).filter((each): each is [string, string] => typeof each[1] === 'string');
  return { provider, constrained, members: new Map(hosts) };
}

function formatState({ next, holders, groups }: GroupsState): string {
  const records = [...groups].map(([id, { members, ...rest }]) => [
    id,
    { ...rest, members: Object.fromEntries(members) },
  ]);
  const value = { format: FORMAT, next, holders: Object.fromEntries(holders), groups: Object.fromEntries(records) };
  return `${JSON.stringify(value)}\n`;
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MOST_ID && value % STEP === 0;
}
