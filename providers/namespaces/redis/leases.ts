import type { NameSpaceSession } from '../../../name-space/index.js';
import type { ServiceRecord } from '../../../service-records/index.js';
import type { Timer } from '../../../spi/index.js';
import { RedisFailure, type RedisConnection } from './connection.js';
import type { RedisKeys } from './keys.js';
import { readPart, TAKEN_BACK } from './parts.js';
import type { Reply } from './resp.js';
import type { RedisSettings } from './settings.js';

/** How often a registration is renewed during its lease. */
const RENEWALS = 3;
/** How many are renewed at one go. */
const AT_ONE_GO = 500;

/** What this process has registered, and renews for as long as it lives. */
export class Leases {
  readonly #records = new Map<string, ServiceRecord>();
  #timer: Timer | null = null;

  /** @param writing makes the commands that write a part that is not there any more */
  constructor(
    private readonly session: NameSpaceSession,
    private readonly settings: RedisSettings,
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly owner: string,
    private readonly writing: (key: string, record: ServiceRecord) => readonly (readonly string[])[],
  ) {}

  /** What this process says of a service. */
  get(key: string): ServiceRecord | undefined {
    return this.#records.get(key);
  }

  /** Takes up, or changes, what is renewed. */
  set(key: string, record: ServiceRecord): void {
    this.#records.set(key, record);
    this.#timer ??= this.session.setTimer(this.settings.lease / RENEWALS, () => this.#renew());
  }

  /** Lets a lease end. */
  delete(key: string): void {
    this.#records.delete(key);
  }

  #renew(): void {
    this.#timer = null;
    if (this.#records.size === 0) return;
    this.#timer = this.session.setTimer(this.settings.lease / RENEWALS, () => this.#renew());
    const keys = [...this.#records.keys()];
    for (let at = 0; at < keys.length; at += AT_ONE_GO) this.#renewSome(keys.slice(at, at + AT_ONE_GO));
  }

  // A connection that is lost meanwhile is there for the next time, or the time after that.
  #renewSome(keys: readonly string[]): void {
    const parts = keys.map((key) => this.keys.part(key, this.owner));
    this.connection.send([['MGET', ...parts]], (replies) => {
      if (replies instanceof RedisFailure || !Array.isArray(replies[0])) return;
      const texts = replies[0] as readonly Reply[];
      const commands = keys.flatMap((key, place) => this.#renewal(key, parts[place]!, texts[place] ?? null));
      this.connection.send(commands, () => undefined);
    });
  }

  #renewal(key: string, part: string, text: Reply): readonly (readonly string[])[] {
    const known = this.#records.get(key);
    if (known === undefined) return [];
    if (text === TAKEN_BACK) {
      // Somebody else has taken it back, or registered the service in its place.
      this.#records.delete(key);
      return [];
    }
    // The server has lost it, or the lease had ended.
    if (text === null) return this.writing(key, known);
    // Others may have taken some of its addresses back.
    const present = readPart(text) ?? known;
    this.#records.set(key, present);
    const outlive = `${Math.ceil(4 * this.settings.lease)}`;
    return [
      ['PEXPIRE', part, `${Math.ceil(this.settings.lease)}`],
      ...[this.keys.owners(key), this.keys.ofClass(present.serviceClass), this.keys.ofName(present.name)].map((set) => [
        'PEXPIRE',
        set,
        outlive,
      ]),
    ];
  }
}
