import type { InstanceHost, protoent } from '../../../spi/index.js';
import { builtInServices } from './built-in-services.js';
import { databaseOf, type Database } from './database.js';
import { DatabaseFile } from './database-file.js';
import { HOST_LINES, type HostLine } from './hosts.js';
import { PROTOCOL_LINES } from './protocols.js';
import type { Databases, FileName } from './query.js';
import { SERVICE_LINES, type ServiceEntry } from './services.js';

const NO_HOSTS = databaseOf('', HOST_LINES);
const NO_SERVICES = databaseOf('', SERVICE_LINES);
const NO_PROTOCOLS = databaseOf('', PROTOCOL_LINES);

/** The three files of one start of the provider. */
export class OpenFiles {
  readonly hosts: DatabaseFile<HostLine>;
  readonly services: DatabaseFile<ServiceEntry>;
  readonly protocols: DatabaseFile<protoent>;

  /**
   * @param paths where the files are
   * @param hostName says what the machine is called
   */
  constructor(
    host: InstanceHost,
    paths: Readonly<Record<FileName, string>>,
    readonly hostName: () => string,
  ) {
    const unreadable = (path: string) => (cause: unknown) =>
      host.report({ message: `the files name space could not read ${path}`, cause });
    const { hosts, services, protocols } = paths;
    this.hosts = new DatabaseFile(hosts, HOST_LINES, () => NO_HOSTS, host, unreadable(hosts));
    this.services = new DatabaseFile(services, SERVICE_LINES, builtInServices, host, unreadable(services));
    this.protocols = new DatabaseFile(protocols, PROTOCOL_LINES, () => NO_PROTOCOLS, host, unreadable(protocols));
  }

  /**
   * Calls a function with what some files say: now, or when they have been read.
   *
   * @param names the files
   * @param fresh whether they are to be read again in any case
   */
  whenRead(names: readonly FileName[], fresh: boolean, listener: (databases: Databases) => void): void {
    const databases: { -readonly [K in keyof Databases]: Databases[K] } = {
      hosts: NO_HOSTS,
      services: NO_SERVICES,
      protocols: NO_PROTOCOLS,
      hostName: this.hostName(),
    };
    const read = <K extends FileName>(name: K, then: () => void): void => {
      const file = this[name] as DatabaseFile<unknown>;
      file.whenRead(fresh, (database) => {
        (databases as Record<FileName, Database<unknown>>)[name] = database;
        then();
      });
    };
    const next = (at: number): void => {
      const name = names[at];
      if (name === undefined) listener(databases);
      else read(name, () => next(at + 1));
    };
    next(0);
  }

  /** Nobody asks any more. */
  end(): void {
    for (const file of [this.hosts, this.services, this.protocols]) file.end();
  }
}
