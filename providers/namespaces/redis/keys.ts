import { nameKey } from '../../../service-records/index.js';
import type { GUID } from '../../../spi/index.js';

/**
 * The keys of a registry on a server. A service is kept in parts, one for each process that has registered it: a part ends
 * with its process' lease. The sets say where the parts are; what is in them may be gone already.
 */
export class RedisKeys {
  /** A hash of the service classes. */
  readonly classes: string;
  /** The patterns of keys whose changes may change an answer, for PSUBSCRIBE. */
  readonly patterns: readonly string[];
  readonly #channel: string;

  constructor(
    private readonly prefix: string,
    database: number,
  ) {
    this.classes = `${prefix}:classes`;
    this.#channel = `__keyspace@${database}__:`;
    const begin = `${this.#channel}${prefix.replace(/[*?[\]\\]/g, '\\$&')}`;
    this.patterns = [`${begin}:part:*`, `${begin}:classes`];
  }

  /** What one process says of a service. */
  part(record: string, owner: string): string {
    return `${this.prefix}:part:${record}|${owner}`;
  }

  /** The set of the processes that have said something of a service. */
  owners(record: string): string {
    return `${this.prefix}:owners:${record}`;
  }

  /** The set of the services of a class. */
  ofClass(id: GUID): string {
    return `${this.prefix}:class:${id}`;
  }

  /** The set of the services of a name. */
  ofName(name: string): string {
    return `${this.prefix}:name:${nameKey(name)}`;
  }
}
