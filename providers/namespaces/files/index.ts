/**
 * The name-space provider of the hosts, services and protocols files.
 *
 * @module
 */
import { hostname } from 'node:os';
import { defineNameSpace, type NameSpaceQuestion } from '../../../name-space/index.js';
import { systemConventions } from '../../../platform/systems.js';
import { checkOptions, textThat, type OptionRule } from '../../../spi/option-check.js';
import { NS_DNS, type InstanceHost, type LPNSPSTARTUP } from '../../../spi/index.js';
import { BUILT_IN_SERVICES } from './built-in-services.js';
import { DatabaseFile } from './database-file.js';
import { faultsOf, type FileFault } from './faults.js';
import { parseHosts } from './hosts.js';
import { parseProtocols } from './protocols.js';
import { answer as findAnswer, type Databases } from './query.js';
import { parseServices } from './services.js';

export type { FileFault } from './faults.js';
export { SVCID_WS2SPI_PROTOCOLBYNAME } from './query.js';

/** Where the provider finds what it serves; the system's own files for what is left out. */
export interface FilesNameSpaceOptions {
  /** Path of the hosts file; without one there, `localhost` and the machine's own name are known. */
  readonly hosts?: string;
  /** Path of the services file; without one there, those of Windows are known. */
  readonly services?: string;
  /** Path of the protocols file. */
  readonly protocols?: string;
  /** The machine's name; what the system says if absent. */
  readonly hostname?: string;
  /** The name space that the provider is installed for; NS_DNS if absent. */
  readonly nameSpace?: number;
}

const PATH = textThat((path) => path !== '', 'a path');

const RULES: Readonly<Record<keyof FilesNameSpaceOptions, OptionRule>> = {
  hosts: PATH,
  services: PATH,
  protocols: PATH,
  hostname: textThat(() => true, 'a name'),
  nameSpace: { fits: Number.isInteger, expected: 'a number such as NS_DNS' },
};

/** The files to read: those that the options name, and the system's own. */
function databaseFiles(options: Pick<FilesNameSpaceOptions, 'hosts' | 'services' | 'protocols'>): {
  readonly hosts: string;
  readonly services: string;
  readonly protocols: string;
} {
  const { hosts, services, protocols } = systemConventions().databaseFiles(process.env);
  return {
    hosts: options.hosts ?? hosts,
    services: options.services ?? services,
    protocols: options.protocols ?? protocols,
  };
}

/**
 * Makes a provider of given files. A file is read at the first query, and again when it has changed: 10 ms later at the latest, by the
 * instance's clock; a query with LUP_FLUSHCACHE looks at once.
 *
 * @param options where the files are
 * @returns the provider's NSPStartup, which may be called any number of times; each call has its own state
 */
export function createFilesNameSpace(options: FilesNameSpaceOptions = {}): LPNSPSTARTUP {
  checkOptions('createFilesNameSpace', options, RULES);
  return (lpProviderId, lpnspRoutines) => {
    const { host } = lpnspRoutines;
    const databases = openDatabases(host, options);
    const { NSPStartup } = defineNameSpace({
      name: 'files',
      nameSpace: options.nameSpace ?? NS_DNS,
      looksUpAtBegin: true,
      lookup(question, answer) {
        const now = databases(question.isFresh);
        const found = findAnswer(now, question);
        // Looked at is only what the question needed.
        const isStill = sameFiles(now, question);
        if (isStill !== null) answer.holdsWhile(isStill);
        if (typeof found === 'number') {
          answer.fail(found);
          return;
        }
        answer.found(found);
        answer.done();
      },
    });
    return NSPStartup(lpProviderId, lpnspRoutines);
  };
}

/** Starts the provider of the system's own files (specification: NSPStartup). */
export const NSPStartup: LPNSPSTARTUP = createFilesNameSpace();

// Whether what the answer was read of is as it was; null for what is rarely asked.
function sameFiles(databases: Databases, { kind, queryString }: NameSpaceQuestion): (() => boolean) | null {
  if (queryString !== '') return null;
  if (kind === 'service') {
    const { services } = databases;
    return () => databases.services === services;
  }
  if (kind === 'address') {
    const { hosts } = databases;
    return () => databases.hosts === hosts;
  }
  if (kind !== 'host' && kind !== 'own host') return null;
  const { hosts, hostName } = databases;
  return () => databases.hosts === hosts && databases.hostName === hostName;
}

function openDatabases(host: InstanceHost, options: FilesNameSpaceOptions): (fresh: boolean) => Databases {
  const unreadable = (path: string) => (cause: unknown) =>
    host.report({ message: `the files name space could not read ${path}`, cause });
  const open = <T>(path: string, parse: ConstructorParameters<typeof DatabaseFile<T>>[1], whenMissing: T) =>
    new DatabaseFile(path, parse, whenMissing, host.clock, unreadable(path));

  const paths = databaseFiles(options);
  const hosts = open(paths.hosts, parseHosts, []);
  const services = open(paths.services, parseServices, [...BUILT_IN_SERVICES]);
  const protocols = open(paths.protocols, parseProtocols, []);
  // A query looks only at the files that it needs.
  const databases: Databases = {
    get hosts() {
      return hosts.read();
    },
    get services() {
      return services.read();
    },
    get protocols() {
      return protocols.read();
    },
    // A machine without a name has one that can be resolved all the same (specification: gethostname).
    get hostName() {
      return (options.hostname ?? hostname()) || 'localhost';
    },
  };
  return (fresh) => {
    if (fresh) for (const file of [hosts, services, protocols]) file.forget();
    return databases;
  };
}

/**
 * Names the lines of the files that are left out, because they say nothing sensible.
 *
 * @param options where the files are
 */
export function verifyFiles(
  options: Pick<FilesNameSpaceOptions, 'hosts' | 'services' | 'protocols'> = {},
): FileFault[] {
  const { hosts, services, protocols } = databaseFiles(options);
  return [...faultsOf('hosts', hosts), ...faultsOf('services', services), ...faultsOf('protocols', protocols)];
}
