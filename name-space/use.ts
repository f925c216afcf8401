import type { GUID, HANDLE, InstanceHost } from '../spi/index.js';
import { Blame } from './blame.js';
import { Deadlines } from './deadlines.js';
import { hooksOf, type NameSpaceDefinition, type NameSpaceHooks } from './definition.js';
import type { LookUp, LookUpContext } from './look-up.js';
import { Session } from './session.js';
import type { Settlement } from './settlement.js';
import type { Watch } from './watch.js';

/** Milliseconds after which an answer that does not go on is given up. */
const DEFAULT_TIMEOUT = 30_000;

/** A query, and who wants to know when its answer changes. */
export interface Query {
  readonly lookUp: LookUp;
  watch: Watch | null;
}

/** The use of a name space by an instance: its hooks, and what was asked of it. */
export class Use {
  readonly context: LookUpContext;
  readonly queries = new Map<HANDLE, Query>();
  /** Registrations and the like that are under way. */
  readonly requests = new Set<Settlement>();

  constructor(
    { nameSpace, timeout }: NameSpaceDefinition,
    readonly hooks: NameSpaceHooks,
    readonly session: Session,
    readonly blame: Blame,
  ) {
    const { host, providerId } = session;
    this.context = {
      host,
      blame,
      origin: { providerId, nameSpace },
      hook: (question, answer) => hooks.lookup(question, answer, session),
      watches: hooks.watch !== undefined,
      deadlines: timeout === Infinity ? null : new Deadlines(timeOf(host), timeout ?? DEFAULT_TIMEOUT),
    };
  }

  get host(): InstanceHost {
    return this.session.host;
  }

  /** Takes a query up; returns its handle. */
  add(lookUp: LookUp): HANDLE {
    const handle = this.host.allocateHandle();
    this.queries.set(handle, { lookUp, watch: null });
    return handle;
  }

  /** Ends a query. */
  close(handle: HANDLE): void {
    const query = this.queries.get(handle);
    if (query === undefined) return;
    this.queries.delete(handle);
    query.watch?.end();
    query.lookUp.cancel();
    this.host.releaseHandle(handle);
  }

  /** Ends every query and request, and the use with them. */
  end(): void {
    for (const handle of [...this.queries.keys()]) this.close(handle);
    for (const request of [...this.requests]) request.cancel();
    this.requests.clear();
    const { end } = this.hooks;
    if (end !== undefined) this.blame.notify('end', () => end(this.session));
    this.session.end();
  }
}

function timeOf(host: InstanceHost): ConstructorParameters<typeof Deadlines>[0] {
  return { now: () => host.clock.now(), setTimer: (when, callback) => host.setTimer(when, callback) };
}

/**
 * Begins the use of a name space.
 *
 * @returns the use; `null` when `start` failed, or gave hooks that are none, which is reported
 */
export function beginUse(definition: NameSpaceDefinition, providerId: GUID, host: InstanceHost): Use | null {
  const { name, nameSpace } = definition;
  const blame = new Blame(name, host);
  const session = new Session(name, providerId, nameSpace, host, blame);
  const started = blame.call('start', () => definition.start?.(session));
  const hooks = started.isSound ? hooksOf(definition, started.value) : null;
  if (hooks !== null && typeof hooks !== 'string') return new Use(definition, hooks, session, blame);
  if (hooks !== null) blame.tell(hooks);
  session.end();
  return null;
}
