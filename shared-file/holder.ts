// Who holds a lock, and whether he still lives: told by process, thread, machine and the name spaces that numbers count
// in.
import { hostname } from 'node:os';
import { systemConventions, type ProcessRecords } from '../platform/systems.js';

/** Who holds a lock or claims one. Members that are absent could not be told. */
export interface Holder {
  readonly pid: number;
  /** The thread within the process: the system's number, and Node.js'. */
  readonly thread?: number;
  readonly worker?: number;
  /** When the thread started, as its system counts; empty where that cannot be told. */
  readonly start: string;
  readonly host: string;
  /**
   * What process numbers and start times count in: two containers of one host name have the same numbers for others.
   */
  readonly space?: string;
  /**
   * The run of the system, and the machine, so that what was left before a restart is told from what another machine
   * holds.
   */
  readonly boot?: string;
  readonly machine?: string;
  /** Different for every attempt to get a lock. */
  readonly token: string;
}

/** What is the same for all holders of this process. */
type Surroundings = Required<Pick<Holder, 'host' | 'space' | 'boot' | 'machine'>> & {
  /** What the system tells of processes; `null` where it goes by other numbers than this process does. */
  readonly records: ProcessRecords | null;
};

let surroundings: Surroundings | null = null;

function here(): Surroundings {
  if (surroundings !== null) return surroundings;
  const { processes } = systemConventions();
  surroundings = {
    host: hostname(),
    space: processes.space() ?? UNKNOWN_SPACE,
    boot: processes.boot(),
    machine: machineName(processes),
    records: processes.areOurs() ? processes : null,
  };
  return surroundings;
}

// Numbers whose name space cannot be told are nobody's but our own.
const UNKNOWN_SPACE = '?';

// Others may read the lock, and are not to learn the machine's identifier.
function machineName(processes: ProcessRecords): string {
  const id = processes.machine();
  return id === '' ? '' : hashOf(`ws2spi ${id}`).slice(0, 16);
}

function hashOf(text: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(text).digest('hex');
}

/** A short name for where this process' number counts: the same for all processes that may judge each other. */
export function placeName(): string {
  const { host, space, boot } = here();
  const hash = hashOf(`${space} ${boot}`).slice(0, 8);
  return `${host.replace(/[^\w.]/g, '_')}-${hash}`;
}

/** This thread as a holder, with a new token. */
export function newHolder(): Holder {
  const { records, ...place } = here();
  const thread = records?.thread() ?? 0;
  return {
    pid: process.pid,
    ...(thread > 0 ? { thread } : {}),
    worker: process.getBuiltinModule('node:worker_threads').threadId,
    start: thread > 0 ? (records?.status(process.pid, thread)?.start ?? '') : '',
    ...place,
    token: process.getBuiltinModule('node:crypto').randomBytes(12).toString('hex'),
  };
}

/**
 * Reads a holder from the text of a lock.
 *
 * @returns `null` when it is none: anybody may have written it
 */
export function parseHolder(text: string): Holder | null {
  let value: Partial<Record<keyof Holder, unknown>> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { pid, token } = value;
  if (!isNumber(pid) || pid === 0 || typeof token !== 'string' || !/^[\w-]{1,64}$/.test(token)) return null;
  const string = (member: keyof Holder): string => (typeof value[member] === 'string' ? value[member] : '');
  return {
    pid,
    ...(isNumber(value.thread) && value.thread !== 0 ? { thread: value.thread } : {}),
    ...(isNumber(value.worker) ? { worker: value.worker } : {}),
    start: string('start'),
    host: string('host'),
    ...(value.space === undefined ? {} : { space: string('space') }),
    boot: string('boot'),
    machine: string('machine'),
    token,
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff;
}

/**
 * Whether a holder has certainly ended. One that cannot be judged from here, on another machine or in another
 * container, is taken to be alive.
 */
export function isDead(holder: Holder): boolean {
  if (holder.pid === 0) return true;
  const { host, space, boot, machine, records } = here();
  if (holder.host !== host) return false;
  // Numbers of another run of the system mean nothing now; whoever had them on this machine ended with it.
  if (holder.boot !== undefined && holder.boot !== '' && boot !== '' && holder.boot !== boot) {
    return machine !== '' && holder.machine === machine;
  }
  if (holder.space !== undefined && (holder.space !== space || space === UNKNOWN_SPACE)) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  if (records === null) return false;
  const main = records.status(holder.pid, holder.pid);
  // Hidden from us, so there is nothing to judge by.
  if (main === null) return false;
  const status = holder.thread === undefined ? main : records.status(holder.pid, holder.thread);
  if (status === null) return true;
  // The number may have been given to another process or thread since.
  return main.ended || (holder.start !== '' && status.start !== '' && status.start !== holder.start);
}

/** Whether a holder is this very thread. */
export function isThisThread(holder: Holder): boolean {
  if (holder.pid !== process.pid) return false;
  if (holder.worker !== process.getBuiltinModule('node:worker_threads').threadId) return false;
  const self = newHolder();
  return holder.host === self.host && holder.space === self.space && holder.start === self.start;
}

/** Whether a holder that lives is a thread of this very process. */
export function isThisProcess(holder: Holder): boolean {
  const { host, space } = here();
  return holder.pid === process.pid && holder.host === host && (holder.space ?? space) === space;
}

/** What is different after every start of the system; empty where that cannot be told. */
export function bootId(): string {
  return here().boot;
}

/** How a message names a holder. */
export function describeHolder(holder: Holder): string {
  const { host, space } = here();
  const thread = holder.worker === undefined || holder.worker === 0 ? '' : `, worker ${holder.worker}`;
  if (holder.host !== host) return `process ${holder.pid} on ${holder.host === '' ? 'another machine' : holder.host}`;
  const foreign = holder.space !== undefined && holder.space !== space;
  return `process ${holder.pid}${thread}${foreign ? ' of another container' : ''}`;
}
